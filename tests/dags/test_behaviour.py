"""The whole system under a real scheduler: one Airflow, one small market, one home for all tests.

The tests follow each other on the same home; each says what it adds.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingestion.loading.duckdb_connection import connect
from ingestion.promotion import pending_keys
from ingestion.zones import ObjectKey
from sandbox.archives import UNPLANNED
from sandbox.exchange import Exchange
from sandbox.exchange.faults import Delay, Mutate, Status
from sandbox.market import Market
from tests.dags.client import Client, started_airflow, until

NEWEST, BEFORE, HOLIDAY = date(2025, 3, 7), "2025-03-06", "2025-02-26"
MONDAY = UNPLANNED + timedelta(days=2)
FULL = "/products/content/sec_bhavdata_full_06032025.csv"  # of the day BEFORE
OF_SHEETS = {
    "_airbyte_raw_id": "id-1",
    "_airbyte_extracted_at": 1_741_348_800_000,
    "_airbyte_generation_id": 1,
    "_airbyte_meta": {"changes": [], "sync_id": 1},
    "_airbyte_data": {"Date ": "06-Mar-2025", "series ": "EQ", "close ": "1,516.75"},
}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """Seventy shares with a year of past: fewer are no market, shorter is odd to the checks."""
    market = Market.build(securities=70, start=date(2024, 1, 15), end=NEWEST)
    with Exchange(market) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of it lies."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def airflow(exchange: Exchange, home: Path) -> Iterator[Client]:
    """Airflow, impatient, whose DAGs wait to be unpaused."""
    with started_airflow(
        home,
        INVESTIQ_SANDBOX_URL=exchange.url,
        INVESTIQ_NEWS_SOURCES="google",  # the feed; pages need a browser
        INVESTIQ_RETRY_SECONDS="1",
        INVESTIQ_LOCK_WAIT_SECONDS="4",
        INVESTIQ_PUBLICATION_WAIT_SECONDS="8",
        INVESTIQ_PUBLICATION_ASK_SECONDS="5",
    ) as client:
        yield client


@pytest.fixture(scope="module")
def not_there_yet(exchange: Exchange) -> None:
    """One file of the session before the newest is late, from the first test on."""
    exchange.script(FULL, Status(404), times=1000)


def alerts(home: Path) -> list[dict[str, Any]]:
    """Those that nobody has seen yet; whoever reads them has."""
    found = []
    for path in sorted((home / "alerts").glob("*.json")):
        found.append(json.loads(path.read_text("utf-8")))
        path.unlink()
    return found


def rows(home: Path, query: str) -> list[Any]:
    with connect(home / "warehouse.duckdb", wait_seconds=60, read_only=True) as con:
        return con.execute(query).fetchall()


def what_is_read(home: Path) -> dict[str, str]:
    """The published files, each by its content."""
    files = [*(home / "marts").rglob("*.parquet"), home / "report" / "index.html"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def settled(airflow: Client) -> dict[str, Any]:
    """The last run of `warehouse`, when none is left to do."""
    until(
        lambda: (
            (runs := airflow.runs("warehouse")) != []
            and all(run["state"] in ("success", "failed") for run in runs)
        ),
        300,
        "warehouse to settle",
    )
    return airflow.runs("warehouse")[-1]


def states(airflow: Client, dag_id: str, run_id: str) -> dict[str, str]:
    return {name: task["state"] for name, task in airflow.tasks(dag_id, run_id).items()}


@pytest.mark.usefixtures("not_there_yet")
@pytest.mark.timeout(420)
def test_fault_12_a_backfill_of_ten_sessions_and_the_daily_run_overlap(
    airflow: Client, home: Path
) -> None:
    airflow.unpause("backfill", "nse_archives", "global_news", "india_news")
    filled = airflow.trigger("backfill", {"first": "2025-02-10", "last": "2025-02-21"})
    assert airflow.wait("backfill", filled) == "success"
    assert airflow.wait_for_run("nse_archives")["state"] == "success"

    once = "select count(*), count(distinct (table_name, object_key)) from raw_data.load_receipts"
    [(receipts, objects)] = rows(home, once)
    assert receipts == objects > 50
    assert alerts(home) == []


@pytest.mark.usefixtures("not_there_yet")
def test_fault_17_a_session_that_does_not_come_alerts_once_and_a_later_run_brings_it(
    airflow: Client, exchange: Exchange, home: Path
) -> None:
    run_id = airflow.trigger("nse_archives", {"session": BEFORE})

    def waits() -> bool:
        return states(airflow, "nse_archives", run_id).get("published") == "up_for_reschedule"

    until(waits, 60, "the sensor to give its place away")
    assert airflow.wait("nse_archives", run_id) == "failed"
    found = states(airflow, "nse_archives", run_id)
    assert (found["published"], found["loaded"]) == ("failed", "upstream_failed")
    [alert] = alerts(home)
    assert (alert["kind"], alert["task"]) == ("missing_session", "published")
    assert "sec_bhavdata" in alert["said"]
    assert BEFORE in alert["said"]

    exchange.clear_faults()
    later = airflow.trigger("nse_archives")
    assert airflow.wait("nse_archives", later) == "success"

    loaded = f"select table_name from raw_data.load_receipts where object_key like '%={BEFORE}/%'"
    tables = {name for (name,) in rows(home, loaded)}
    assert tables >= {"nse_bhavcopy_udiff", "nse_sec_bhavdata", "nse_index_closes"}
    assert alerts(home) == []


def test_fault_16_a_holiday_is_green_and_quiet(airflow: Client, home: Path) -> None:
    run_id = airflow.trigger("nse_archives", {"session": HOLIDAY})
    assert airflow.wait("nse_archives", run_id) == "success"
    assert set(states(airflow, "nse_archives", run_id).values()) == {"skipped"}
    assert alerts(home) == []


def test_fault_06_a_task_that_is_killed_heals_when_it_is_tried_again(
    airflow: Client, exchange: Exchange, home: Path
) -> None:
    airflow.unpause("nse_quotes")
    assert airflow.wait_for_run("nse_quotes")["state"] == "success"
    exchange.script("/any", Delay(60.0))
    run_id = airflow.trigger("nse_quotes", {"session": BEFORE})

    def landing() -> dict[str, Any]:
        return airflow.tasks("nse_quotes", run_id)["land_quotes"]

    until(lambda: landing()["state"] == "running" and landing()["pid"], 60, "the task to run")
    until(lambda: not exchange.pending, 30, "its request")
    os.kill(landing()["pid"], signal.SIGKILL)

    assert airflow.wait("nse_quotes", run_id) == "success"
    assert landing()["try_number"] == 2
    assert alerts(home) == []


def test_the_other_dags_end_well(airflow: Client, home: Path) -> None:
    """Each has something to do; what they bring is published by the tests that follow."""
    key = "airbyte/sheets/KEPTBYHAND/2025_03_07_1741348800000_0.jsonl"
    airflow.store.put(key, json.dumps(OF_SHEETS).encode(), "", {"ab-generation-id": "1"})
    old = home / "airflow" / "logs" / "old.log"
    old.touch()
    os.utime(old, (1.7e9, 1.7e9))
    airflow.unpause("airbyte_history", "nse_reference")
    for dag_id in ("airbyte_history", "nse_reference"):
        assert airflow.wait_for_run(dag_id)["state"] == "success", dag_id
    [landed] = [item.key for item in airflow.store.list("landing/source=airbyte/")]
    forgotten = ObjectKey.parse(landed).promote_outcome  # as if somebody had died before it
    airflow.store.client.delete_object(Bucket=airflow.store.bucket, Key=forgotten)
    airflow.unpause("maintenance")
    night = airflow.wait_for_run("maintenance")
    assert night["state"] == "success"

    assert rows(home, "select stream_name from raw_data.airbyte_records") == [("KEPTBYHAND",)]
    for name in ("equity_list", "symbol_changes", "index_constituents", "corporate_actions"):
        assert rows(home, f"select count(*) > 0 from raw_data.nse_{name}") == [(True,)], name
    said = {
        task_id: airflow.value("maintenance", night["dag_run_id"], task_id)
        for task_id in ("sweep", "retention", "quarantine_summary")
    }
    assert said["sweep"]["not promoted"] == 1
    assert pending_keys(airflow.store) == []
    assert said["sweep"]["receipts"] > 50
    refused = rows(home, "select count(*) from raw_data.quarantined_records")
    assert [(sum(int(line.split(": ")[1]) for line in said["quarantine_summary"]),)] == refused
    assert (said["retention"], old.exists()) == (1, False)
    assert "fct_prices_daily" in (home / "docs" / "index.html").read_text("utf-8")
    assert alerts(home) == []


@pytest.mark.timeout(420)
def test_what_lands_is_published_by_itself(airflow: Client, home: Path) -> None:
    for dag_id in ("global_news", "india_news"):
        assert airflow.wait_for_run(dag_id)["state"] == "success"
    airflow.unpause("warehouse")
    asked = airflow.trigger("nse_archives", {"session": str(MONDAY)})
    assert airflow.wait("nse_archives", asked) == "success"

    last = settled(airflow)

    assert (last["run_type"], last["state"]) == ("asset_triggered", "success")
    found = states(airflow, "warehouse", airflow.runs("warehouse")[0]["dag_run_id"])
    assert found["published_marts"] == "success"
    assert found["node_failed"] == "skipped"
    drawn = {state for task_id, state in found.items() if task_id.startswith("dbt.")}
    assert drawn == {"success"}
    assert "dbt.core.fct_ohlc_daily" in found
    assert {"check_arrival", "dbt_build", "dbt", "published_marts"} <= airflow.drawn("warehouse")
    sessions = "select count(distinct trade_date), max(trade_date) from marts."
    assert rows(home, sessions + "fct_prices_daily") == [(20, NEWEST)]
    assert rows(home, sessions + "fct_ohlc_daily")[0][1] == NEWEST
    [(news,)] = rows(home, "select count(*) from marts.fct_news_articles")
    assert news > 0
    assert (home / "report" / "index.html").is_file()
    assert (home / "marts" / "fct_ohlc_daily.parquet").is_file()
    assert alerts(home) == []


def test_fault_18_a_saturday_session_that_no_calendar_has_came_with_mondays_run(
    airflow: Client, home: Path
) -> None:
    """It is in what the test before has published; nobody asked for it by name."""
    calendar = "select session_type from marts.dim_dates where calendar_date = "
    assert rows(home, f"{calendar}'{UNPLANNED}'") == [("unplanned",)]
    assert rows(home, f"{calendar}'{UNPLANNED + timedelta(days=1)}'") == [(None,)]
    promised = "select sum(rows_loaded) from raw_data.load_receipts where table_name = "
    [(lines,)] = rows(home, f"{promised}'nse_bhavcopy_udiff' and object_key like '%={UNPLANNED}/%'")
    told = (
        "select sum(records) from marts.rpt_record_accounting "
        f"where dataset_name = 'bhavcopy_udiff' and trade_date = '{UNPLANNED}'"
    )
    assert rows(home, told) == [(lines,)]
    [(bars,)] = rows(
        home, f"select count(*) from marts.fct_prices_daily where trade_date = '{UNPLANNED}'"
    )
    assert bars > 15
    run_id = airflow.runs("warehouse")[0]["dag_run_id"]
    hint = airflow.log("warehouse", run_id, "check_arrival", 1)
    assert "archived_day_is_a_session" in hint
    assert str(UNPLANNED) in hint
    assert "nse_trading_calendar.csv" in hint


def test_fault_14_a_reader_holds_the_warehouse_and_the_load_heals_when_it_has_gone(
    airflow: Client, home: Path
) -> None:
    airflow.pause("warehouse")  # what is loaded now is published by the tests that follow
    reading = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(input())"
    with subprocess.Popen(
        [sys.executable, "-c", reading, str(home / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as reader:
        run_id = airflow.trigger("nse_quotes", {"session": "2025-03-05"})

        def first_try_failed() -> bool:
            return states(airflow, "nse_quotes", run_id).get("loaded") == "up_for_retry" or (
                airflow.tasks("nse_quotes", run_id).get("loaded", {}).get("try_number", 0) > 1
            )

        until(first_try_failed, 90, "the load to give up for now")
        reader.communicate(b"\n")

    assert airflow.wait("nse_quotes", run_id) == "success"
    log = airflow.log("nse_quotes", run_id, "loaded", 1)
    assert f"held by PID {reader.pid}" in log
    assert "waited 4 s. Close that program" in log
    assert alerts(home) == []


@pytest.mark.timeout(420)
def test_a_node_of_dbt_that_fails_is_seen_by_its_name_and_nothing_is_published(
    airflow: Client, home: Path
) -> None:
    published = what_is_read(home)
    rename = "alter table raw_data.nse_symbol_changes rename column"
    with connect(home / "warehouse.duckdb", wait_seconds=60) as con:
        con.execute(f"{rename} old_symbol to former_symbol")  # somebody has meddled with it
    airflow.unpause("warehouse")
    run_id = airflow.trigger("warehouse")

    assert airflow.wait("warehouse", run_id) == "failed"

    with connect(home / "warehouse.duckdb", wait_seconds=60) as con:
        con.execute(f"{rename} former_symbol to old_symbol")
    red = airflow.instances("warehouse", run_id, "node_failed")
    assert [(one["state"], one["rendered_map_index"]) for one in red] == [
        ("failed", "stg_nse__symbol_changes")
    ]
    found = states(airflow, "warehouse", run_id)
    assert found["published_marts"] == found["dbt.core.fct_ohlc_daily"] == "upstream_failed"
    assert what_is_read(home) == published
    [alert] = alerts(home)
    assert (alert["kind"], alert["task"]) == ("AirflowException", "node_failed")
    assert "stg_nse__symbol_changes" in alert["said"]
    assert 'Referenced column "old_symbol" not found' in alert["said"]


@pytest.mark.timeout(420)
def test_fault_09_killed_between_models_the_published_set_stays_until_the_retry_is_through(
    airflow: Client, home: Path
) -> None:
    """What has failed before is mended: its run is cleared, as the DAG's page says."""
    published = what_is_read(home)
    run_id = airflow.runs("warehouse")[-1]["dag_run_id"]
    log = home / "dbt" / "logs" / "dbt.log"
    seen = log.stat().st_size
    airflow.clear("warehouse", run_id, "anything_new")

    def has_ended(node: str) -> bool:
        with log.open("rb") as lines:
            lines.seek(seen)
            return any(
                b'"LogModelResult"' in line and f'"node_name": "{node}"'.encode() in line
                for line in lines
            )

    until(lambda: has_ended("stg_rapidapi__quotes"), 120, "dbt to have ended a node")
    building = airflow.tasks("warehouse", run_id)["dbt_build"]
    [dbt] = [
        child
        for child in psutil.Process(building["pid"]).children(recursive=True)
        if "dbt.cli.main" in child.cmdline()
    ]
    dbt.kill()
    until(lambda: _tries(airflow, run_id) > building["try_number"], 60, "the next try")
    assert not has_ended("fct_ohlc_daily")
    assert what_is_read(home) == published

    assert airflow.wait("warehouse", run_id) == "success"
    assert "dbt was killed by signal 9" in airflow.log(
        "warehouse", run_id, "dbt_build", building["try_number"]
    )
    assert what_is_read(home) != published
    bars = "select count(*), count(distinct security_sk) from {} where trade_date = '2025-03-05'"
    [(built, shares)] = rows(home, bars.format("marts.fct_ohlc_daily"))
    assert built == shares > 50
    parquet = bars.format(f"read_parquet('{home}/marts/fct_ohlc_daily*.parquet')")
    assert rows(home, parquet) == [(built, shares)]
    assert alerts(home) == []


def test_a_check_that_fails_stops_the_publication(
    airflow: Client, exchange: Exchange, home: Path
) -> None:
    published = what_is_read(home)
    number = len(airflow.runs("warehouse"))
    exchange.script("/any", Mutate(lambda rows: [{**row, "lastPrice": "-"} for row in rows]))
    run_id = airflow.trigger("nse_quotes", {"session": "2025-03-04"})
    assert airflow.wait("nse_quotes", run_id) == "success"

    failed = airflow.wait_for_run("warehouse", number + 1)

    assert failed["state"] == "failed"
    found = states(airflow, "warehouse", failed["dag_run_id"])
    assert found["check_arrival"] == "failed"
    assert found["published_marts"] == "upstream_failed"
    assert found["dbt.core.fct_ohlc_daily"] == "upstream_failed"
    assert what_is_read(home) == published
    [alert] = alerts(home)
    assert alert["kind"] == "CheckFailed"


def _tries(airflow: Client, run_id: str) -> int:
    return int(airflow.tasks("warehouse", run_id)["dbt_build"]["try_number"])
