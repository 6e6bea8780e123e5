"""The simulated Alpha Vantage answers in the shapes and words of the real one."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.calendar import IST
from sandbox.exchange import Exchange, Quota, QuotaText
from sandbox.exchange.alpha_vantage import NOTE, label_of
from sandbox.market import Market
from sandbox.news import stories

KEY = "anybodys-key"  # pragma: allowlist secret


def ask(exchange: Exchange, session: requests.Session, **params: str) -> dict[str, Any]:
    asked = {"function": "NEWS_SENTIMENT", "apikey": KEY, **params}
    reply = session.get(f"{exchange.url}/query", params=asked, timeout=10)
    assert reply.status_code == 200
    body: dict[str, Any] = reply.json()
    return body


def shape(value: Any) -> Any:
    """The names and types of a reply; of a list the union of what its items look like."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        shapes: list[Any] = []
        for item in value:
            if (seen := shape(item)) not in shapes:
                shapes.append(seen)
        return shapes
    return type(value).__name__


def test_a_reply_has_the_shape_of_the_real_one(
    exchange: Exchange, session: requests.Session, real_data: Path
) -> None:
    real = json.loads((real_data / "first_sample/news_data_28042024133332.json").read_bytes())
    with gzip.open(
        next((real_data / "api_samples/alphavantage").glob("NEWS_SENTIMENT_*.json.gz"))
    ) as file:
        later = json.loads(file.read())
    simulated = ask(exchange, session, topics="financial_markets", limit="1000")
    for name in ("sentiment_score_definition", "relevance_score_definition"):
        assert simulated[name] == real[name]
    assert list(simulated) == list(real)
    known = {name for article in real["feed"] + later["feed"] for name in article}
    seen: dict[str, list[Any]] = {name: [] for name in known}
    for article in real["feed"] + later["feed"]:
        for name, value in article.items():
            seen[name] += [inner for inner in shape([value]) if inner not in seen[name]]
    nested = ("topics", "ticker_sentiment")
    for article in simulated["feed"]:
        assert list(article) == list(real["feed"][0])
        for name, value in article.items():
            if name in nested:
                assert all(
                    item in [s for many in seen[name] for s in many] for item in shape(value)
                )
            else:
                assert shape([value])[0] in seen[name] or value == [], (name, value)


def test_the_window_the_order_and_the_limit_hold(
    exchange: Exchange, session: requests.Session, small_market: Market
) -> None:
    window = {"time_from": "20240425T0000", "time_to": "20240426T1200"}
    everything = ask(exchange, session, limit="1000", **window)["feed"]
    known = [
        story
        for story in stories(small_market, date(2024, 4, 25), date(2024, 4, 26))
        if datetime(2024, 4, 25, tzinfo=UTC)
        <= story.published_at
        <= datetime(2024, 4, 26, 12, tzinfo=UTC)
    ]
    assert [article["url"] for article in everything] == [story.url for story in reversed(known)]
    assert ask(exchange, session, limit="5", **window)["feed"] == everything[:5]
    first = ask(exchange, session, limit="5", sort="EARLIEST", **window)
    assert first["items"] == "5"
    assert first["feed"] == everything[::-1][:5]


def test_what_has_not_appeared_is_not_told(exchange: Exchange, session: requests.Session) -> None:
    newest = ask(exchange, session, limit="1")["feed"][0]["time_published"]
    now = exchange.now.replace(tzinfo=IST).astimezone(UTC)
    assert datetime.strptime(newest, "%Y%m%dT%H%M%S").replace(tzinfo=UTC) <= now


def test_topics_and_tickers_must_all_be_met(exchange: Exchange, session: requests.Session) -> None:
    for topics in ("earnings", "earnings,finance"):
        feed = ask(exchange, session, topics=topics, limit="1000")["feed"]
        for article in feed:
            named = {item["topic"].lower().split(" ")[0] for item in article["topics"]}
            assert set(topics.split(",")) <= named
    ticker = next(
        item["ticker"]
        for article in ask(exchange, session, limit="1000")["feed"]
        for item in article["ticker_sentiment"]
    )
    for article in ask(exchange, session, tickers=ticker)["feed"]:
        assert ticker in [item["ticker"] for item in article["ticker_sentiment"]]


def test_tickers_are_as_mixed_as_real_ones(exchange: Exchange, session: requests.Session) -> None:
    feed = ask(exchange, session, limit="1000")["feed"]
    tickers = {item["ticker"] for article in feed for item in article["ticker_sentiment"]}
    assert {"FOREX:INR", "CRYPTO:BTC"} <= tickers
    assert any(ticker.startswith("NSE:") for ticker in tickers)
    assert any(":" not in ticker for ticker in tickers)
    assert any(article["ticker_sentiment"] == [] for article in feed)
    assert any(article["banner_image"] is None for article in feed)


def test_refusals_come_with_status_200(exchange: Exchange, session: requests.Session) -> None:
    desk = exchange.news_desk
    assert "apikey is invalid" in ask(exchange, session, apikey="")["Error Message"]
    desk.valid_keys = frozenset({KEY})
    refused = ask(exchange, session, apikey="another")  # pragma: allowlist secret
    assert "apikey is invalid" in refused["Error Message"]
    assert "does not exist" in ask(exchange, session, function="NEWS")["Error Message"]
    for wrong in ({"limit": "5000"}, {"topics": "gossip"}, {"time_from": "yesterday"}):
        assert "Invalid inputs" in ask(exchange, session, **wrong)["Information"]
    quiet = {"time_from": "20240426T0000", "time_to": "20240426T0001"}
    assert "No articles found" in ask(exchange, session, **quiet)["Information"]
    desk.quota = Quota(per_day=10_000, per_second=1)
    said = [ask(exchange, session).get("Information", "") for _ in range(2)]
    assert "1 request per second" in said[-1]
    desk.quota = Quota(per_day=3)
    told = ask(exchange, session)["Information"]
    assert KEY in told
    assert "3 requests per day" in told
    desk.quota = Quota()
    exchange.script("/query", QuotaText("Note", NOTE))
    assert list(ask(exchange, session)) == ["Note"]


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (-0.35, "Bearish"),
        (-0.15, "Somewhat-Bearish"),
        (-0.149, "Neutral"),
        (0.149, "Neutral"),
        (0.15, "Somewhat-Bullish"),
        (0.35, "Bullish"),
    ],
)
def test_labels_have_the_cut_points_of_the_definition(score: float, label: str) -> None:
    assert label_of(score) == label
