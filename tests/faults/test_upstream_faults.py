"""Faults 1 to 5: what an upstream can do to us (../shared/FAULTS.md; the promise is in README)."""

import contextlib
import json
import socket
import threading
import time
from datetime import date

import pytest

from ingestion.errors import DeadlineExceeded
from ingestion.sources.rapidapi import rapidapi_quotes
from sandbox.exchange.faults import (
    BotPage,
    CutBody,
    GzipBomb,
    NoAnswer,
    QuotaText,
    SlowDrip,
    Status,
    TruncatedJson,
)

DAY = date(2025, 10, 16)


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("as_http_date", [False, True])
def test_fault_01_retry_after_is_waited_for(house, code, as_http_date):
    house.exchange.script("/any", Status(code, retry_after=1, as_http_date=as_http_date))
    started = time.monotonic()
    assert house.ingest().status == "ok"
    # An HTTP date has whole seconds, so up to one of them may have passed already.
    assert time.monotonic() - started >= (0.0 if as_http_date else 1.0)
    assert len(house.exchange.requests) == 2


@pytest.mark.parametrize(("code", "status"), [(429, "quota"), (503, "failed")])
def test_fault_01_bounded_tries_then_red_and_no_partial_file(house, code, status):
    house.exchange.script("/any", Status(code), times=10)
    outcome = house.ingest()
    assert outcome.status == status
    assert len(house.exchange.requests) == 3
    house.promote()
    assert house.keys("raw/") == []  # the error body is evidence, never data
    assert "Run the command again" in outcome.detail


def test_fault_01_a_pause_longer_than_the_deadline_is_not_slept(house):
    house.exchange.script("/any", Status(429, retry_after=3600))
    started = time.monotonic()
    outcome = house.ingest()
    assert outcome.status == "quota"
    assert "3600 s" in outcome.detail
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("key", ["message", "Information", "Note"])
def test_fault_02_quota_text_with_http_200(house, key):
    house.exchange.script("/any", QuotaText(key=key))
    outcome = house.ingest()
    assert outcome.status == "quota"
    assert outcome.source_key in house.keys("landing/")  # stored as evidence
    [report] = house.promote()
    assert (report.status, report.promoted, report.quarantined) == ("quarantined", 0, 1)
    house.load()
    assert house.rows("select reason from raw_data.quarantined_records") == [("quota_reply",)]
    assert house.ingest().status == "ok"  # the next window is asked again


def test_fault_03_html_page_with_http_200(house):
    house.exchange.script("/any", BotPage(code=200))
    assert house.ingest().status == "blocked"
    [report] = house.promote()
    assert report.status == "quarantined"
    house.load()
    [(reason, detail)] = house.rows("select reason, detail from raw_data.quarantined_records")
    assert reason == "html_page"
    assert "Access Denied" in detail


@pytest.mark.parametrize("fault", [CutBody(), CutBody(chunked=True), NoAnswer()])
def test_fault_04_a_cut_connection_is_tried_again(house, fault):
    house.exchange.script("/any", fault)
    outcome = house.ingest()
    assert outcome.status == "ok"
    assert len(house.exchange.requests) == 2
    assert len(json.loads(house.store.read(outcome.source_key).content)) == outcome.records_in


@pytest.mark.parametrize("chunked", [False, True])
def test_fault_04_a_connection_that_is_always_cut_lands_nothing(house, chunked):
    house.exchange.script("/any", CutBody(chunked=chunked), times=10)
    outcome = house.ingest()
    assert outcome.status == "failed"
    assert "broke off in each of 3 tries" in outcome.detail
    assert house.keys("landing/") == []


def test_fault_04_truncated_json_is_landed_but_not_promoted(house):
    house.exchange.script("/any", TruncatedJson())
    outcome = house.ingest()
    assert outcome.status == "failed"
    assert house.promote()[0].status == "quarantined"
    assert house.keys("raw/") == []
    house.load()
    assert house.rows("select reason from raw_data.quarantined_records") == [("truncated",)]
    assert house.ingest().status == "ok"


def test_fault_05_a_dripping_reply_meets_the_deadline(house):
    house.exchange.script("/any", SlowDrip(piece=8, pause_seconds=0.05), times=5)
    started = time.monotonic()
    outcome = house.ingest()
    assert outcome.status == "failed"
    assert "within 4 s" in outcome.detail
    assert time.monotonic() - started < 8
    assert house.keys("landing/") == []


def test_fault_05_dripping_headers_meet_the_deadline(house, dripping_headers):
    settings = house.settings.model_copy(
        update={"rapidapi_url": dripping_headers, "http_deadline_seconds": 1.0}
    )
    started = time.monotonic()
    with (
        rapidapi_quotes(settings, lambda: house.evening(DAY)) as source,
        pytest.raises(DeadlineExceeded, match="too slowly"),
    ):
        source.fetch(DAY)
    assert time.monotonic() - started < 4


@pytest.fixture
def dripping_headers():
    """A server that sends one header every 50 ms and never comes to the body."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for number in range(400):
                    connection.sendall(f"x-{number}: 1\r\n".encode())
                    time.sleep(0.05)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_fault_30_a_gzip_bomb_is_not_unpacked(house):
    house.exchange.script("/any", GzipBomb())
    outcome = house.ingest()
    assert outcome.status == "failed"
    assert "larger than 8388608 bytes" in outcome.detail
    assert house.keys("landing/") == []
