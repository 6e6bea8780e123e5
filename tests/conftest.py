"""What all tests share: real parts, started once, and never a port or a file of anybody else's."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import boto3
import duckdb
import pytest
from mypy_boto3_s3 import S3Client
from redshift_connector import Cursor

from ingestion.calendar import TradingCalendar, default_calendar
from ingestion.loading.data_api import DataApi
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.loading.reading import RedshiftDatabase
from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out
from ingestion.loading.redshift_connection import connect_redshift
from ingestion.loading.redshift_statements import Copying
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import Settings, load_settings, project_root
from sandbox.exchange import Exchange
from sandbox.market import Market
from sandbox.redshift import RedshiftServer, embedded_redshift
from sandbox.redshift.users import READER
from sandbox.s3 import S3Server, embedded_s3
from tests.dbt.dbt_runs import Parses
from tests.monitoring.receiver import Receiver

_LEAKS = ("AWS_", "INVESTIQ_", "DBT_")
# Minutes each; begun first, so that no worker is left with one of them when all else is done.
_LONG = (
    "test_history_increments.py",
    "test_behaviour.py",
    "test_under_airflow.py",
    "test_demo.py",
    "test_any_order.py",
    "test_command_line.py",
    "test_real_history.py",
    "test_real_parity.py",
    "test_demo_parity.py",
    "test_increments.py",
    "test_data_faults.py",
    "test_audit.py",
    "test_news_marts.py",
    "test_first_reply.py",
    "test_lambda_mode.py",
)

# The folders of tests that are to cover `ingestion`, `lambdas` and `expectations` by themselves.
_TRACED = ("expectations", "faults", "ingestion", "lambdas")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files before all others, in the order named; workers take files in this order."""
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(_LONG)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Lines are traced where that is asked for: the tracer makes all Python a third slower."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin is None or plugin.cov_controller is None:
        return
    asked = item.path.relative_to(project_root() / "tests").parts[0] in _TRACED
    if asked != plugin.cov_controller.started:
        (plugin.cov_controller.resume if asked else plugin.cov_controller.pause)()


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
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all xdist workers of this run of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session", autouse=True)
def parses(shared_folder: Path) -> None:
    """Where `parsed` keeps what it knows."""
    Parses.folder = shared_folder / "dbt-parsed"


@pytest.fixture(scope="session")
def s3(shared_folder: Path) -> Iterator[S3Server]:
    """The embedded S3; all xdist workers share one server, the last one out stops it."""
    with embedded_s3(shared_folder / "s3", shared_folder / "run") as server:
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
def redshift_apis(redshift: RedshiftServer, s3: S3Server) -> tuple[DataApi, DataApi]:
    """The Data API of the stand-in as its administrator and as the loader, made once: that is slow.

    `investiq redshift init` has made tables, roles, and users who have them.
    """
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**s3.environment, **redshift.environment}.items():
            environment.setenv(name, value)
        administrator = as_administrator(load_settings(), redshift.admin_user)
        loader = DataApi.of(load_settings())
    users = Users("investiq_loader", "investiq_transformer", "investiq_reader")
    list(carry_out(administrator, "raw_data", users))
    return administrator, loader


@pytest.fixture
def prepared_redshift(
    redshift: RedshiftServer,
    redshift_apis: tuple[DataApi, DataApi],
    clean_environment: pytest.MonkeyPatch,
) -> Iterator[RedshiftServer]:
    """The stand-in with empty raw tables, named by the environment; nothing is scripted."""
    for name, value in redshift.environment.items():
        clean_environment.setenv(name, value)
    administrator, _ = redshift_apis
    loaded = administrator.query("select distinct table_name from raw_data.load_receipts")
    tables = [*(str(name) for (name,) in loaded), "load_receipts"]
    administrator.batch([f"truncate raw_data.{name}" for name in tables])
    yield redshift
    redshift.clear_faults()


@pytest.fixture
def redshift_warehouse(
    prepared_redshift: RedshiftServer, redshift_apis: tuple[DataApi, DataApi], store: ObjectStore
) -> RedshiftWarehouse:
    """An empty Redshift warehouse (the stand-in's) that reads from `store`, as the loader."""
    copying = Copying(store.bucket, load_settings().redshift_copy_role or "")
    return RedshiftWarehouse(redshift_apis[1], store, copying)


@pytest.fixture(scope="module")
def mirror(
    redshift: RedshiftServer, s3: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], RedshiftDatabase]]:
    """Copies a DuckDB warehouse, as it is, into a new database of the stand-in for a reader."""
    folder = tmp_path_factory.mktemp("mirror")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(redshift.ca_file))
        for name, value in s3.environment.items():
            environment.setenv(name, value)
        client = s3_client()

        def copy(warehouse: Path) -> RedshiftDatabase:
            name = f"mirror_{uuid.uuid4().hex[:12]}"
            client.create_bucket(Bucket=name.replace("_", "-"))
            with opened_redshift(redshift, redshift.database) as cursor:
                cursor.execute(f"create database {name}")
            with (
                opened_redshift(redshift, name) as cursor,
                duckdb.connect(str(warehouse), read_only=True) as con,
            ):
                for schema in ("raw_data", "marts"):
                    cursor.execute(f"create schema {schema}")
                    _mirror_tables(con, cursor, schema, folder, client, name.replace("_", "-"))
                    cursor.execute(f"grant usage on schema {schema} to {READER}")
                    cursor.execute(f"grant select on all tables in schema {schema} to {READER}")
            return RedshiftDatabase(reader_settings(redshift, name))

        yield copy


def _mirror_tables(
    con: duckdb.DuckDBPyConnection,
    cursor: Cursor,
    schema: str,
    folder: Path,
    client: S3Client,
    bucket: str,
) -> None:
    types = {"VARCHAR": "varchar(65535)", "JSON": "super", "DOUBLE": "double precision"}
    found = con.execute(
        "select table_name, list(column_name order by column_index), "
        "list(data_type order by column_index) from duckdb_columns() "
        "where schema_name = ? group by table_name",
        [schema],
    ).fetchall()
    for table, names, kinds in found:
        declared = [f'"{n}" {types.get(k, k)}' for n, k in zip(names, kinds, strict=True)]
        cursor.execute(f"create table {schema}.{table} ({', '.join(declared)})")
        file = folder / f"{table}.csv.gz"
        con.execute(
            f"copy {schema}.{table} to '{file}' "
            "(format csv, header false, nullstr '\\N', force_quote *, compression gzip)"
        )
        client.upload_file(str(file), bucket, file.name)
        cursor.execute(
            f"copy {schema}.{table} from 's3://{bucket}/{file.name}' iam_role default "
            "csv gzip null '\\\\N' timeformat 'auto'"
        )


@contextmanager
def opened_redshift(redshift: RedshiftServer, database: str) -> Iterator[Cursor]:
    """A cursor of the administrator; each statement is a transaction of its own."""
    settings = reader_settings(redshift, database, redshift.admin_user, redshift.admin_password)
    with connect_redshift(settings) as connection, connection.cursor() as cursor:
        yield cursor


def reader_settings(
    redshift: RedshiftServer, database: str, user: str = READER, password: str = ""
) -> Settings:
    """The settings of somebody who reads a database of the stand-in."""
    return Settings(
        target="redshift",
        redshift_method="database",
        redshift_host=redshift.host,
        redshift_port=redshift.port,
        redshift_database=database,
        redshift_user=user,
        DBT_ENV_SECRET_REDSHIFT_PASSWORD=password or redshift.users[user],
    )


@pytest.fixture
def administrator(
    redshift: RedshiftServer,
) -> Callable[[RedshiftDatabase], AbstractContextManager[Cursor]]:
    """Opens a database of the stand-in for its administrator: a cursor."""
    return lambda database: opened_redshift(redshift, database.settings.redshift_database)


@pytest.fixture
def reader(redshift: RedshiftServer) -> Settings:
    """The settings of one who reads the stand-in's own database; to be spoilt."""
    return reader_settings(redshift, redshift.database)


@pytest.fixture(scope="session")
def demo_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The home of one demo and what the command printed: the first worker runs it, others wait.

    Beside it, in `demo-first`, are the bucket and the warehouse as the first run left them, and in
    `demo.statsd` the metrics that it sent.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home, told = shared / "demo", shared / "demo.json"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            leaks = (*_LEAKS, "COV_")
            environment = {k: v for k, v in os.environ.items() if not k.startswith(leaks)}
            with Receiver() as receiver:
                ended = subprocess.run(
                    [sys.executable, "-m", "investiq.app", "--home", str(home), "demo"],
                    env={**environment, **receiver.settings, "COLUMNS": "160"},
                    cwd=project_root(),
                    capture_output=True,
                    text=True,
                    timeout=900,
                    check=False,
                )
                receiver.save(shared / "demo.statsd")
            if ended.returncode == 0:
                shutil.copytree(home / "s3", shared / "demo-first" / "s3")
                shutil.copy(home / "warehouse.duckdb", shared / "demo-first")
            told.write_text(json.dumps([ended.returncode, ended.stdout, ended.stderr]))
    return home, subprocess.CompletedProcess(["demo"], *json.loads(told.read_text()))


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


@pytest.fixture(scope="session")
def redshift_complaints() -> Callable[[Iterable[str]], dict[str, list[str]]]:
    """What sqlfluff says against statements as Redshift's SQL; of those it passes nothing.

    Its rules here: ambiguous selects, reserved words as names, capitals.
    """
    from sqlfluff.core import FluffConfig, Linter

    overrides = {"dialect": "redshift", "rules": "AM06,RF04,CP01,CP03"}
    linter = Linter(config=FluffConfig(overrides=overrides))

    def complaints(statements: Iterable[str]) -> dict[str, list[str]]:
        said = {
            text: [found.desc() for found in linter.lint_string(f"{text};\n").violations]
            for text in statements
        }
        return {text: found for text, found in said.items() if found}

    return complaints
