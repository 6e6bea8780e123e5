"""What a command works with: settings, the bucket, the warehouse; made once, closed at the end."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from ingestion.errors import ConfigurationError
from ingestion.loading import Warehouse
from ingestion.loading.data_api import DataApi
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access, create_raw_tables
from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out, script
from ingestion.loading.redshift_statements import RAW_SCHEMA, Copying
from ingestion.loading.redshift_warehouse import RedshiftWarehouse, count_receipts
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import Settings, load_settings
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

    @property
    def redshift(self) -> Path:
        """The files of the Redshift stand-in."""
        return self.home / "redshift"


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


@contextmanager
def engine(settings: Settings, *, simulated: bool) -> Iterator[Settings]:
    """The settings with an engine to work on, for as long as the block runs.

    With INVESTIQ_TARGET=redshift a simulated home that names no Redshift has the stand-in,
    prepared, with its data below the home; all else is as it was.
    """
    if settings.target != "redshift" or settings.names_redshift or not simulated:
        yield settings
        return
    from sandbox.redshift import RedshiftDidNotStart, embedded_redshift
    from sandbox.s3 import S3Server

    home = places(settings)
    with ExitStack() as opened:
        opened.enter_context(object_store(settings))
        s3 = S3Server(
            endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3", ""),
            access_key=os.environ.get("AWS_ACCESS_KEY_ID", ""),
            secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
            pid=0,
        )
        try:
            server = opened.enter_context(embedded_redshift(home.redshift, home.home / "run", s3))
        except RedshiftDidNotStart as problem:
            raise ConfigurationError(str(problem)) from None
        opened.enter_context(_environment(server.environment))
        named = load_settings()
        fields = [name for name in Settings.model_fields if name.startswith("redshift_")]
        found = settings.model_copy(update={name: getattr(named, name) for name in fields})
        prepare_standin(found, server.admin_user)
        yield found


def prepare_standin(settings: Settings, administrator: str) -> None:
    """`investiq redshift init` on the stand-in of this home, when that would say anything new."""
    from sandbox.redshift.users import LOADER, READER, TRANSFORMER

    users = Users(LOADER, TRANSFORMER, READER)
    said = script(RAW_SCHEMA, users)
    marker = places(settings).redshift / "prepared"
    if marker.is_file() and marker.read_text(encoding="utf-8") == said:
        return
    api = as_administrator(settings, administrator)
    for _ in carry_out(api, RAW_SCHEMA, users):
        pass
    marker.write_text(said, encoding="utf-8")


def warehouse(settings: Settings, store: ObjectStore) -> Warehouse:
    """The engine that `INVESTIQ_TARGET` names.

    Raises:
        ConfigurationError: a setting is missing that the engine needs.
    """
    if settings.target == "redshift":
        api = DataApi.of(settings)
        return RedshiftWarehouse(api, store, copying(settings))
    return DuckDBWarehouse(
        path=settings.duckdb_path,
        bucket=store.bucket,
        access=S3Access.of(store.client, boto3.Session()),
        wait_seconds=settings.lock_wait_seconds,
        memory=settings.duckdb_memory,
        on_wait=waiting,
    )


def copying(settings: Settings) -> Copying:
    """How COPY reads the bucket.

    Raises:
        ConfigurationError: no role is named.
    """
    if not settings.redshift_copy_role:
        raise ConfigurationError(
            "COPY needs an IAM role that may read the bucket. Set INVESTIQ_REDSHIFT_COPY_ROLE to "
            "its ARN, or to `default` where the workgroup or cluster has a default role."
        )
    return Copying(settings.bucket, settings.redshift_copy_role, settings.redshift_copy_region)


def prepare_warehouse(settings: Settings) -> None:
    """Create the raw tables where they are missing; on Redshift an administrator does that.

    Raises:
        ConfigurationError: they are not there, or we may not read them.
    """
    if settings.target == "redshift":
        require_tables(settings)
        return
    with connect(
        settings.duckdb_path, wait_seconds=settings.lock_wait_seconds, on_wait=waiting
    ) as con:
        create_raw_tables(con)


def require_tables(settings: Settings) -> int:
    """How many objects Redshift has loaded.

    Raises:
        ConfigurationError: the receipts are not there, or we may not read them.
    """
    return count_receipts(DataApi.of(settings))


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
