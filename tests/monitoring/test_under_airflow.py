"""Every expression of ours, asked of a real Prometheus after a real Airflow has worked.

One Airflow on the sandbox: its StatsD and our own go to the exporter's stand-in with the mapping
that we ship; Prometheus reads that once a second, with the rules that we ship.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from ingestion.settings import load_settings
from monitoring.metrics import METRICS, Kind
from sandbox.exchange import Exchange
from sandbox.exchange.alpha_vantage import DAILY
from sandbox.exchange.faults import QuotaText, Status
from sandbox.market import Market
from sandbox.prometheus import prometheus
from tests.dags.client import Client, started_airflow, until
from tests.monitoring.live import (
    DASHBOARDS,
    MONITORING,
    RULES,
    Asked,
    Live,
    of_dashboards,
    of_rules,
    selectors,
)
from tests.monitoring.vocabulary import airflows, ours

pytestmark = pytest.mark.timeout(900)
NEWEST = date(2025, 10, 24)
MANY = [NEWEST - timedelta(days=back) for back in range(31)]  # a month, closed days among them
DAGS = ("nse_quotes", "nse_archives", "global_news", "warehouse")
_ENDED = ("success", "failed")
_LOCKS = re.compile(r"Could not set lock|Conflicting lock|database is locked|deadlock detected")


@dataclass(frozen=True, slots=True)
class System:
    """All that runs."""

    airflow: Client
    live: Live
    exchange: Exchange
    home: Path
    exporter: str  # its address
    record: Path  # every line that reached it

    def exported(self) -> str:
        """What Prometheus reads."""
        return requests.get(f"{self.exporter}/metrics", timeout=30).text

    def ended(self, dag_id: str) -> Counter[str]:
        """How many runs of a DAG ended how, by Airflow's own database; runs under way as well."""
        engine = create_engine(self.airflow.airflow.database)
        query = text("select state, count(*) from dag_run where dag_id = :dag_id group by state")
        with engine.connect() as connection:
            rows = connection.execute(query, {"dag_id": dag_id})
            return Counter({state: runs for state, runs in rows})


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Airflow whose DAGs wait to be unpaused, the exporter and Prometheus."""
    home = tmp_path_factory.mktemp("home")
    record = home / "lines"
    command = [sys.executable, "-m", "sandbox.statsd", "--record", str(record)]
    command += ["--mapping", str(MONITORING / "statsd" / "mapping.yml")]
    with ExitStack() as opened:
        exporter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        opened.callback(exporter.wait)
        opened.callback(exporter.terminate)
        assert exporter.stdout is not None
        url, port = exporter.stdout.readline().split()
        market = Market.build(securities=70, start=date(2024, 9, 2), end=NEWEST)
        exchange = opened.enter_context(Exchange(market))
        targets = {"statsd-exporter:9102": url.removeprefix("http://"), "alertmanager:9093": None}
        config = MONITORING / "prometheus" / "prometheus.yml"
        server = opened.enter_context(prometheus(config, home / "prometheus", targets, every="1s"))
        airflow = opened.enter_context(
            started_airflow(
                home,
                parallelism=4,
                INVESTIQ_SANDBOX_URL=exchange.url,
                INVESTIQ_NEWS_SOURCES="google",  # the feed; pages need a browser
                INVESTIQ_RETRY_SECONDS="1",
                INVESTIQ_STATSD_HOST="127.0.0.1",
                INVESTIQ_STATSD_PORT=port,
            )
        )
        yield System(airflow, Live(server.url), exchange, home, url, record)


@pytest.fixture(scope="module")
def worked(system: System) -> System:
    """31 runs at once, every kind of refusal among them, news twice, and then the warehouse."""
    airflow, exchange, newest = system.airflow, system.exchange, NEWEST.isoformat()
    no_more = QuotaText("Information", DAILY.format(key="", per_day=25))
    exchange.script("/query", Status(503), times=4)  # the task fails and is tried again,
    exchange.script("/query", no_more)  # is refused and fails for good
    exchange.script(f"/products/content/sec_bhavdata_full_{NEWEST:%d%m%Y}.csv", Status(403))
    exchange.script("/any", QuotaText())
    airflow.unpause("nse_quotes", "nse_archives", "global_news")
    refused = [airflow.trigger(dag, {"session": newest}) for dag in ("nse_archives", "nse_quotes")]
    until(lambda: "/any" not in exchange.pending, 60, "the refusal to strike")
    many = [airflow.trigger("nse_quotes", {"session": day.isoformat()}) for day in MANY]
    airflow.wait_for_run("global_news")
    news = airflow.trigger("global_news")
    airflow.wait("nse_archives", refused[0])
    for run_id in (refused[1], *many):
        airflow.wait("nse_quotes", run_id)
    airflow.wait("global_news", news)
    airflow.unpause("warehouse")
    airflow.trigger("nse_archives", {"session": newest})
    airflow.wait_for_run("warehouse")
    for dag_id in DAGS:
        until(
            lambda name=dag_id: all(run["state"] in _ENDED for run in airflow.runs(name)),
            200,
            f"{dag_id} to settle",
        )
    assert exchange.pending == {}
    time.sleep(5)  # what the scheduler says now and then, and what Prometheus makes of it
    return system


def test_thirty_one_runs_at_once_end_well_without_a_lock_error(worked: System) -> None:
    runs = {run["dag_run_id"]: run for run in worked.airflow.runs("nse_quotes")}
    asked = [run for run in runs.values() if run["run_type"] == "manual"]
    assert len(asked) == len(MANY) + 1
    assert Counter(run["state"] for run in asked)["success"] >= len(MANY)
    logs = [path for path in (worked.home / "airflow" / "logs").rglob("*") if path.is_file()]
    assert len(logs) > len(MANY)
    assert [path for path in logs if _LOCKS.search(path.read_text("utf-8", "replace"))] == []


@pytest.mark.parametrize("dag_id", DAGS)
def test_prometheus_counts_the_runs_that_airflow_has(worked: System, dag_id: str) -> None:
    ended = worked.ended(dag_id)
    counted = {
        state: worked.live.value(f'sum(airflow_dagrun_duration_{state}_count{{dag_id="{dag_id}"}})')
        for state in _ENDED
    }
    assert counted == {state: ended[state] for state in _ENDED}
    assert sum(ended.values()) == ended["success"] + ended["failed"] > 0


def test_prometheus_counts_the_tasks_that_airflow_has(worked: System) -> None:
    """Tasks that a process ran: those that the scheduler sets send nothing."""
    query = text(
        "select dag_id, task_id, state, count(*) from task_instance "
        "where start_date is not null and pid is not null and state in ('success', 'failed') "
        "group by dag_id, task_id, state"
    )
    with create_engine(worked.airflow.airflow.database).connect() as connection:
        had = {(dag, task, state): n for dag, task, state, n in connection.execute(query)}
    counted = worked.live.by(
        'sum by (dag_id, task_id, state) (airflow_ti_finish{state=~"success|failed"})',
        *("dag_id", "task_id", "state"),
    )
    assert {key: counted.get(key) for key in had} == had


def test_nothing_was_lost_or_misunderstood_on_the_way(worked: System) -> None:
    """Loopback loses a datagram only where the buffer is full, and the kernel counts these."""
    assert worked.live.value("statsd_standin_udp_drops_total") == 0
    exported = worked.exported()
    for counter in ("sample_errors", "events_conflict", "events_error"):
        assert re.findall(rf"^statsd_exporter_{counter}_total\{{.*", exported, re.M) == []
    assert "\nstatsd_exporter_tag_errors_total 0\n" in exported
    lines = worked.record.read_text("utf-8").splitlines()
    assert len(lines) > 5_000
    sent = {line.split(",")[0].split(":")[0] for line in lines}
    assert {name.split(".")[0] for name in sent} == {"airflow", "investiq"}


# What nothing has ever sent here: a name, or a selector. The reasons are proved below.
NEVER = {
    'investiq_checks_total{result="failed"}': "every suite has passed",
    "airflow_ti_deferred": "no task of ours defers itself: they wait by `reschedule`",
    "airflow_scheduler_tasks_killed_externally": "nobody kills a worker of the executor",
    "airflow_task_instances_without_heartbeats_killed": "no task lost its heartbeat",
    "investiq_dead_letters": "INVESTIQ_DEAD_LETTERS_URL names no queue",
    "investiq_browser_failures_total": "the feed is read, no page is rendered",
}
# What is well, so a condition does not hold although all that it asks for is there.
WELL = {
    "QuarantineRatioHigh": "no record was refused",
    "WarehouseFailed": "the warehouse's newest run went well",
    "WarehouseStuck": "the warehouse has ended a run within two hours",
    "GreatExpectationsFailed": "what arrived and the marts pass their checks",
    "AdjustmentReviewUrgent": "no factor of the small market is doubtful",
    "AdjustmentReviewWaiting": "no factor of the small market is doubtful",
    "SchedulerDown": "the scheduler beats",
    "PoolStarving": "nobody waits for a slot any more",
    "DagImportErrors": "all DAGs can be imported",
    "DagFailingRepeatedly": "no DAG has failed twice and last",
    "DiskFillingUp": "there is room on the disk",
    "DiskAlmostFull": "there is room on the disk",
    "ExporterDown": "Prometheus reads the exporter",
    "MetricsAbsent": "our own metrics come",
    "Nodes that failed": "every node of dbt went well",
}
EXPRESSIONS = [asked for asked in (*of_rules(), *of_dashboards()) if asked.kind != "variable"]


def _name(selector: str) -> str:
    return selector.partition("{")[0]


def _complaint(live: Live, asked: Asked) -> str:
    """What is wrong with an expression: it is empty, and nobody has shown that it should be."""
    if any(live.query(expr) for expr in asked.filled(live)):
        return ""
    silent = {
        selector
        for selector in selectors(asked.of_any)
        if not live.query(f"last_over_time({selector}[1h])")
    }
    if silent:
        unknown = sorted(one for one in silent if not {one, _name(one)} & set(NEVER))
        return f"{asked.where}: nothing has ever sent {unknown}" if unknown else ""
    return "" if asked.title in WELL else f"{asked.where}: empty: {asked.of_any}"


@pytest.mark.parametrize("asked", EXPRESSIONS, ids=[asked.where for asked in EXPRESSIONS])
def test_every_expression_gives_data_or_is_rightly_empty(worked: System, asked: Asked) -> None:
    assert _complaint(worked.live, asked) == ""


def test_what_is_said_never_to_come_has_not_come_and_for_that_reason(worked: System) -> None:
    assert {_name(one) for one in NEVER} <= {*ours(), *airflows()}, "nobody could send it"
    assert set(WELL) <= {asked.title for asked in EXPRESSIONS}
    assert {name: worked.live.query(name) for name in NEVER} == {name: [] for name in NEVER}
    with create_engine(worked.airflow.airflow.database).connect() as connection:
        count = "select count(*) from "
        deferred = connection.execute(text(count + "trigger")).scalar_one()
        mismatch = text(count + "log where event = 'state mismatch'")
        killed = connection.execute(mismatch).scalar_one()
        query = text("select distinct state from task_instance where task_id like 'check_%'")
        checks = connection.execute(query).scalars().all()
    said = (worked.home / "airflow" / "logs" / "scheduler.log").read_text("utf-8")
    assert (deferred, killed, checks) == (0, 0, ["success"])
    assert "TIs without heartbeat" not in said
    assert load_settings().dead_letters_url is None
    rendered = worked.live.query('investiq_fetches_total{dataset=~".*yahoo.*|.*google.*"}')
    assert rendered == []


def test_every_metric_of_ours_is_in_prometheus(worked: System) -> None:
    part = {Kind.HISTOGRAM: "_count"}
    names = {metric.prometheus + part.get(metric.kind, "") for metric in METRICS}
    absent = {name for name in names if not worked.live.query(name)}
    assert absent == {name for name in NEVER if name in ours()}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (DASHBOARDS / "investiq-ingestion.json", "investiq_rows_loaded_total"),
        (DASHBOARDS / "investiq-dag.json", "airflow_ti_start"),
        (RULES / "alerts.yml", "airflow_dag_processing_import_errors"),
        (RULES / "recording.yml", "investiq_fetches_total"),
    ],
)
def test_a_renamed_metric_is_found(worked: System, tmp_path: Path, file: Path, name: str) -> None:
    """The same check, on a copy in which one metric has another name."""
    renamed = file.read_text("utf-8").replace(name, f"{name}_anew")
    (tmp_path / file.name).write_text(renamed, "utf-8")
    asked = [one for one in (*of_rules(tmp_path), *of_dashboards(tmp_path)) if name in one.expr]
    assert asked
    for one in asked:
        assert f"{name}_anew" in _complaint(worked.live, one)
