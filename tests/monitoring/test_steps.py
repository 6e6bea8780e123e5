"""What the steps tell, from real results on the real S3 and DuckDB; nobody has to listen."""

import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingestion.errors import BuildFailed, CheckFailed, ConfigurationError, NotPublished
from ingestion.loading.duckdb_connection import connect
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome
from ingestion.settings import Settings
from investiq import sessions, steps
from investiq.sources import Source
from monitoring import observe
from monitoring.client import meter
from sandbox.exchange import Exchange
from sandbox.exchange.faults import QuotaText
from tests.monitoring.receiver import Receiver

DAY = date(2025, 10, 16)
Told = Callable[..., Settings]


@pytest.fixture
def settings_for(tmp_path: Path, store: ObjectStore, exchange: Exchange) -> Told:
    """The settings of a home that tells a host and a port."""

    def settings(host: str | None, port: int = 8125) -> Settings:
        return Settings(
            home=tmp_path / "home",
            bucket=store.bucket,
            rapidapi_key=SecretStr("simulated"),
            rapidapi_url=exchange.url,
            rapidapi_requests_per_second=1000,
            nse_archives_url=exchange.url,
            nse_url=exchange.url,
            nse_requests_per_second=1000,
            http_tries=1,
            statsd_host=host,
            statsd_port=port,
        )

    return settings


def source_of(settings: Settings, exchange: Exchange, at: datetime) -> Source:
    exchange.set_clock(at)
    return Source("live", settings, lambda: at.astimezone(UTC), quotes=True, archives=True)


def through(settings: Settings, exchange: Exchange, store: ObjectStore, at: datetime) -> int:
    """The quotes of a session, landed, promoted and loaded; how many rows."""
    source = source_of(settings, exchange, at)
    sessions.quotes_of(settings, source, DAY, store)
    steps.promote(settings, store)
    return sum(report.rows for report in steps.load(settings, store))


@pytest.fixture
def evening(calendar) -> datetime:
    return calendar.closes_at(DAY) + timedelta(hours=4)


def test_each_step_tells_what_came_of_it(receiver, settings_for, exchange, store, evening):
    settings = settings_for("127.0.0.1", receiver.port)
    source = source_of(settings, exchange, evening)
    sessions.files_of(settings, source, DAY, store, ["bhavcopy"])
    rows = through(settings, exchange, store, evening)
    fetched = {
        (s["source"], s["dataset"], s["status"]): s for s in receiver.samples("fetches_total")
    }
    assert fetched["rapidapi", "quotes", "ok"].value == 1
    assert fetched["nse", "bhavcopy_udiff", "ok"].value > 1  # with the sessions before it
    landed = {s["dataset"]: s.value for s in receiver.samples("records_landed_total")}
    promoted = {s["dataset"]: s.value for s in receiver.samples("records_promoted_total")}
    refused = {s["dataset"]: s.value for s in receiver.samples("records_quarantined_total")}
    assert set(landed) == {"quotes", "bhavcopy_udiff"}
    assert promoted["quotes"] > 100
    assert {name: promoted[name] + refused[name] for name in landed} == landed
    loaded = {s["table"]: s.value for s in receiver.samples("rows_loaded_total")}
    assert sum(loaded.values()) == rows
    assert loaded["rapidapi_quotes"] == promoted["quotes"]
    assert loaded["nse_bhavcopy_udiff"] == promoted["bhavcopy_udiff"]
    objects = {s["table"]: s.value for s in receiver.samples("objects_loaded_total")}
    assert objects["nse_bhavcopy_udiff"] == fetched["nse", "bhavcopy_udiff", "ok"].value
    ended = [(s["step"], s["result"]) for s in receiver.samples("step_duration_seconds")]
    assert ended == [("ingest", "ok"), ("ingest", "ok"), ("promote", "ok"), ("load", "ok")]
    assert all(s.value > 0 for s in receiver.samples("step_duration_seconds"))


def test_the_lag_is_the_age_of_the_oldest_object_without_a_receipt(
    receiver, settings_for, exchange, store, evening
):
    settings = settings_for("127.0.0.1", receiver.port)
    sessions.quotes_of(settings, source_of(settings, exchange, evening), DAY, store)
    steps.promote(settings, store)
    time.sleep(1.5)  # S3 tells whole seconds
    steps.load(settings, store, ["rapidapi_quotes"])
    steps.load(settings, store, ["rapidapi_quotes"])
    lags = [sample.value for sample in receiver.samples("load_receipts_lag_seconds")]
    assert 1.5 <= lags[0] < 30
    assert lags[1] == 0


def test_a_refusal_and_a_step_that_fails_are_told(receiver, settings_for, exchange, store, evening):
    settings = settings_for("127.0.0.1", receiver.port)
    source = source_of(settings, exchange, evening)
    exchange.script("/any", QuotaText())
    sessions.quotes_of(settings, source, DAY, store)
    with pytest.raises(ConfigurationError):
        steps.load(settings, store, ["no_such_table"])
    [fetched] = receiver.samples("fetches_total")
    assert (fetched["status"], fetched.value) == ("quota", 1)
    assert [(s["step"], s["result"]) for s in receiver.samples("step_duration_seconds")] == [
        ("ingest", "ok"),
        ("load", "failed"),
    ]


def test_what_is_not_published_yet_is_counted_and_no_failed_step(
    receiver, settings_for, exchange, store, calendar
):
    settings = settings_for("127.0.0.1", receiver.port)
    before = calendar.opens_at(DAY) - timedelta(hours=1)
    with pytest.raises(NotPublished):
        sessions.quotes_of(settings, source_of(settings, exchange, before), DAY, store)
    [fetched] = receiver.samples("fetches_total")
    assert fetched["status"] == "not_published"
    [ended] = receiver.samples("step_duration_seconds")
    assert ended["result"] == "ok"


def test_a_suite_tells_what_it_found_broken(receiver, settings_for, exchange, store, evening):
    settings = settings_for("127.0.0.1", receiver.port)
    through(settings, exchange, store, evening)
    with connect(settings.duckdb_path) as con:  # half of the reply is gone
        con.execute("delete from raw_data.rapidapi_quotes where record_no > 20")
    with pytest.raises(CheckFailed):
        steps.check(settings, ["arrival"])
    checks = [(s["suite"], s["result"]) for s in receiver.samples("checks_total")]
    assert checks == [("arrival", "failed")]
    broken = {s["severity"]: s.value for s in receiver.samples("failed_expectations")}
    assert set(broken) == {"critical", "warning"}
    assert broken["critical"] >= 1
    ended = [s["result"] for s in receiver.samples("step_duration_seconds") if s["step"] == "check"]
    assert ended == ["failed"]


def test_a_build_that_dbt_cannot_begin_is_a_failed_one(
    receiver, settings_for, clean_environment, tmp_path
):
    clean_environment.setenv("INVESTIQ_PROJECT_DIR", str(tmp_path))  # no dbt project is there
    with pytest.raises(BuildFailed):
        steps.build(settings_for("127.0.0.1", receiver.port), DAY)
    assert [s["result"] for s in receiver.samples("dbt_builds_total")] == ["failed"]
    assert receiver.samples("dbt_tests") == []
    [ended] = receiver.samples("step_duration_seconds")
    assert (ended["step"], ended["result"]) == ("build", "failed")


def test_a_rendered_page_that_did_not_come_is_told_by_its_site(receiver):
    statuses = {"yahoo_page": ("ok", "failed", "blocked"), "google_page": ("no_browser",)}
    outcomes = [
        Outcome("fetch", "india_news", dataset, DAY, status, datetime.now(UTC))
        for dataset, found in statuses.items()
        for status in found
    ]
    observe.fetches(meter("127.0.0.1", receiver.port), outcomes)
    failures = Counter()
    for sample in receiver.samples("browser_failures_total"):
        failures[sample["site"]] += sample.value
    assert failures == {"yahoo": 2, "google": 1}


@pytest.mark.parametrize("listener", ["none", "dead port", "unknown host"])
def test_the_pipeline_runs_unharmed_when_nobody_listens(
    listener, settings_for, exchange, store, evening
):
    with Receiver() as closed:
        pass
    named = {
        "none": settings_for(None),
        "dead port": settings_for("127.0.0.1", closed.port),
        "unknown host": settings_for("no-such-host.invalid"),
    }
    begun = time.perf_counter()
    rows = through(named[listener], exchange, store, evening)
    assert rows > 300
    assert time.perf_counter() - begun < 60
    with connect(named[listener].duckdb_path, read_only=True) as con:
        [(loaded,)] = con.sql("select sum(rows_loaded) from raw_data.load_receipts").fetchall()
    assert loaded == rows


def test_a_receiver_that_goes_away_in_between_is_not_noticed(
    settings_for, exchange, store, evening
):
    with Receiver() as listening:
        settings = settings_for("127.0.0.1", listening.port)
        sessions.quotes_of(settings, source_of(settings, exchange, evening), DAY, store)
        assert listening.samples("fetches_total")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", listening.port))  # nobody has it any more
    steps.promote(settings, store)
    assert steps.load(settings, store, ["rapidapi_quotes"])[0].rows > 100
