"""Every scriptable fault, as a plain client sees it."""

import gzip
import http.client
import json
import math
import time
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from sandbox.exchange import (
    Body,
    BotPage,
    CutBody,
    Delay,
    EmptyArray,
    Exchange,
    GzipBomb,
    Gzipped,
    Mutate,
    NoAnswer,
    QuotaText,
    SlowDrip,
    Status,
    TruncatedJson,
)
from sandbox.exchange.faults import FAULTS
from sandbox.exchange.mutations import MUTATIONS
from sandbox.market import Market


def ask(exchange: Exchange, client: requests.Session, **options: Any) -> requests.Response:
    return client.get(exchange.url + "/any", timeout=10, **options)


def rows_of(exchange: Exchange, client: requests.Session) -> list[Any]:
    rows = ask(exchange, client).json()
    assert isinstance(rows, list)
    return rows


def test_faults_strike_in_the_order_scripted_and_then_end(
    exchange: Exchange, session: requests.Session
) -> None:
    exchange.script("/any", Status(503), times=2)
    exchange.script("/any", EmptyArray())
    exchange.script("/price", Status(500))
    assert [ask(exchange, session).status_code for _ in range(2)] == [503, 503]
    assert ask(exchange, session).json() == []
    assert len(ask(exchange, session).json()) > 50
    assert list(exchange.pending) == ["/price"]
    exchange.clear_faults()
    assert session.get(exchange.url + "/price", timeout=10).status_code == 200


def test_a_refused_request_uses_up_no_fault(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Status(503))
    refused = session.get(exchange.url + "/any", headers={"X-RapidAPI-Key": ""}, timeout=10)
    assert refused.status_code == 401
    assert ask(exchange, session).status_code == 503


def test_status_with_retry_after_in_seconds(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Status(429, retry_after=7, message="slow down"))
    reply = ask(exchange, session)
    assert (reply.status_code, reply.json()) == (429, {"message": "slow down"})
    assert reply.headers["Retry-After"] == "7"
    assert reply.headers["x-ratelimit-requests-limit"] == "10000"


def test_status_with_retry_after_as_a_date(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Status(503, retry_after=30, as_http_date=True))
    when = parsedate_to_datetime(ask(exchange, session).headers["Retry-After"])
    assert 25 < (when - datetime.now(UTC)).total_seconds() <= 30


def test_bot_page(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", BotPage())
    reply = ask(exchange, session)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "Access Denied" in reply.text


@pytest.mark.parametrize("key", ["message", "Information", "Note"])
def test_quota_text_with_status_200(
    exchange: Exchange, session: requests.Session, key: str
) -> None:
    exchange.script("/any", QuotaText(key=key))
    reply = ask(exchange, session)
    assert reply.status_code == 200
    assert list(reply.json()) == [key]
    assert "quota" in reply.json()[key]


def raw_get(exchange: Exchange) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(exchange.url.removeprefix("http://"), timeout=10)
    key = {"X-RapidAPI-Key": "k", "X-RapidAPI-Host": exchange.api_host}
    connection.request("GET", "/any", headers=key)
    return connection.getresponse()


def test_cut_in_mid_body_with_a_length(exchange: Exchange, session: requests.Session) -> None:
    whole = len(ask(exchange, session).content)
    exchange.script("/any", CutBody(keep=0.25))
    reply = raw_get(exchange)
    assert int(reply.headers["Content-Length"]) == whole
    with pytest.raises(http.client.IncompleteRead) as cut:
        reply.read()
    assert len(cut.value.partial) == whole // 4


def test_cut_in_mid_body_in_chunks(exchange: Exchange) -> None:
    exchange.script("/any", CutBody(chunked=True))
    reply = raw_get(exchange)
    assert reply.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in reply.headers
    with pytest.raises(http.client.IncompleteRead):
        reply.read()


def test_truncated_json_has_the_right_length(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", TruncatedJson(keep=0.7))
    reply = ask(exchange, session)
    assert len(reply.content) == int(reply.headers["Content-Length"])
    with pytest.raises(json.JSONDecodeError):
        reply.json()


def test_no_answer(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", NoAnswer())
    with pytest.raises(requests.ConnectionError):
        ask(exchange, session)
    assert ask(exchange, session).status_code == 200


def test_slow_drip_outlives_every_read_timeout(
    exchange: Exchange, session: requests.Session
) -> None:
    exchange.script("/any", SlowDrip(piece=8, pause_seconds=0.02))
    began = time.perf_counter()
    received = b""
    with session.get(exchange.url + "/any", stream=True, timeout=0.5) as reply:
        for piece in reply.iter_content(8):
            received += piece
            if time.perf_counter() - began > 0.8:
                break
    assert 8 * 2 < len(received) < 8 * 60


def test_stopping_does_not_wait_for_a_slow_drip(
    small_market: Market, session: requests.Session
) -> None:
    with Exchange(small_market) as exchange:
        exchange.script("/any", SlowDrip(piece=1, pause_seconds=5.0))
        reply = session.get(exchange.url + "/any", stream=True, timeout=10)
        next(reply.iter_content(1))
        began = time.perf_counter()
    assert time.perf_counter() - began < 1.0
    reply.close()


def test_delay(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Delay(seconds=0.4))
    with pytest.raises(requests.ReadTimeout):
        session.get(exchange.url + "/any", timeout=0.1)
    assert ask(exchange, session).status_code == 200


def test_body_is_sent_as_given(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Body("<html>ok", content_type="text/html"))
    assert ask(exchange, session).text == "<html>ok"


def test_gzip_bomb_is_small_until_it_is_opened(exchange: Exchange) -> None:
    exchange.script("/any", GzipBomb(expanded_bytes=64 * 1024 * 1024))
    reply = raw_get(exchange)
    assert reply.headers["Content-Encoding"] == "gzip"
    packed = reply.read()
    assert len(packed) < 128 * 1024
    expanded, rest = 0, packed
    while rest:
        opener = zlib.decompressobj(wbits=31)
        expanded += len(opener.decompress(rest))
        rest = opener.unused_data
    assert expanded >= 64 * 1024 * 1024


def test_gzipped_is_the_same_content(exchange: Exchange, session: requests.Session) -> None:
    plain = ask(exchange, session).content
    exchange.script("/any", Gzipped())
    reply = raw_get(exchange)
    assert gzip.decompress(reply.read()) == plain


def changed(before: list[Any], after: list[Any]) -> list[tuple[Any, Any]]:
    assert len(before) == len(after)
    pairs = zip(before, after, strict=True)
    return [(old, new) for old, new in pairs if json.dumps(old) != json.dumps(new)]


@pytest.mark.parametrize("name", sorted(set(MUTATIONS) - {"duplicate_row"}))
def test_named_mutations_change_as_many_share_rows_as_asked(
    exchange: Exchange, session: requests.Session, name: str
) -> None:
    before = rows_of(exchange, session)
    exchange.script("/any", Mutate(name, rows=3))
    pairs = changed(before, rows_of(exchange, session))
    assert len(pairs) == 3
    for old, _ in pairs:
        assert old["identifier"] != old["symbol"]
        assert old["lastUpdateTime"].startswith("26-Apr-2024")
    assert rows_of(exchange, session) == before


def mutated(exchange: Exchange, session: requests.Session, name: str) -> tuple[Any, Any]:
    before = rows_of(exchange, session)
    exchange.script("/any", Mutate(name))
    ((old, new),) = changed(before, rows_of(exchange, session))
    return old, new


def test_what_the_mutations_do(exchange: Exchange, session: requests.Session) -> None:
    old, new = mutated(exchange, session, "missing_field")
    assert old.keys() - new.keys() == {"lastPrice"}
    _, new = mutated(exchange, session, "nan")
    assert math.isnan(new["lastPrice"])
    _, new = mutated(exchange, session, "infinity")
    assert math.isinf(new["totalTradedValue"])
    old, new = mutated(exchange, session, "text_numbers")
    assert new["lastPrice"] == str(old["lastPrice"])
    _, new = mutated(exchange, session, "low_above_high")
    assert new["dayLow"] > new["dayHigh"]
    _, new = mutated(exchange, session, "negative_price")
    assert new["lastPrice"] < 0
    _, new = mutated(exchange, session, "zero_price")
    assert new["lastPrice"] == new["open"] == 0
    old, new = mutated(exchange, session, "not_an_object")
    assert new == old["symbol"]
    _, new = mutated(exchange, session, "older_date")
    assert new["lastUpdateTime"].startswith("23-Apr-2024")
    _, new = mutated(exchange, session, "unknown_identifier")
    assert new["identifier"].endswith("-??")
    _, new = mutated(exchange, session, "close_outside")
    assert new["lastPrice"] > new["dayHigh"]


def test_duplicate_rows_are_appended(exchange: Exchange, session: requests.Session) -> None:
    before = rows_of(exchange, session)
    exchange.script("/any", Mutate("duplicate_row", rows=2))
    after = rows_of(exchange, session)
    assert after[:-2] == before
    assert all(row in before for row in after[-2:])


def test_a_function_may_change_anything(exchange: Exchange, session: requests.Session) -> None:
    exchange.script("/any", Mutate(lambda rows: [*rows[:1], None, 7, "text"]))
    assert rows_of(exchange, session)[1:] == [None, 7, "text"]


def test_an_unknown_mutation_is_refused_when_scripted() -> None:
    with pytest.raises(ValueError, match="missing_field"):
        Mutate("softly")


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("status", {"code": 503, "retry_after": 1}),
        ("mutate", {"how": "nan", "rows": 2}),
        ("cut_body", {"keep": 0.1, "chunked": True}),
        *[(name, {}) for name in sorted(set(FAULTS) - {"status", "mutate", "cut_body", "body"})],
    ],
)
def test_faults_can_be_scripted_over_http(
    exchange: Exchange, session: requests.Session, fault: str, options: dict[str, Any]
) -> None:
    order = {"path": "/any", "fault": fault, "times": 2, "options": options}
    reply = session.post(exchange.url + "/_sandbox/faults", json=order, timeout=10)
    assert reply.status_code == 201
    assert exchange.pending["/any"] == [FAULTS[fault](**options)] * 2
    assert len(reply.json()["faults"]["/any"]) == 2
    session.delete(exchange.url + "/_sandbox/faults", timeout=10)
    assert exchange.pending == {}
