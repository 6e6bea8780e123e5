"""What a command works with: settings, the bucket, the warehouse; made once, closed at the end."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from ingestion.errors import ConfigurationError
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access, create_raw_tables
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import Settings
from investiq.console import waiting


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie for one home."""

    home: Path
    warehouse: Path

    @property
    def marts(self) -> Path:
        """The published Parquet files."""
        return self.home / "marts"

    @property
    def page(self) -> Path:
        """The published report."""
        return self.home / "report" / "index.html"

    @property
    def checks(self) -> Path:
        """The results of Great Expectations with their Data Docs."""
        return self.home / "gx"

    @property
    def dbt(self) -> Path:
        """The artifacts and logs of dbt."""
        return self.home / "dbt"

    @property
    def objects(self) -> Path:
        """The files of the embedded S3."""
        return self.home / "s3"


def places(settings: Settings) -> Places:
    """Where things lie, as the settings say."""
    return Places(settings.home.resolve(), settings.duckdb_path)


@contextmanager
def object_store(settings: Settings) -> Iterator[ObjectStore]:
    """The bucket: the one that is configured, or the embedded S3 for as long as the block runs."""
    if not settings.uses_embedded_s3:
        store = ObjectStore(s3_client(), settings.bucket)
        store.ensure_bucket()
        yield store
        return
    from sandbox.s3 import S3DidNotStart, embedded_s3

    home = places(settings)
    with ExitStack() as opened:
        try:
            server = opened.enter_context(embedded_s3(home.objects, home.home / "run"))
        except S3DidNotStart as problem:
            raise ConfigurationError(str(problem)) from None
        others = {"AWS_SESSION_TOKEN": None, "AWS_PROFILE": None}
        opened.enter_context(_environment({**server.environment, **others}))
        store = ObjectStore(s3_client(), settings.bucket)
        store.ensure_bucket()
        yield store


def warehouse(settings: Settings, store: ObjectStore) -> DuckDBWarehouse:
    """The engine that `INVESTIQ_TARGET` names.

    Raises:
        ConfigurationError: the engine cannot be loaded from here yet.
    """
    require_duckdb(settings)
    return DuckDBWarehouse(
        path=settings.duckdb_path,
        bucket=store.bucket,
        access=S3Access.of(store.client, boto3.Session()),
        wait_seconds=settings.lock_wait_seconds,
        memory=settings.duckdb_memory,
        on_wait=waiting,
    )


def prepare_warehouse(settings: Settings) -> None:
    """Create the raw tables where they are missing."""
    require_duckdb(settings)
    with connect(
        settings.duckdb_path, wait_seconds=settings.lock_wait_seconds, on_wait=waiting
    ) as con:
        create_raw_tables(con)


def require_duckdb(settings: Settings) -> None:
    """Refuse what only the embedded engine can do so far."""
    if settings.target != "duckdb":
        raise ConfigurationError(
            f"INVESTIQ_TARGET={settings.target} cannot be loaded yet; the README's status table "
            "says what has run where. Unset it to use the embedded DuckDB."
        )


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables (None: unset) for the block, for this process and those it starts."""
    before = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(before)


def _apply(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
