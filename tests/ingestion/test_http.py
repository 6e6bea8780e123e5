"""`http.get`: how often it asks, how long it waits, how much it takes, and what it never tells."""

import gzip
import socket
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ingestion.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvestiqError,
    QuotaExceeded,
    SchemaDrift,
    SourceError,
    TruncatedFetch,
)
from ingestion.http import HttpPolicy, Reply, get
from sandbox.exchange import Exchange
from sandbox.exchange.faults import (
    CutBody,
    Delay,
    Fault,
    GzipBomb,
    Gzipped,
    NoAnswer,
    SlowDrip,
    Status,
)
from sandbox.exchange.gate import Quota

KEY = "k3y-that-must-not-leak"
POLICY = HttpPolicy(tries=3, backoff=0.01, read_timeout=2, deadline=4, max_bytes=4 * 1024 * 1024)


def ask(exchange: Exchange, policy: HttpPolicy = POLICY) -> Reply:
    headers = {"X-RapidAPI-Key": KEY, "X-RapidAPI-Host": exchange.api_host}
    return get(f"{exchange.url}/any", headers=headers, params={}, policy=policy, secrets=[KEY])


def ask_server(server: HTTPServer, policy: HttpPolicy = POLICY) -> Reply:
    headers = {"X-RapidAPI-Key": KEY}
    return get(server.url_for("/any"), headers=headers, params={}, policy=policy, secrets=[KEY])


def test_a_good_reply_comes_whole_with_its_type_and_headers(exchange):
    reply = ask(exchange)
    assert (reply.status, reply.content_type) == (200, "application/json; charset=utf-8")
    assert reply.content.endswith(b"]")
    assert reply.headers["x-ratelimit-requests-limit"] == "10000"
    assert exchange.requests[0].headers["user-agent"].startswith("InvestIQ-Metrics")


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(exchange, code):
    exchange.script("/any", Status(code), times=2)
    assert ask(exchange).status == 200
    assert len(exchange.requests) == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 418])
def test_a_failure_that_will_not_pass_is_not_tried_again(exchange, code):
    exchange.script("/any", Status(code), times=9)
    assert ask(exchange).status == code
    assert len(exchange.requests) == 1


@pytest.mark.parametrize(
    ("faults", "ends_as"),
    [
        ([Status(503)] * 9, 503),
        ([NoAnswer()] * 9, SourceError),
        ([CutBody()] * 9, TruncatedFetch),
        ([CutBody(chunked=True)] * 9, TruncatedFetch),
        ([Status(503), CutBody(), NoAnswer(), Status(503)], SourceError),
        ([CutBody(), Status(503), CutBody(), Status(503)], TruncatedFetch),
    ],
    ids=["503", "no answer", "cut", "cut chunks", "mixed, then no answer", "mixed, then cut"],
)
def test_the_tries_are_bounded_whatever_goes_wrong_in_each(exchange, faults, ends_as):
    for fault in faults:
        exchange.script("/any", fault)
    if isinstance(ends_as, int):
        assert ask(exchange).status == ends_as
    else:
        with pytest.raises(ends_as, match="3 tries"):
            ask(exchange)
    assert len(exchange.requests) == 3


@pytest.mark.parametrize("fault", [CutBody(), CutBody(chunked=True), CutBody(keep=0), NoAnswer()])
def test_a_reply_that_breaks_off_is_fetched_again_from_its_beginning(exchange, fault):
    whole = ask(exchange).content
    exchange.script("/any", fault)
    assert ask(exchange).content == whole


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "HTTP date"])
def test_retry_after_is_waited_for(exchange, as_date):
    # A date has whole seconds, so that one second ahead may be almost none: take two of them.
    exchange.script("/any", Status(503, retry_after=2 if as_date else 1, as_http_date=as_date))
    started = time.monotonic()
    assert ask(exchange).status == 200
    assert 0.9 <= time.monotonic() - started < 3


@pytest.mark.parametrize("told", ["soon", "", "-5", "9" * 5000, "Fri, 99 Foo 2024 25:61:61 GMT"])
def test_a_retry_after_that_nobody_can_read_falls_back_to_our_own_pause(httpserver, told):
    httpserver.expect_ordered_request("/any").respond_with_data(
        "wait", status=503, headers={"Retry-After": told}
    )
    httpserver.expect_ordered_request("/any").respond_with_data("[]")
    assert ask_server(httpserver).content == b"[]"


@pytest.mark.parametrize(
    ("code", "error"), [(429, QuotaExceeded), (503, DeadlineExceeded)], ids=["429", "503"]
)
def test_a_pause_longer_than_the_deadline_is_refused_at_once(exchange, code, error):
    exchange.script("/any", Status(code, retry_after=3600))
    started = time.monotonic()
    with pytest.raises(error, match="3600 s"):
        ask(exchange)
    assert time.monotonic() - started < 2
    assert len(exchange.requests) == 1


def test_a_retry_after_in_the_past_asks_for_no_pause(httpserver):
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    httpserver.expect_ordered_request("/any").respond_with_data(
        "wait", status=429, headers={"Retry-After": past}
    )
    httpserver.expect_ordered_request("/any").respond_with_data("[]")
    assert ask_server(httpserver).status == 200


def test_a_spent_day_is_not_asked_again(market):
    with Exchange(market, quota=Quota(per_day=1)) as exchange:
        assert ask(exchange).status == 200
        reply = ask(exchange)
        assert reply.status == 429
        assert b"DAILY quota" in reply.content
        assert len(exchange.requests) == 2


def test_the_guard_is_asked_before_every_try(exchange):
    exchange.script("/any", Status(503))
    exchange.script("/any", CutBody())
    asked: list[int] = []
    headers = {"X-RapidAPI-Key": KEY, "X-RapidAPI-Host": exchange.api_host}
    get(
        f"{exchange.url}/any",
        headers=headers,
        params={},
        policy=POLICY,
        before_try=lambda: asked.append(len(exchange.requests)),
    )
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(
    "fault", [SlowDrip(piece=64, pause_seconds=0.02), SlowDrip(piece=64, pause_seconds=60)]
)
def test_a_body_that_drips_meets_the_deadline(exchange, fault):
    exchange.script("/any", fault, times=9)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(exchange, replace(POLICY, deadline=0.5))
    assert time.monotonic() - started < 1.5


def test_all_tries_together_meet_the_deadline(exchange):
    exchange.script("/any", Delay(30), times=9)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="INVESTIQ_HTTP_DEADLINE_SECONDS"):
        ask(exchange, replace(POLICY, tries=9, read_timeout=0.4, deadline=1))
    assert time.monotonic() - started < 1.5


def test_a_source_that_stops_answering_is_told_from_one_that_breaks_off(exchange):
    exchange.script("/any", SlowDrip(piece=64, pause_seconds=30))
    with pytest.raises(DeadlineExceeded, match="stopped answering"):
        ask(exchange, replace(POLICY, tries=1, read_timeout=0.3))


def test_a_packed_reply_is_unpacked(exchange):
    plain = ask(exchange).content
    exchange.script("/any", Gzipped())
    assert ask(exchange).content == plain


def test_a_packed_reply_that_arrives_byte_by_byte_is_whole(httpserver):
    """The first bytes of gzip unpack to nothing, which must not be taken for the end."""
    text = b"[" + b" " * 500 + b"]"

    def drip(request: Request) -> Response:
        pieces = (bytes([byte]) for byte in gzip.compress(text))
        return Response(pieces, headers={"Content-Encoding": "gzip"})

    httpserver.expect_request("/any").respond_with_handler(drip)
    assert ask_server(httpserver).content == text


def test_what_claims_to_be_packed_and_is_not_lands_nothing(httpserver):
    httpserver.expect_request("/any").respond_with_data(b"[]", headers={"Content-Encoding": "gzip"})
    with pytest.raises(TruncatedFetch, match="nothing was landed"):
        ask_server(httpserver)


def test_a_gzip_bomb_is_refused_in_bounded_memory(exchange):
    exchange.script("/any", GzipBomb(expanded_bytes=256 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(SchemaDrift, match="INVESTIQ_MAX_BODY_BYTES"):
            ask(exchange)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * POLICY.max_bytes
    assert len(exchange.requests) == 1  # a bomb is not asked for again


def test_a_body_of_just_the_limit_passes_and_one_byte_more_does_not(httpserver):
    httpserver.expect_request("/any").respond_with_data(b" " * 1000)
    assert len(ask_server(httpserver, replace(POLICY, max_bytes=1000)).content) == 1000
    with pytest.raises(SchemaDrift):
        ask_server(httpserver, replace(POLICY, max_bytes=999))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_the_key_does_not_travel(exchange, httpserver, code):
    httpserver.expect_request("/any").respond_with_data(
        "elsewhere", status=code, headers={"Location": f"{exchange.url}/any"}
    )
    assert ask_server(httpserver).status == code
    assert exchange.requests == []


def test_a_refused_connection_is_a_clear_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connecting to it is refused
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/any"
        with pytest.raises(SourceError, match=r"could not be reached .*refused.*investiq doctor"):
            get(url, headers={}, params={}, policy=POLICY)


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}→"])
def test_a_key_that_cannot_be_a_header_is_named_and_never_shown(exchange, key):
    with pytest.raises(ConfigurationError) as told:
        get(f"{exchange.url}/any", headers={"X-RapidAPI-Key": key}, params={}, policy=POLICY)
    assert KEY not in repr(told.value)
    assert told.value.__suppress_context__
    assert exchange.requests == []


@pytest.mark.parametrize("url", ["", "latest-stock-price", "//host/any", "gopher://host/any"])
def test_a_url_that_cannot_be_asked_is_our_own_mistake(url):
    with pytest.raises(ConfigurationError, match="https://"):
        get(url, headers={}, params={}, policy=POLICY)


@pytest.mark.parametrize(
    "fault",
    [NoAnswer(), CutBody(), SlowDrip(pause_seconds=9), Status(429, 999), GzipBomb(8 << 20)],
    ids=lambda fault: type(fault).__name__,
)
def test_no_error_tells_the_key_and_each_ends_with_a_next_step(exchange, fault: Fault):
    exchange.script("/any", fault, times=9)
    url = f"{exchange.url}/any"
    headers = {"X-RapidAPI-Key": KEY, "X-RapidAPI-Host": exchange.api_host}
    policy = replace(POLICY, read_timeout=0.3)
    with pytest.raises(InvestiqError) as told:
        get(url, headers=headers, params={"api_key": KEY}, policy=policy, secrets=[KEY])
    assert KEY not in str(told.value) + repr(told.value)
    assert any(step in str(told.value) for step in ("again", "Check", "raise INVESTIQ_"))
