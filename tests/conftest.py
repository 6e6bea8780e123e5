"""What all tests share: real parts, started once, and never a port or a file of anybody else's."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from ingestion.calendar import TradingCalendar, default_calendar
from ingestion.loading import DATASETS
from ingestion.loading.data_api import DataApi
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out
from ingestion.loading.redshift_statements import Copying
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import load_settings, project_root
from sandbox.exchange import Exchange
from sandbox.market import Market
from sandbox.redshift import RedshiftServer, embedded_redshift
from sandbox.s3 import S3Server, embedded_s3

_LEAKS = ("AWS_", "INVESTIQ_", "DBT_")
# Minutes each; begun first, so that no worker is left with one of them when all else is done.
_LONG = (
    "test_history_increments.py",
    "test_demo.py",
    "test_real_history.py",
    "test_increments.py",
    "test_news_marts.py",
    "test_first_reply.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files before all others, in the order named; workers take files in this order."""
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(_LONG)))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Packed bytes hold the time of packing: their name must be the same in every worker."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("INVESTIQ_REAL_DATA", project_root() / "../shared/data"))
    if not folder.is_dir():
        pytest.skip("no real files here: set INVESTIQ_REAL_DATA to the folder that holds them")
    return folder.resolve()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting of the developer's own shell reaches the test."""
    for name in list(os.environ):
        if name.startswith(_LEAKS):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The embedded S3; all xdist workers share one server, the last one out stops it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with embedded_s3(shared / "s3", shared / "run") as server:
        yield server


@pytest.fixture(scope="session")
def redshift(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedshiftServer]:
    """The Redshift stand-in, one for each worker; its COPY reads from the shared S3."""
    base = tmp_path_factory.mktemp("redshift")
    with embedded_redshift(base / "data", base / "run", s3) as server:
        yield server


@pytest.fixture
def store(s3: S3Server, clean_environment: pytest.MonkeyPatch) -> ObjectStore:
    """An empty bucket of the real S3, for one test."""
    for name, value in s3.environment.items():
        clean_environment.setenv(name, value)
    bucket = ObjectStore(s3_client(), f"test-{uuid.uuid4().hex[:12]}")
    bucket.ensure_bucket()
    return bucket


@pytest.fixture
def warehouse(store: ObjectStore, tmp_path: Path) -> DuckDBWarehouse:
    """An empty DuckDB warehouse that reads from `store`."""
    access = S3Access.of(store.client, boto3.Session())
    return DuckDBWarehouse(tmp_path / "warehouse.duckdb", store.bucket, access, wait_seconds=10)


@pytest.fixture(scope="session")
def prepared_redshift(redshift: RedshiftServer, s3: S3Server) -> RedshiftServer:
    """The stand-in after `investiq redshift init`: tables, roles, and users who have them."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**s3.environment, **redshift.environment}.items():
            environment.setenv(name, value)
        users = Users("investiq_loader", "investiq_transformer", "investiq_reader")
        list(carry_out(as_administrator(load_settings(), redshift.admin_user), "raw_data", users))
    return redshift


@pytest.fixture
def redshift_warehouse(
    prepared_redshift: RedshiftServer, store: ObjectStore, clean_environment: pytest.MonkeyPatch
) -> Iterator[RedshiftWarehouse]:
    """An empty Redshift warehouse (the stand-in's) that reads from `store`, as the loader."""
    for name, value in prepared_redshift.environment.items():
        clean_environment.setenv(name, value)
    settings = load_settings()
    administrator = as_administrator(settings, prepared_redshift.admin_user)
    administrator.batch([f"truncate raw_data.{name}" for name in (*DATASETS, "load_receipts")])
    copying = Copying(store.bucket, settings.redshift_copy_role or "")
    yield RedshiftWarehouse(DataApi.of(settings), store, copying)
    prepared_redshift.clear_faults()


@pytest.fixture(scope="session")
def calendar() -> TradingCalendar:
    """The project's own trading calendar."""
    return default_calendar()


@pytest.fixture(scope="session")
def market() -> Market:
    """The simulated market of the demo."""
    return Market.build()


@pytest.fixture
def exchange(market: Market) -> Iterator[Exchange]:
    """A simulated exchange of its own for one test."""
    with Exchange(market) as server:
        yield server
