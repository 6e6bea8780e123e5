"""The RapidAPI source: what it sends, what it makes of a refusal, and that the key stays inside."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr

from ingestion.errors import Blocked, ConfigurationError, QuotaExceeded, SourceError
from ingestion.http import HttpPolicy
from ingestion.settings import Settings
from ingestion.sources.rapidapi import RapidApiQuotes, rapidapi_quotes
from sandbox.exchange import Exchange
from sandbox.exchange.faults import Body, Status
from sandbox.exchange.gate import DAILY, HOST, NO_KEY, NOT_SUBSCRIBED, Quota

KEY = "k3y-that-must-not-leak"
DAY = date(2025, 10, 16)
NOW = datetime(2025, 10, 16, 12, 0, tzinfo=UTC)


def source_of(exchange, **changes):
    source = RapidApiQuotes(
        url=exchange.url,
        host=HOST,
        key=KEY,
        policy=HttpPolicy(tries=2, backoff=0.01, read_timeout=2, deadline=3),
        clock=lambda: NOW,
        before_try=lambda: None,
    )
    return replace(source, **changes)


def test_the_request_carries_key_and_host_and_nothing_in_the_url(exchange):
    fetched = source_of(exchange).fetch(DAY)
    [request] = exchange.requests
    assert (request.method, request.path, request.query) == ("GET", "/any", {})
    assert request.headers["x-rapidapi-key"] == KEY
    assert request.headers["x-rapidapi-host"] == HOST
    assert fetched.url == f"{exchange.url}/any"


def test_the_reply_comes_as_received(exchange):
    fetched = source_of(exchange, url=f"{exchange.url}/").fetch(DAY)
    assert len(json.loads(fetched.content)) > 300
    assert (fetched.source, fetched.dataset) == ("rapidapi", "quotes")
    assert (fetched.trade_date, fetched.fetched_at) == (DAY, NOW)
    assert (fetched.http_status, fetched.content_type) == (200, "application/json; charset=utf-8")


def test_whatever_comes_with_200_is_for_others_to_judge(exchange):
    exchange.script("/any", Body("<html>", "text/html"))
    fetched = source_of(exchange).fetch(DAY)
    assert (fetched.content, fetched.content_type) == (b"<html>", "text/html")


def refusing(market, **gate):
    exchange = Exchange(market, quota=gate.pop("quota", None))
    for name, keys in gate.items():
        setattr(exchange.gate, name, frozenset(keys))
    return exchange


@pytest.mark.parametrize(
    ("gate", "error", "code", "words", "step"),
    [
        ({"valid_keys": ["other"]}, Blocked, 401, NO_KEY, "INVESTIQ_RAPIDAPI_KEY"),
        ({"unsubscribed_keys": [KEY]}, Blocked, 403, NOT_SUBSCRIBED, "subscribed to latest-stock"),
        ({"quota": Quota(per_day=0)}, QuotaExceeded, 429, DAILY, "again in"),
    ],
    ids=["401", "403", "429"],
)
def test_a_refusal_comes_with_the_words_of_the_api_and_itself_as_evidence(
    market, gate, error, code, words, step
):
    with refusing(market, **gate) as exchange, pytest.raises(error) as told:
        source_of(exchange).fetch(DAY)
    assert words[:60] in str(told.value)
    assert step in str(told.value)
    evidence = told.value.evidence
    assert (evidence.http_status, evidence.trade_date) == (code, DAY)
    assert words in json.loads(evidence.content)["message"]


@pytest.mark.parametrize("code", [404, 500, 503])
def test_any_other_status_is_a_failure_with_its_evidence(exchange, code):
    exchange.script("/any", Status(code), times=5)
    with pytest.raises(SourceError, match=rf"HTTP {code} .*temporarily.*investiq status") as told:
        source_of(exchange).fetch(DAY)
    assert told.value.evidence.http_status == code
    assert told.value.status == "failed"


def test_a_quota_without_a_reset_says_later(exchange, httpserver):
    httpserver.expect_request("/any").respond_with_json({"message": "slow"}, status=429)
    with pytest.raises(QuotaExceeded, match=r"slow.*again later"):
        source_of(exchange, url=httpserver.url_for("")).fetch(DAY)


def test_the_key_is_in_no_text(exchange):
    source = source_of(exchange)
    assert KEY not in repr(source)
    exchange.script("/any", Status(403, message=f"the key {KEY} is not known"))
    with pytest.raises(Blocked) as told:
        source.fetch(DAY)
    assert KEY not in f"{told.value!r} {told.value}"
    assert "***" in str(told.value)


def test_without_a_key_the_error_says_how_to_get_one(clean_environment, tmp_path):
    with (
        pytest.raises(ConfigurationError, match=r"INVESTIQ_RAPIDAPI_KEY.*--source sandbox"),
        rapidapi_quotes(Settings(home=tmp_path), lambda: NOW),
    ):
        pass


def test_the_settings_make_the_source_with_a_guard_that_lasts(
    clean_environment, exchange, tmp_path
):
    settings = Settings(
        home=tmp_path,
        rapidapi_key=SecretStr(KEY),
        rapidapi_url=exchange.url,
        rapidapi_requests_per_day=1,
        http_tries=7,
        http_deadline_seconds=11,
    )
    with rapidapi_quotes(settings, lambda: NOW) as source:
        assert (source.policy.tries, source.policy.deadline, source.host) == (7, 11, HOST)
        source.fetch(DAY)
    with (
        rapidapi_quotes(settings, lambda: NOW) as source,
        pytest.raises(QuotaExceeded, match="All 1 requests of the last 24 hours"),
    ):
        source.fetch(DAY)
    assert len(exchange.requests) == 1
