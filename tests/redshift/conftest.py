"""What a real Redshift is asked by `make test-redshift`: in schemas of its own, removed afterwards.

It is named as for real use (`.env.example`), and by INVESTIQ_TEST_BUCKET: an empty bucket that the
role of COPY may read; what lies in it is removed. The identity of the Data API and dbt's user must
be allowed to make schemas in the database. Where something is missing, all is skipped and says so.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ingestion.loading.data_api import DataApi
from ingestion.loading.redshift_bootstrap import quoted, raw_tables
from ingestion.loading.redshift_connection import connect_redshift
from ingestion.loading.redshift_statements import Copying
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import Settings, load_settings

NEEDED = ("INVESTIQ_TEST_BUCKET", "INVESTIQ_REDSHIFT_COPY_ROLE", "AWS_REGION")
TOUCHED = (
    "rapidapi_quotes",
    "quarantined_records",
    "ingestion_outcomes",
    "nse_equity_list",
    "load_receipts",
)


@dataclass(frozen=True)
class Scratch:
    """A real Redshift, and schemas of which each name begins with `prefix`."""

    settings: Settings
    api: DataApi
    prefix: str

    @property
    def raw(self) -> str:
        return f"{self.prefix}raw_data"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Scratch]:
    """The schema with the raw tables, for dbt's user to read; it and dbt's are dropped at the end.

    It needs INVESTIQ_REDSHIFT_WORKGROUP or _CLUSTER, and the variables of NEEDED.
    """
    missing = [name for name in NEEDED if not os.environ.get(name)]
    settings = load_settings()
    if not (settings.redshift_workgroup or settings.redshift_cluster):
        missing.append("INVESTIQ_REDSHIFT_WORKGROUP (or INVESTIQ_REDSHIFT_CLUSTER)")
    if missing:
        pytest.skip(f"no real Redshift is named: set {', '.join(missing)}; see .env.example")
    made = Scratch(settings, DataApi.of(settings), f"investiq_test_{uuid.uuid4().hex[:8]}_")
    try:
        made.api.batch([f"create schema {made.raw}", *raw_tables(made.raw)])
        driver = connect_redshift(settings)
        with driver.cursor() as cursor:
            cursor.execute("select cast(current_user as varchar(128))")
            [[user]] = cursor.fetchall()
        made.api.batch(
            [
                f"grant usage on schema {made.raw} to {quoted(user)}",
                f"grant select on all tables in schema {made.raw} to {quoted(user)}",
            ]
        )
        yield made
        _dropped_by_driver(driver, made)
    finally:
        made.api.batch([f"drop schema if exists {made.raw} cascade"])


def _dropped_by_driver(driver, made: Scratch) -> None:
    with driver.cursor() as cursor:
        cursor.execute(
            "select nspname from pg_namespace where nspname like %s and nspname <> %s",
            (made.prefix.replace("_", r"\_") + "%", made.raw),
        )
        for [schema] in cursor.fetchall():
            cursor.execute(f"drop schema {schema} cascade")
    driver.close()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Here the variables of the shell are what the tests are about."""
    return monkeypatch


@pytest.fixture(scope="session")
def bucket(scratch: Scratch) -> ObjectStore:
    """The bucket that was named, when nothing is in it."""
    store = ObjectStore(s3_client(), os.environ["INVESTIQ_TEST_BUCKET"])
    there = next(store.list(""), None)
    assert there is None, (
        f"The bucket {store.bucket} holds {there.key}, and what lies in it would be removed. "
        "Set INVESTIQ_TEST_BUCKET to an empty one."
    )
    return store


@pytest.fixture
def store(bucket: ObjectStore) -> Iterator[ObjectStore]:
    """The bucket, empty before and after."""
    yield bucket
    for item in list(bucket.list("")):
        bucket.client.delete_object(Bucket=bucket.bucket, Key=item.key)


@pytest.fixture
def redshift_warehouse(scratch: Scratch, store: ObjectStore) -> RedshiftWarehouse:
    """The raw tables of the scratch schema, empty."""
    scratch.api.batch([f"delete from {scratch.raw}.{table}" for table in TOUCHED])
    copying = Copying(
        store.bucket,
        scratch.settings.redshift_copy_role or "",
        scratch.settings.redshift_copy_region,
    )
    return RedshiftWarehouse(scratch.api, store, copying, scratch.raw)
