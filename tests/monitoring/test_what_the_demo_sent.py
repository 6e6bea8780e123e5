"""What the whole demo has sent: all that it did, within the budget, and as the warehouse has it."""

import json
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.loading.duckdb_connection import connect
from ingestion.settings import Settings, project_root
from investiq import chain, watching
from investiq.dbt_results import node_results
from monitoring import observe
from monitoring.client import meter
from monitoring.labels import KNOWN, OTHER
from monitoring.metrics import METRICS
from tests.monitoring.receiver import Receiver, Sample, samples_of, series_of

pytestmark = [pytest.mark.timeout(1500)]
# What a demo without a browser, a Lambda and news that wait for a person cannot have.
ELSEWHERE = {"browser_failures_total", "dead_letters"}


@pytest.fixture(scope="module")
def home(demo_once) -> Path:
    return demo_once[0]


@pytest.fixture(scope="module")
def sent(home) -> list[Sample]:
    return samples_of([home.with_name("demo.statsd").read_bytes()])


@pytest.fixture(scope="module")
def counted(sent) -> dict[str, Counter]:
    """Counters summed, by metric and the values of their labels."""
    found: dict[str, Counter] = defaultdict(Counter)
    for sample in sent:
        if sample.kind == "c":
            found[sample.name][tuple(value for _, value in sample.labels)] += sample.value
    return found


@pytest.fixture(scope="module")
def last(sent) -> dict[str, dict[tuple[str, ...], float]]:
    """Gauges as they stand at the end."""
    found: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for sample in sent:
        if sample.kind == "g":
            found[sample.name][tuple(value for _, value in sample.labels)] = sample.value
    return found


def as_first_left(home: Path) -> Path:
    """The warehouse after the first run: other tests run the demo once more."""
    return home.with_name("demo-first") / "warehouse.duckdb"


def rows(home: Path, sql: str) -> list[tuple]:
    with connect(as_first_left(home), read_only=True) as con:
        return con.sql(sql).fetchall()


def settings_of(home: Path, receiver: Receiver) -> Settings:
    return Settings(
        home=home,
        INVESTIQ_DUCKDB_PATH=as_first_left(home),
        statsd_host="127.0.0.1",
        statsd_port=receiver.port,
    )


def test_every_metric_is_sent(sent):
    assert {sample.name for sample in sent} >= {metric.name for metric in METRICS} - ELSEWHERE
    assert {sample.name for sample in sent} <= {metric.name for metric in METRICS}


def test_every_metric_keeps_to_its_budget_and_its_known_values(sent):
    series = series_of(sent)
    nodes = {path.stem for path in (project_root() / "dbt_project").rglob("*.*")}
    for metric in METRICS:
        found = series.get(metric.name, set())
        assert len(found) <= metric.budget, metric.name
        for labels in found:
            assert {label for label, _ in labels} == set(metric.labels)
            for label, value in labels:
                assert value != OTHER, (metric.name, labels)
                assert value in KNOWN.get(label, nodes), (metric.name, labels)


def test_counters_are_what_the_warehouse_holds(home, counted):
    loaded = dict(
        rows(home, "select table_name, sum(rows_loaded) from raw_data.load_receipts group by 1")
    )
    assert {
        table: number for (table,), number in counted["rows_loaded_total"].items() if number
    } == {table: float(number) for table, number in loaded.items() if number}
    fetched = rows(
        home,
        "select dataset_name, source_name, status, count(*) from raw_data.ingestion_outcomes "
        "where stage = 'fetch' group by all",
    )
    assert counted["fetches_total"] == {tuple(key): number for *key, number in fetched}
    promoted = rows(
        home,
        "select dataset_name, sum(records_in), sum(records_promoted), sum(records_quarantined) "
        "from raw_data.ingestion_outcomes where stage = 'promote' group by 1",
    )
    for number, name in enumerate(("landed", "promoted", "quarantined"), start=1):
        assert counted[f"records_{name}_total"] == {(one[0],): one[number] for one in promoted}
    assert counted["checks_total"] == {
        ("ok", suite): 1
        for suite in ("arrival", "archives", "news", "ohlc", "prices", "news_marts")
    }


def test_freshness_is_that_of_the_marts(home, last):
    expected = rows(
        home,
        "select dataset_name, latest_trade_date, sessions_behind from marts.rpt_data_freshness",
    )
    assert {name for name, *_ in expected} == {
        *("quotes", "index_quotes", "official_prices", "delivery", "index_closes"),
        *("corporate_actions", "alpha_vantage_news", "india_news"),
    }
    for name, newest, behind in expected:
        midnight = datetime(newest.year, newest.month, newest.day, tzinfo=UTC).timestamp()
        assert last["newest_session_timestamp_seconds"][name,] == midnight
        assert last["sessions_behind"][name,] == behind == 0
    due = last["next_session_due_timestamp_seconds"]["official_prices",]
    assert datetime.fromtimestamp(due, tz=UTC) == datetime(2025, 10, 27, 15, 0, tzinfo=UTC)


def test_nodes_reviews_and_rates_are_those_of_the_marts(home, counted, last):
    held = dict(
        rows(
            home,
            "select table_name, estimated_size from duckdb_tables() "
            "where schema_name <> 'raw_data'",
        )
    )
    assert last["dbt_node_rows"] == {(name,): number for name, number in held.items()}
    [(bars,)] = rows(home, "select count(*) from marts.fct_prices_daily")
    assert last["dbt_node_rows"]["fct_prices_daily",] == bars
    results = json.loads((home / "dbt" / "target" / "run_results.json").read_text())["results"]
    kinds = Counter(one["unique_id"].partition(".")[0] for one in results)
    built = kinds["model"] + kinds["seed"] + kinds["snapshot"]
    assert len(last["dbt_node_duration_seconds"]) == built
    assert sum(last["dbt_tests"].values()) == kinds["test"]
    assert sum(counted["dbt_node_failures_total"].values()) == 0
    assert counted["dbt_builds_total"] == {("ok",): 1}
    waiting = rows(
        home,
        "select review_kind, priority::varchar, count(*) from marts.rpt_adjustment_review "
        "group by all",
    )
    assert {key: n for key, n in last["adjustment_review_rows"].items() if n} == {
        (kind, priority): number for kind, priority, number in waiting
    }
    rates = rows(home, "select scope, mapping_rate from marts.rpt_news_mapping_quality")
    assert last["news_mapping_rate"] == {
        (scope,): pytest.approx(rate) for scope, rate in rates if rate is not None
    }


def test_what_stands_can_be_told_again(home, last):
    """So that the values come back when whoever keeps them was started anew."""
    with Receiver() as anew:
        settings = settings_of(home, anew)
        begun = time.perf_counter()
        watching.look(settings)
        seconds = time.perf_counter() - begun
        again = {s.name: s for s in anew.samples()}
        told = {
            tuple(value for _, value in s.labels): s.value for s in anew.samples("sessions_behind")
        }
    assert told == last["sessions_behind"]
    assert {"disk_free_bytes", "warehouse_bytes", "last_publication_timestamp_seconds"} <= set(
        again
    )
    assert again["warehouse_bytes"].value == as_first_left(home).stat().st_size
    assert seconds < 5


def test_a_run_that_finds_nothing_new_tells_how_things_stand(home, monkeypatch, receiver, last):
    monkeypatch.setattr(chain, "unpublished", lambda settings, day: None)
    chain.publish_if_new(settings_of(home, receiver), date(2025, 10, 24))
    told = {(s["dataset"],): s.value for s in receiver.samples("newest_session_timestamp_seconds")}
    assert told == last["newest_session_timestamp_seconds"]


def test_a_warehouse_that_somebody_writes_is_not_waited_for(home, receiver, tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "_PATIENCE", 0.5)
    own = tmp_path / "warehouse.duckdb"
    shutil.copy(as_first_left(home), own)
    settings = settings_of(home, receiver).model_copy(update={"duckdb_path_override": own})
    writing = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys\n"
            "con = duckdb.connect(sys.argv[1])\n"
            "print('has it', flush=True)\n"
            "sys.stdin.read()",
            str(own),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with writing:
        assert writing.stdout.readline() == b"has it\n"
        begun = time.perf_counter()
        watching.look(settings)
        assert time.perf_counter() - begun < 5
        writing.stdin.close()
    assert receiver.samples("warehouse_bytes") != []
    assert receiver.samples("sessions_behind") == []


def test_a_home_without_marts_is_looked_at_without_harm(tmp_path, receiver):
    settings = Settings(home=tmp_path, statsd_host="127.0.0.1", statsd_port=receiver.port)
    watching.look(settings)
    assert {sample.name for sample in receiver.samples()} == {"disk_free_bytes", "disk_size_bytes"}


def test_a_test_that_failed_counts_for_the_node_it_looks_at(home, tmp_path, receiver):
    """The real results of a build, with one test changed."""
    for name in ("run_results.json", "manifest.json"):
        shutil.copy(home / "dbt" / "target" / name, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())["nodes"]
    said = json.loads((tmp_path / "run_results.json").read_text())
    spoilt = next(
        one
        for one in said["results"]
        if manifest.get(one["unique_id"], {}).get("attached_node") == "model.investiq.dim_dates"
    )
    spoilt["status"] = "fail"
    (tmp_path / "run_results.json").write_text(json.dumps(said))
    telling = meter("127.0.0.1", receiver.port)
    observe.build(telling, node_results(tmp_path, 0), ok=False)
    failed = {s["node"]: s.value for s in receiver.samples("dbt_node_failures_total") if s.value}
    assert failed == {"dim_dates": 1}
    assert {s["status"]: s.value for s in receiver.samples("dbt_tests")}["fail"] == 1
    assert [s["result"] for s in receiver.samples("dbt_builds_total")] == ["failed"]


def test_results_of_an_earlier_command_are_not_told(home):
    target = home / "dbt" / "target"
    assert node_results(target, 0) != []
    assert node_results(target, time.time() + 1) == []
    assert node_results(home, 0) == []
