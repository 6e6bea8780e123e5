"""The same objects loaded into DuckDB and into the Redshift stand-in, and built on both."""

import math
import os
import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import redshift_connector

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.loading import DATASETS, Warehouse, load_pending
from ingestion.loading.data_api import DataApi
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out
from ingestion.loading.redshift_statements import Copying
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.promotion import promote_pending
from ingestion.settings import Settings, load_settings
from sandbox.redshift import RedshiftServer, embedded_redshift
from sandbox.s3 import S3Server, embedded_s3

AS_OF = "2025-10-24"
# Differences of two prices: their last digits are those of the prices, so they are compared as the
# prices are, to a trillionth of what is given here.
_DIFFERENCES: dict[str, Callable[[dict[str, Any]], float]] = {
    "macd": lambda row: row["close_adj"],
    "macd_signal": lambda row: row["close_adj"],
    "macd_hist": lambda row: row["close_adj"],
    "bb_pct_b": lambda row: row["close_adj"] / (row["bb_upper_20_2"] - row["bb_lower_20_2"]),
}
Row = tuple[Any, ...]
# A snapshot tells when each engine was built: compared by order, not by moment (its key hashes it).
SNAPSHOT = "dim_security_history"
_MOMENTS = ("dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
_HASH = "dbt_scd_id"


def same(left: Any, right: Any, scale: float) -> bool:
    """Both NULL, or two doubles that differ by less than a billionth (or a trillionth of scale)."""
    if left is None or right is None:
        return left is right
    return bool(left == right) or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12 * scale)


def differences(
    columns: Sequence[tuple[str, str]], ours: list[Row], theirs: list[Row]
) -> list[Any]:
    """Rows that only one side has by its exact columns, and doubles that differ."""
    names = [name for name, _ in columns]
    doubles = [n for n, (_, kind) in enumerate(columns) if kind == "DOUBLE"]
    exact = [n for n in range(len(columns)) if n not in doubles]
    mine, other = Counter(ours), Counter(theirs)  # most rows are alike to the last digit
    sides: list[dict[Row, list[Row]]] = []
    for rows in ((mine - other).elements(), (other - mine).elements()):
        grouped: dict[Row, list[Row]] = defaultdict(list)
        for row in rows:
            grouped[tuple(row[n] for n in exact)].append(row)
        sides.append(grouped)
    left, right = sides
    found: list[Any] = []
    for key in left.keys() | right.keys():
        mine, other = (
            sorted(
                side.get(key, []), key=lambda row: [(row[n] is None, row[n] or 0) for n in doubles]
            )
            for side in (left, right)
        )
        if len(mine) != len(other):
            found.append(
                (dict(zip([names[n] for n in exact], key, strict=True)), len(mine), len(other))
            )
            continue
        for one, two in zip(mine, other, strict=True):
            for n in doubles:
                difference = _DIFFERENCES.get(names[n])
                scaled = difference and one[n] is not None
                scale = difference(dict(zip(names, one, strict=True))) if scaled else 0.0
                if not same(one[n], two[n], scale):
                    found.append((names[n], one[n], two[n], key))
    return found


def in_order(columns: Sequence[str], rows: list[Row]) -> list[Row]:
    """Rows of a snapshot with the number of its moment in place of each, and without their hash."""
    places = [columns.index(name) for name in _MOMENTS]
    moments = sorted({row[n] for row in rows for n in places if row[n] is not None})
    number = {moment: n for n, moment in enumerate(moments)} | {None: None}
    return [
        tuple(
            number[value] if n in places else value
            for n, value in enumerate(row)
            if columns[n] != _HASH
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Engines:
    """One bucket, two warehouses; `duckdb` and `redshift` run dbt, each with folders of its own."""

    store: ObjectStore
    duckdb: Any
    redshift: Any
    server: RedshiftServer
    database: str
    loaders: tuple[Warehouse, Warehouse]
    last: dict[str, list[Row]] = field(default_factory=dict)  # as they were compared

    def connect(self, user: str) -> Any:
        """A connection over TLS, the server's certificate verified with its name."""
        password = {**self.server.users, self.server.admin_user: self.server.admin_password}[user]
        return redshift_connector.connect(
            host=self.server.host,
            port=self.server.port,
            database=self.database,
            user=user,
            password=password,
            sslmode="verify-full",
        )

    def receive(self, *fetched: Fetched) -> None:
        """Land files as if a source had given them."""
        for one in fetched:
            land(self.store, one)

    def load(self) -> None:
        """Promote, and load into both; loaded_at, which is when, is then made the same."""
        promote_pending(self.store)
        for dataset in DATASETS.values():
            for loader in self.loaders:
                load_pending(dataset, self.store, loader)
        self._take_over_moments()

    def _take_over_moments(self) -> None:
        tables = self.duckdb.query(
            "select table_name, max(case when column_name in ('object_key', 'source_key') then "
            "column_name end) filter (table_name in ('ingestion_outcomes', 'load_receipts') = "
            "(column_name = 'object_key')) from information_schema.columns "
            "where table_schema = 'raw_data' group by 1 having bool_or(column_name = 'loaded_at')"
        )
        with self.connect(self.server.admin_user) as connection, connection.cursor() as cursor:
            for table, key in tables:
                moments = self.duckdb.query(
                    f"select {key}, strftime(max(loaded_at), '%Y-%m-%d %H:%M:%S.%f') "
                    f"from raw_data.{table} group by 1"
                )
                cursor.execute("drop table if exists moments")
                cursor.execute(
                    "create temp table moments (named varchar(1024), loaded varchar(32))"
                )
                for start in range(0, len(moments), 400):
                    values = ", ".join(
                        f"('{name}', '{moment}')" for name, moment in moments[start : start + 400]
                    )
                    cursor.execute(f"insert into moments values {values}")
                cursor.execute(
                    f"update raw_data.{table} set loaded_at = cast(moments.loaded as timestamp) "
                    f"from moments where {table}.{key} = moments.named"
                )
            connection.commit()

    def run(self, *arguments: str, on: str = "both") -> None:
        """The same dbt command on both engines, or on one."""
        for engine in ("duckdb", "redshift") if on == "both" else (on,):
            done = getattr(self, engine).dbt(*arguments)
            assert done.returncode == 0, done.output[-6000:]

    def marts(self, names: Sequence[str]) -> dict[str, list[Row]]:
        """All rows of the marts on Redshift, read as the reader, who has the marts only."""
        with self.connect("investiq_reader") as connection, connection.cursor() as cursor:
            found = {}
            for name in names:
                cursor.execute(f"select * from marts.{name}")
                columns = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
                found[name] = [tuple(columns), *(tuple(row) for row in rows)]
            return found

    def redshift_rows(self, query: str) -> int:
        """The one number that a query gives on Redshift, asked as the reader."""
        with self.connect("investiq_reader") as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    def assert_parity(self, *, only: str = "%", without: str = "") -> dict[str, int]:
        """Every mart, or one, row by row and column by column; gives their numbers of rows."""
        tables: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for table, column, kind in self.duckdb.query(
            "select table_name, column_name, data_type from information_schema.columns "
            f"where table_schema = 'marts' and table_name like '{only}' "
            "order by table_name, ordinal_position"
        ):
            if table == without:
                continue
            tables[table].append((column, kind))
        marts = self.marts(list(tables))
        self.last.update(marts)
        for table, columns in tables.items():
            header, *theirs = marts[table]
            assert [name for name, _ in columns] == list(header), table
            ours = self.duckdb.query(f"select * from marts.{table}")
            if table == SNAPSHOT:
                ours, theirs = (in_order(header, rows) for rows in (ours, theirs))
                columns = [column for column in columns if column[0] != _HASH]
            found = differences(columns, ours, theirs)
            assert found[:3] == [], f"{table}: {len(found)} of {len(ours)}"
        return {table: len(rows) - 1 for table, rows in marts.items()}


@contextmanager
def between(
    duckdb: Any, s3: S3Server, redshift: RedshiftServer, folder: Path, bucket: str, as_of: str
) -> Iterator[Engines]:
    """A DuckDB warehouse, and beside it a database of its own on the stand-in, prepared."""
    database = f"parity_{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("AWS_", "INVESTIQ_REDSHIFT", "DBT_")):
                environment.delenv(name)
        theirs = {**redshift.environment, "INVESTIQ_REDSHIFT_DATABASE": database}
        for name, value in {**s3.environment, **theirs, "INVESTIQ_AS_OF": as_of}.items():
            environment.setenv(name, value)
        store = ObjectStore(s3_client(), bucket)
        store.ensure_bucket()
        settings = load_settings()
        as_administrator(
            settings.model_copy(update={"redshift_database": redshift.database}),
            redshift.admin_user,
        ).query(f"create database {database}")
        users = Users("investiq_loader", "investiq_transformer", "investiq_reader")
        list(carry_out(as_administrator(settings, redshift.admin_user), "raw_data", users))
        access = S3Access.of(store.client, boto3.Session())
        copying = Copying(store.bucket, settings.redshift_copy_role or "")
        yield Engines(
            store=store,
            duckdb=duckdb,
            redshift=replace(duckdb, folder=folder, target="redshift"),
            server=redshift,
            database=database,
            loaders=(
                DuckDBWarehouse(duckdb.path, store.bucket, access, wait_seconds=30),
                RedshiftWarehouse(DataApi.of(settings), store, copying),
            ),
        )


@pytest.fixture(scope="module")
def engines(
    redshift: RedshiftServer,
    s3: S3Server,
    new_warehouse: Callable[[], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engines]:
    """Two empty warehouses and an empty bucket."""
    folder = tmp_path_factory.mktemp("on-redshift")
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    with between(new_warehouse(), s3, redshift, folder, bucket, AS_OF) as both:
        yield both


@pytest.fixture(scope="module")
def demo_engines(
    demo_once: tuple[Path, Any],
    new_warehouse: Callable[[], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engines]:
    """The demo's bucket and DuckDB warehouse as its first run left them; a stand-in of its own."""
    home = tmp_path_factory.mktemp("parity-of-demo")
    shutil.copytree(demo_once[0].with_name("demo-first"), home, dirs_exist_ok=True)
    duckdb = replace(new_warehouse(), folder=home)
    [(as_of,)] = duckdb.query("select max(as_of_date)::varchar from marts.rpt_data_freshness")
    with (
        embedded_s3(home / "s3", home / "run") as s3,
        embedded_redshift(home / "redshift", home / "run", s3) as server,
        between(duckdb, s3, server, home, Settings().bucket, as_of) as both,
    ):
        yield both
