"""The whole system under a real scheduler: one Airflow, one small market, one home for all tests.

The tests follow each other on the same home; each says what it adds.
"""

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingestion.loading.duckdb_connection import connect
from ingestion.settings import load_settings
from investiq import context
from orchestration.local import local_airflow
from sandbox.exchange import Exchange
from sandbox.exchange.faults import Delay, Mutate
from sandbox.market import Market
from tests.dags.client import Client, until

NEWEST, BEFORE, HOLIDAY = date(2025, 10, 24), "2025-10-23", "2025-10-22"
_LEAKS = ("AIRFLOW", "AWS_", "INVESTIQ_", "DBT_")


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """Seventy shares with a year of past: fewer are no market, shorter is odd to the checks."""
    market = Market.build(securities=70, start=date(2024, 9, 2), end=NEWEST)
    with Exchange(market) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of it lies."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def airflow(exchange: Exchange, home: Path) -> Iterator[Client]:
    """Airflow, whose DAGs wait to be unpaused."""
    with pytest.MonkeyPatch.context() as variables:
        for name in list(os.environ):
            if name.startswith(_LEAKS):
                variables.delenv(name)
        variables.setenv("INVESTIQ_HOME", str(home))
        variables.setenv("INVESTIQ_SANDBOX_URL", exchange.url)
        variables.setenv("INVESTIQ_NEWS_SOURCES", "google")  # the feed; pages need a browser
        variables.setenv("INVESTIQ_RETRY_SECONDS", "1")
        settings = load_settings()
        with (
            context.object_store(settings) as store,
            local_airflow(settings, parallelism=3, paused=True, port=0) as running,
        ):
            yield Client(running, store)


def alerts(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "alerts").glob("*.json"))


def rows(home: Path, query: str) -> list[Any]:
    with connect(home / "warehouse.duckdb", wait_seconds=60, read_only=True) as con:
        return con.execute(query).fetchall()


def settled(airflow: Client) -> dict[str, Any]:
    """The last run of `warehouse`, when none is left to do."""
    until(
        lambda: (
            (runs := airflow.runs("warehouse")) != []
            and all(run["state"] in ("success", "failed") for run in runs)
        ),
        200,
        "warehouse to settle",
    )
    return airflow.runs("warehouse")[-1]


@pytest.mark.timeout(420)
def test_fault_12_a_backfill_of_ten_sessions_and_the_daily_run_overlap(
    airflow: Client, home: Path
) -> None:
    airflow.unpause("backfill", "nse_archives", "global_news", "india_news")
    filled = airflow.trigger("backfill", {"first": "2025-09-29", "last": "2025-10-13"})
    assert airflow.wait("backfill", filled) == "success"
    assert airflow.wait_for_run("nse_archives")["state"] == "success"

    once = "select count(*), count(distinct (table_name, object_key)) from raw_data.load_receipts"
    [(receipts, objects)] = rows(home, once)
    assert receipts == objects > 50
    assert alerts(home) == []


def test_fault_16_a_holiday_is_green_and_quiet(airflow: Client, home: Path) -> None:
    run_id = airflow.trigger("nse_archives", {"session": HOLIDAY})
    assert airflow.wait("nse_archives", run_id) == "success"
    states = {task["state"] for task in airflow.tasks("nse_archives", run_id).values()}
    assert states == {"skipped"}
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


@pytest.mark.timeout(420)
def test_what_lands_is_published_by_itself(airflow: Client, home: Path) -> None:
    for dag_id in ("global_news", "india_news"):
        assert airflow.wait_for_run(dag_id)["state"] == "success"
    airflow.unpause("warehouse")
    asked = airflow.trigger("nse_quotes", {"session": "2025-10-17"})
    assert airflow.wait("nse_quotes", asked) == "success"

    last = settled(airflow)

    assert (last["run_type"], last["state"]) == ("asset_triggered", "success")
    states = _states(airflow, airflow.runs("warehouse")[0])
    assert states["published_marts"] == "success"
    assert states["node_failed"] == "skipped"
    drawn = {state for task_id, state in states.items() if task_id.startswith("dbt.")}
    assert drawn == {"success"}
    assert "dbt.core.fct_ohlc_daily" in states
    assert {"check_arrival", "dbt_build", "dbt", "published_marts"} <= airflow.drawn("warehouse")
    sessions = "select count(distinct trade_date), max(trade_date) from marts."
    assert rows(home, sessions + "fct_prices_daily") == [(18, NEWEST)]
    assert rows(home, sessions + "fct_ohlc_daily")[0][1] == NEWEST
    [(news,)] = rows(home, "select count(*) from marts.fct_news_articles")
    assert news > 0
    assert (home / "report" / "index.html").is_file()
    assert (home / "marts" / "fct_ohlc_daily.parquet").is_file()
    assert alerts(home) == []


def test_a_check_that_fails_stops_the_publication(
    airflow: Client, exchange: Exchange, home: Path
) -> None:
    page = home / "report" / "index.html"
    published = page.read_bytes()
    number = len(airflow.runs("warehouse"))
    exchange.script("/any", Mutate(lambda rows: [{**row, "lastPrice": "-"} for row in rows]))
    run_id = airflow.trigger("nse_quotes", {"session": "2025-10-20"})
    assert airflow.wait("nse_quotes", run_id) == "success"

    failed = airflow.wait_for_run("warehouse", number + 1)

    assert failed["state"] == "failed"
    states = _states(airflow, failed)
    assert states["check_arrival"] == "failed"
    assert states["published_marts"] == "upstream_failed"
    assert states["dbt.core.fct_ohlc_daily"] == "upstream_failed"
    assert page.read_bytes() == published
    assert len(alerts(home)) == 1
    assert "CheckFailed" in (home / "alerts" / alerts(home)[0]).read_text("utf-8")


def _states(airflow: Client, run: dict[str, Any]) -> dict[str, str]:
    found = airflow.tasks("warehouse", run["dag_run_id"])
    return {task_id: task["state"] for task_id, task in found.items()}
