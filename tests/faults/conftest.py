"""A small house: the real chain on the real S3 and DuckDB, asked from the simulated exchange."""

import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import SecretStr

from ingestion.calendar import TradingCalendar
from ingestion.enrichment import EnrichReport, enrich_pending
from ingestion.ingest import ingest_session
from ingestion.loading import DATASETS, LoadReport, load_pending
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.outcomes import Outcome
from ingestion.promotion import PromotionReport, promote_pending
from ingestion.settings import Settings, project_root
from ingestion.sources.rapidapi import rapidapi_quotes
from investiq import dbt
from investiq.archives import Archives, open_archives
from investiq.sources import Source
from sandbox.exchange import Exchange
from sandbox.market import Market
from sandbox.s3 import S3Server
from tests.dbt.dbt_runs import run_dbt

KEY = "k3y-that-must-not-leak"  # pragma: allowlist secret
DAY = date(2025, 10, 16)


@dataclass
class House:
    """Each step alone, with the settings of an impatient test."""

    home: Path
    store: ObjectStore
    warehouse: DuckDBWarehouse
    exchange: Exchange
    calendar: TradingCalendar

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            duckdb_path_override=None,
            lock_wait_seconds=5,
            rapidapi_key=SecretStr(KEY),
            rapidapi_url=self.exchange.url,
            rapidapi_requests_per_second=1000,
            alphavantage_key=SecretStr(KEY),
            alphavantage_url=self.exchange.url,
            alphavantage_requests_per_second=1000,
            alphavantage_topics="financial_markets",
            nse_archives_url=self.exchange.url,
            nse_url=self.exchange.url,
            nse_requests_per_second=1000,
            http_tries=3,
            http_backoff_seconds=0.01,
            http_read_timeout_seconds=2,
            http_deadline_seconds=4,
            max_body_bytes=8 * 1024 * 1024,
        )

    def evening(self, day: date) -> datetime:
        return (self.calendar.closes_at(day) + timedelta(hours=1)).astimezone(UTC)

    def ingest(
        self, day: date = DAY, *, again: bool = False, at: datetime | None = None
    ) -> Outcome:
        now = at or self.evening(day)
        self.exchange.set_clock(now)
        settings = self.settings
        with rapidapi_quotes(settings, lambda: now) as source:
            return ingest_session(
                day,
                source,
                self.store,
                self.calendar,
                again=again,
                clock=lambda: now,
                secrets=[KEY],
            )

    @contextmanager
    def archives(self, at: datetime, calendar: TradingCalendar | None = None) -> Iterator[Archives]:
        """The exchange's archives at a moment of the simulated clock, as a command opens them."""
        self.exchange.set_clock(at)
        now = at.astimezone(UTC)
        source = Source("nse", self.settings, lambda: now, archives=True)
        with open_archives(source, self.store) as opened:
            opened.calendar = calendar or self.calendar
            yield opened

    def promote(self) -> list[PromotionReport]:
        return promote_pending(self.store)

    def enrich(self) -> EnrichReport:
        return enrich_pending(self.store)

    def load(self) -> dict[str, LoadReport]:
        return {
            name: load_pending(dataset, self.store, self.warehouse)
            for name, dataset in DATASETS.items()
        }

    def build(self) -> dbt.BuildReport:
        return dbt.build(self.settings, DAY, lambda done, total: None)

    def run_models(self) -> None:
        """Seeds and models without the tests: quick, for what is compared anyway."""
        only = ["--resource-type", "seed", "--resource-type", "model"]
        returncode, said = run_dbt(["build", *only], dbt.dbt_environment(self.settings), self.home)
        assert returncode == 0, said[-4000:]

    def with_warehouse(self, path: Path) -> "House":
        """The same bucket, loaded into another warehouse."""
        return replace(self, home=path.parent, warehouse=replace(self.warehouse, path=path))

    def all(self, day: date = DAY) -> None:
        self.ingest(day)
        self.promote()
        self.load()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.warehouse.path, read_only=True) as con:
            return con.execute(query).fetchall()

    def keys(self, prefix: str) -> list[str]:
        return [item.key for item in self.store.list(prefix)]


@pytest.fixture
def house_type() -> type[House]:
    return House


@pytest.fixture
def house(
    tmp_path: Path,
    store: ObjectStore,
    warehouse: DuckDBWarehouse,
    exchange: Exchange,
    calendar: TradingCalendar,
) -> House:
    warehouse.path = tmp_path / "home" / "warehouse.duckdb"
    return House(tmp_path / "home", store, warehouse, exchange, calendar)


@pytest.fixture(scope="module")
def module_house(
    tmp_path_factory: pytest.TempPathFactory,
    s3: S3Server,
    market: Market,
    calendar: TradingCalendar,
) -> Iterator[House]:
    """A house that the tests of one module share."""
    home = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as environment, Exchange(market) as exchange:
        for name, value in s3.environment.items():
            environment.setenv(name, value)
        store = ObjectStore(s3_client(), f"test-{uuid.uuid4().hex[:12]}")
        store.ensure_bucket()
        access = S3Access.of(store.client, boto3.Session())
        warehouse = DuckDBWarehouse(home / "warehouse.duckdb", store.bucket, access)
        yield House(home, store, warehouse, exchange, calendar)


@pytest.fixture
def in_process_of_its_own(house: House) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run statements in another process that finds `store`, `warehouse` and `ingest` ready.

    `die()` kills that process with SIGKILL, as the kernel would.
    """
    prelude = f"""
        import os, signal
        from datetime import date, datetime, UTC
        from pathlib import Path
        import boto3
        import ingestion.ingest, ingestion.landing, ingestion.outcomes, ingestion.objectstore
        import ingestion.loading.duckdb_warehouse as engine
        import ingestion.promotion.promote as promotion
        from ingestion.calendar import default_calendar
        from ingestion.loading import DATASETS, load_pending
        from ingestion.objectstore import ObjectStore, s3_client
        from ingestion.settings import Settings
        from ingestion.sources.rapidapi import rapidapi_quotes
        from pydantic import SecretStr

        store = ObjectStore(s3_client(), {house.store.bucket!r})
        access = engine.S3Access.of(store.client, boto3.Session())
        path = Path({str(house.warehouse.path)!r})
        warehouse = engine.DuckDBWarehouse(path, store.bucket, access)
        now = datetime.fromisoformat({house.evening(DAY).isoformat()!r})

        def die(*arguments, **options):
            os.kill(os.getpid(), signal.SIGKILL)

        def ingest():
            settings = Settings(home=Path({str(house.home)!r}), rapidapi_key=SecretStr("x"),
                                rapidapi_url={house.exchange.url!r})
            with rapidapi_quotes(settings, lambda: now) as source:
                return ingestion.ingest.ingest_session(
                    date({DAY.year}, {DAY.month}, {DAY.day}), source, store, default_calendar(),
                    clock=lambda: now)

        def load():
            return [load_pending(dataset, store, warehouse) for dataset in DATASETS.values()]
    """

    def run(statements: str) -> subprocess.CompletedProcess[str]:
        house.exchange.set_clock(house.evening(DAY))
        code = textwrap.dedent(prelude) + textwrap.dedent(statements)
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=project_root(),
            check=False,
        )

    return run
