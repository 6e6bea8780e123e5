"""A warehouse per test with the loader's own raw tables, hand-made replies, and the real dbt."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from tests.dbt.dbt_runs import run_dbt

PROJECT = Path(__file__).resolve().parents[2]
DDL = PROJECT / "ingestion" / "loading" / "ddl" / "duckdb.sql"
SATURDAY, HOLIDAY = "27-Apr-2024 15:59:00", "17-Apr-2024 15:59:00"


def quote(symbol: str, series: str = "EQ", **changes: Any) -> dict[str, Any]:
    """A valid share of 2024-04-26 as promotion writes it; `changes` replace or add members."""
    record = {
        "identifier": f"{symbol}{series}N",
        "symbol": symbol,
        "change": 5.0,
        "p_change": 5.0,
        "day_high": 110.0,
        "day_low": 99.5,
        "open": 101,
        "last_price": 105.0,
        "previous_close": 100.0,
        "last_update_time": "26-Apr-2024 15:59:00",
        "meta": {"company_name": f"{symbol} Limited", "industry": "BANKS", "isin": "INE000000000"},
        "per_change_30d": 1.5,
        "per_change_365d": "-",
        "total_traded_value": 20_000_000.5,
        "total_traded_volume": 190_000,
        "year_high": 120.0,
        "year_low": 70.0,
    }
    return record | changes


def legacy(symbol: str, close: float, previous: float = 100, **changes: Any) -> dict[str, Any]:
    """A line of a legacy bhavcopy as promotion writes it: the file's own columns, as text."""
    high, low = max(close, previous), min(close, previous)
    return {
        "symbol": symbol,
        "series": "EQ",
        "open_price": f"{previous:g}",
        "high_price": f"{high:g}",
        "low_price": f"{low:g}",
        "close_price": f"{close:g}",
        "last_price": f"{close:g}",
        "prevclose": f"{previous:g}",
        "tottrdqty": "1000",
        "tottrdval": f"{1000 * close:.2f}",
        "totaltrades": "10",
        "isin": f"INE{symbol[:3]:0<3}A01010"[:12],
    } | changes


def udiff(symbol: str, close: float, previous: float = 100, **changes: Any) -> dict[str, Any]:
    """The same line as a UDiFF bhavcopy has it."""
    line = legacy(symbol, close, previous)
    return {
        "tckr_symb": symbol,
        "scty_srs": "EQ",
        "isin": line["isin"],
        "fin_instrm_nm": f"{symbol} LTD",
        "opn_pric": f"{previous:.2f}",
        "hgh_pric": f"{max(close, previous):.2f}",
        "lw_pric": f"{min(close, previous):.2f}",
        "cls_pric": f"{close:.2f}",
        "sttlm_pric": "1.00",
        "last_pric": f"{close:.2f}",
        "prvs_clsg_pric": f"{previous:.2f}",
        "ttl_tradg_vol": line["tottrdqty"],
        "ttl_trf_val": line["tottrdval"],
        "ttl_nb_of_txs_exctd": "10",
    } | changes


def delivery(symbol: str, close: float, previous: float = 100, **changes: Any) -> dict[str, Any]:
    """The same line as sec_bhavdata_full has it: turnover in lakhs, with delivery."""
    return {
        "symbol": symbol,
        "series": "EQ",
        "prev_close": f"{previous:.2f}",
        "open_price": f"{previous:.2f}",
        "high_price": f"{max(close, previous):.2f}",
        "low_price": f"{min(close, previous):.2f}",
        "last_price": f"{close:.2f}",
        "close_price": f"{close:.2f}",
        "avg_price": f"{(close + previous) / 2:.2f}",
        "ttl_trd_qnty": "1000",
        "turnover_lacs": f"{close / 100:.2f}",
        "no_of_trades": "10",
        "deliv_qty": "400",
        "deliv_per": "40.00",
    } | changes


def index(name: str, **changes: Any) -> dict[str, Any]:
    """A valid index row: the identifier is the name, and there is no company."""
    nothing = {"company_name": None, "industry": None, "isin": None}
    return quote(name) | {"identifier": name, "meta": nothing} | changes


@dataclass(frozen=True)
class Warehouse:
    """One DuckDB file and what dbt writes beside it; dbt may work on another target instead."""

    folder: Path
    target: str = "duckdb"

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def create(self) -> "Warehouse":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.execute(DDL.read_text(encoding="utf-8"))
        return self

    def copy(self, folder: Path) -> "Warehouse":
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.path, folder / "warehouse.duckdb")
        return Warehouse(folder)

    def execute(self, sql: str, rows: list[list[Any]] | None = None) -> None:
        with duckdb.connect(str(self.path)) as connection:
            if rows is None:
                connection.execute(sql)
            else:
                connection.executemany(sql, rows)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def load(
        self,
        source_key: str,
        records: list[dict[str, Any]],
        *,
        fetched_at: str,
        asked: str = "2024-04-26",
        loaded_at: str = "2024-05-01 00:00:00",
    ) -> None:
        """What `load_pending` leaves behind: the rows of a reply replaced whole."""
        self.execute(f"delete from raw_data.rapidapi_quotes where source_key = '{source_key}'")
        self.execute(
            "insert into raw_data.rapidapi_quotes by name select $1::json as payload, "
            "$2 as source_key, $3 as record_no, $4 as fetched_at, $5 as trade_date, "
            "$6 as loaded_at",
            [
                [
                    json.dumps(record),
                    source_key,
                    number,
                    datetime.fromisoformat(fetched_at),
                    date.fromisoformat(asked),
                    datetime.fromisoformat(loaded_at),
                ]
                for number, record in enumerate(records, start=1)
            ],
        )

    def archive(
        self,
        table: str,
        rows: list[dict[str, Any]],
        day: str,
        *,
        source_key: str = "",
        fetched_at: str = "",
        loaded_at: str = "2026-01-01 00:00:00",
    ) -> str:
        """What `load_pending` leaves of one object of an archive, its receipt included."""
        dataset = table.removeprefix("nse_")
        fetched = datetime.fromisoformat(fetched_at or f"{day} 13:00:00")
        stamp = fetched.strftime("%Y%m%dT%H%M%SZ")
        place = f"source=nse/dataset={dataset}/trade_date={day}/fetched_at={stamp}/file{source_key}"
        key = f"landing/{place}.csv"
        self.execute(f"delete from raw_data.{table} where source_key = '{key}'")
        self.execute(f"delete from raw_data.load_receipts where object_key = 'raw/{place}.csv.gz'")
        common = [key, fetched, date.fromisoformat(day), datetime.fromisoformat(loaded_at)]
        names = sorted({name for row in rows for name in row})
        places = ", ".join(f"${n} as {name}" for n, name in enumerate(names, start=6))
        if rows:
            self.execute(
                f"insert into raw_data.{table} by name select $1 as source_key, $2 as fetched_at, "
                f"$3 as trade_date, $4 as loaded_at, $5 as record_no, {places}",
                [
                    [*common, number, *(row.get(name) for name in names)]
                    for number, row in enumerate(rows, start=1)
                ],
            )
        self.execute(
            "insert into raw_data.load_receipts values ($1, $2, 'etag', 'sha', $3, $4)",
            [[table, f"raw/{place}.csv.gz", len(rows), common[3]]],
        )
        return key

    def promoted(self, source_key: str, records_in: int, status: str = "promoted") -> None:
        """The outcome record of promotion for one landed object."""
        self.execute(
            "insert into raw_data.ingestion_outcomes by name select 'promote' as stage, "
            "'rapidapi' as source_name, 'quotes' as dataset_name, $1 as status, "
            "timestamp '2024-05-01' as attempted_at, 'outcome of ' || $2 as object_key, "
            "$2 as source_key, $3 as records_in, timestamp '2024-05-01' as loaded_at",
            [[status, source_key, records_in]],
        )

    def quarantine(self, source_key: str, record_no: int, reason: str) -> None:
        """One record, or with number 0 a whole object, that promotion refused."""
        self.execute(
            "insert into raw_data.quarantined_records by name select 'rapidapi' as source_name, "
            "'quotes' as dataset_name, $1 as source_key, $2 as record_no, $3 as reason, "
            "timestamp '2024-04-26 12:00' as fetched_at, date '2024-04-26' as trade_date, "
            "timestamp '2024-05-01' as loaded_at",
            [[source_key, record_no, reason]],
        )

    def dbt(self, *arguments: str) -> "DbtRun":
        """Run dbt as a user does, with its own target and log folders."""
        target = self.folder / "target"
        environment = os.environ | {
            "INVESTIQ_TARGET": self.target,
            "INVESTIQ_DUCKDB_PATH": str(self.path),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_USE_COLORS": "false",
        }
        returncode, output = run_dbt(arguments, environment, self.folder)
        results = target / "run_results.json"
        nodes = json.loads(results.read_text())["results"] if results.exists() else []
        return DbtRun(
            returncode=returncode,
            output=output,
            statuses={node["unique_id"]: node["status"] for node in nodes},
        )

    def content(self, *schemas: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every table and view of the schemas, all rows, in a fixed order."""
        found = self.query("select table_schema, table_name from information_schema.tables")
        return {
            f"{schema}.{table}": self.query(f"select * from {schema}.{table} order by all")
            for schema, table in sorted(found)
            if schema in schemas
        }


@dataclass(frozen=True)
class DbtRun:
    """How a dbt command ended: its output, and the status of each node by unique_id."""

    returncode: int
    output: str
    statuses: dict[str, str] = field(default_factory=dict)

    def named(self, *statuses: str) -> set[str]:
        """Names of the nodes that ended with one of the statuses."""
        return {
            unique_id.split(".")[2]
            for unique_id, status in self.statuses.items()
            if status in statuses
        }


def snake_case(value: Any) -> Any:
    """The keys of the API as promotion writes them: perChange30d -> per_change_30d."""
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", key).lower(): snake_case(inner)
        for key, inner in value.items()
    }


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders of records; a fixture, because test modules cannot import a conftest."""
    return SimpleNamespace(
        quote=quote,
        index=index,
        legacy=legacy,
        udiff=udiff,
        delivery=delivery,
        snake_case=snake_case,
    )


@pytest.fixture(scope="session")
def seeded(shared_folder: Path) -> Warehouse:
    """A warehouse with raw tables and seeds and nothing else; only to be copied."""

    def seed(warehouse: Warehouse) -> None:
        run = warehouse.create().dbt("seed")
        assert run.returncode == 0, run.output

    return made_once(shared_folder, "seeded", seed)


@pytest.fixture(scope="session")
def new_warehouse(
    tmp_path_factory: pytest.TempPathFactory, seeded: Warehouse
) -> Callable[[], Warehouse]:
    """Makes warehouses with the raw tables of the loader and the seeds, empty otherwise."""
    return lambda: seeded.copy(tmp_path_factory.mktemp("warehouse"))


@pytest.fixture(scope="session")
def built_once(
    shared_folder: Path, seeded: Warehouse
) -> Callable[[str, Callable[[Warehouse], None]], Warehouse]:
    """Builds a named warehouse, on top of the seeds, once for all xdist workers.

    A build takes several runs of dbt. Tests only read the result; who writes takes a copy.
    """

    def build(name: str, fill: Callable[[Warehouse], None]) -> Warehouse:
        return made_once(shared_folder, name, lambda made: fill(seeded.copy(made.folder)))

    return build


def made_once(shared: Path, name: str, make: Callable[[Warehouse], None]) -> Warehouse:
    """The warehouse of that name: the first worker makes it, the others wait for it."""
    warehouse = Warehouse(shared / f"dbt-{name}")
    done = shared / f"dbt-{name}.done"
    with (shared / f"dbt-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(warehouse.folder, ignore_errors=True)
            make(warehouse)
            done.touch()
    return warehouse


def load_in_a_bad_order(warehouse: Warehouse) -> None:
    """Three loads: out of order, one committed late, one reply again with other content."""
    stale = quote("L&TFH", last_update_time="22-Apr-2024 15:59:00")
    crowd = [quote(f"S{n:02}", last_update_time=SATURDAY) for n in range(60)]

    # The newer reply of the day comes first, with one price that later turns out another.
    newer = [quote("TCS", last_price=108), quote("M&M"), index("NIFTY 50"), stale, quote("GONE")]
    warehouse.load("newer", newer, fetched_at="2024-04-26 12:00", loaded_at="2024-05-02 00:00")
    run = warehouse.dbt("build", "--exclude-resource-type", "test", "unit_test")
    assert run.returncode == 0, run.output

    # An older reply of the day is loaded after it, by a transaction that began before it; and the
    # reply of the next day repeats the stale row and brings an unplanned Saturday session.
    older = [
        quote("TCS", last_price=104),
        quote("SUZLON", "BE", last_update_time="26-Apr-2024 15:58:00"),
        quote("SUZLON", "EQ"),
        quote("BROKEN", day_low=120),
        quote("HOLIDAY", last_update_time=HOLIDAY),
        quote("ODD") | {"identifier": "ODD/1"},
        quote("TEXT", last_price="0.158519", day_low="0.15", per_change_30d="NaN"),
    ]
    warehouse.load("older", older, fetched_at="2024-04-26 11:00", loaded_at="2024-05-01 00:00")
    warehouse.load(
        "saturday",
        [stale, *crowd],
        fetched_at="2024-04-27 12:00",
        asked="2024-04-27",
        loaded_at="2024-05-03 00:00",
    )
    warehouse.load(
        "refused", newer, fetched_at="2024-04-25 12:00", asked="2024-04-25", loaded_at="2024-05-03"
    )
    run = warehouse.dbt("run")
    assert run.returncode == 0, run.output

    # A reply is loaded again: a row fewer, a price changed. Another one is now refused whole.
    newer = [quote("TCS", last_price=107), quote("M&M"), index("NIFTY 50"), stale]
    warehouse.load("newer", newer, fetched_at="2024-04-26 12:00", loaded_at="2024-05-04 00:00")
    warehouse.execute("delete from raw_data.rapidapi_quotes where source_key = 'refused'")
    warehouse.quarantine("refused", 0, "html_page")
    warehouse.quarantine("older", 8, "missing_fields")
    for key, records in (("newer", 4), ("older", 8), ("saturday", 61)):
        warehouse.promoted(key, records, "partial" if key == "older" else "promoted")
    warehouse.promoted("refused", 0, "quarantined")
    run = warehouse.dbt("build")
    assert run.returncode == 0, run.output

    # The same again from nothing, kept beside; at the same path, so that dbt need not parse anew.
    incremental = warehouse.copy(warehouse.folder / "incremental")
    run = warehouse.dbt("run", "--full-refresh")
    assert run.returncode == 0, run.output
    warehouse.copy(warehouse.folder / "full_refresh")
    shutil.copy(incremental.path, warehouse.path)


@pytest.fixture(scope="session")
def loaded(built_once: Callable[[str, Callable[[Warehouse], None]], Warehouse]) -> Warehouse:
    """A built warehouse with every kind of record, reached by incremental runs; only to be read."""
    return built_once("loaded", load_in_a_bad_order)
