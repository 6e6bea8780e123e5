"""Global news from the API to the raw records: windows, turns, refusals, and the real reply."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ingestion.calendar import IST
from ingestion.errors import ConfigurationError
from ingestion.ingest import ingest_directory
from ingestion.ingest_news import NewsIngest
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse
from ingestion.news_windows import Coverage
from ingestion.objectstore import ObjectStore, sha256
from ingestion.promotion import promote_pending
from ingestion.promotion.alpha_vantage import judge, published_at, read_reply
from ingestion.promotion.records import Refused
from ingestion.settings import Settings
from ingestion.sources.alpha_vantage import alpha_vantage_news, topics_of
from sandbox.exchange import Body, Exchange, Mutate, Quota, QuotaText, Status
from sandbox.exchange.alpha_vantage import BURST, NOTE
from sandbox.market import Market
from sandbox.news import stories

KEY = "k3y-that-must-not-leak"  # pragma: allowlist secret
NOON = datetime(2025, 10, 16, 12, 0, tzinfo=IST)
Bring = Callable[..., list[Any]]


@pytest.fixture
def settings(exchange: Exchange, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        alphavantage_key=SecretStr(KEY),
        alphavantage_url=exchange.url,
        alphavantage_topics="financial_markets,earnings,finance",
        alphavantage_requests_per_second=1000,
        http_tries=2,
        http_backoff_seconds=0.01,
    )


@pytest.fixture
def bring(exchange: Exchange, store: ObjectStore, settings: Settings) -> Bring:
    """`bring(at, span=…, changed=settings)`: one run of the source at a moment."""

    def run(at: datetime = NOON, span: Any = None, **changes: Any) -> list[Any]:
        exchange.set_clock(at)
        with ingest(settings.model_copy(update=changes), store, at) as news:
            return news.bring(span)

    return run


@contextmanager
def ingest(settings: Settings, store: ObjectStore, at: datetime) -> Iterator[NewsIngest]:
    def clock() -> datetime:
        return at.astimezone(UTC)

    with alpha_vantage_news(settings, clock) as source:
        yield NewsIngest(
            source=source,
            store=store,
            topics=topics_of(settings),
            limit=settings.alphavantage_limit,
            locks=settings.home / "locks",
            secrets=settings.secrets,
            clock=clock,
        )


def urls_that_landed(store: ObjectStore, topic: str | None = None) -> set[str]:
    found = set()
    for item in store.list("landing/source=alpha_vantage/dataset=news/"):
        body = store.read(item.key)
        reply = judge(body.content, body.content_type).reply
        if reply and topic in (None, body.metadata.get("topic")):
            found |= {article["url"] for article in reply.articles}
    return found


def urls_that_appeared(market: Market, topic: str, first: datetime, last: datetime) -> set[str]:
    return {
        story.url
        for story in stories(market, first.astimezone(IST).date(), last.astimezone(IST).date())
        if first <= story.published_at < last and topic in [name for name, _ in story.topics]
    }


def test_the_first_run_asks_each_topic_for_a_day(
    bring: Bring, exchange: Exchange, store: ObjectStore, market: Market
) -> None:
    outcomes = bring()
    assert [outcome.status for outcome in outcomes] == ["ok"] * 3
    assert {outcome.trade_date for outcome in outcomes} == {NOON.date()}
    assert {request.query["topics"] for request in exchange.requests} == {
        "financial_markets",
        "earnings",
        "finance",
    }
    asked = exchange.requests[0].query
    assert (asked["time_from"], asked["time_to"]) == ("20251015T0630", "20251016T0630")
    assert (asked["sort"], asked["limit"]) == ("EARLIEST", "1000")
    since = NOON - timedelta(days=1)
    appeared = urls_that_appeared(market, "Financial Markets", since, NOON)
    assert urls_that_landed(store, "financial_markets") == appeared != set()


def test_a_second_run_at_once_asks_for_nothing(bring: Bring, exchange: Exchange) -> None:
    bring()
    exchange.requests.clear()
    assert bring() == []
    assert exchange.requests == []


def test_the_next_run_begins_a_little_before_the_last_one_ended(
    bring: Bring, exchange: Exchange
) -> None:
    bring()
    exchange.requests.clear()
    bring(NOON + timedelta(hours=6))
    asked = {(r.query["time_from"], r.query["time_to"]) for r in exchange.requests}
    assert asked == {("20251016T0530", "20251016T1230")}


def test_full_replies_are_continued_until_nothing_is_missing(
    bring: Bring, exchange: Exchange, store: ObjectStore, market: Market
) -> None:
    first, last = NOON - timedelta(days=5), NOON
    outcomes = bring(
        span=(first.astimezone(UTC), last.astimezone(UTC)),
        alphavantage_limit=50,
        alphavantage_topics="financial_markets",
    )
    appeared = urls_that_appeared(market, "Financial Markets", first, last)
    assert urls_that_landed(store) == appeared
    assert len(appeared) / 50 <= len(outcomes) == len(exchange.requests) <= len(appeared) / 50 + 3
    assert [outcome.detail.endswith("goes on after it") for outcome in outcomes[:-1]] == [True] * (
        len(outcomes) - 1
    )


def test_a_reply_cut_to_fifty_whatever_was_asked_is_continued_too(
    bring: Bring, exchange: Exchange, store: ObjectStore, market: Market
) -> None:
    """A plan may cap what a reply holds: 50 articles are taken for a full reply at any limit."""
    cut = Mutate(lambda reply: {**reply, "items": "50", "feed": reply["feed"][:50]})  # type: ignore[call-overload,arg-type,dict-item,return-value,misc]
    exchange.script("/query", cut, times=9)
    first = NOON - timedelta(days=3)
    bring(
        span=(first.astimezone(UTC), NOON.astimezone(UTC)), alphavantage_topics="financial_markets"
    )
    assert urls_that_landed(store) == urls_that_appeared(market, "Financial Markets", first, NOON)


def test_an_api_that_gives_the_latest_first_leaves_no_gap(
    bring: Bring, exchange: Exchange, store: ObjectStore, market: Market
) -> None:
    window = NOON - timedelta(days=2)
    everything = urls_that_appeared(market, "Financial Markets", window, NOON)

    def latest(reply: Any) -> Any:
        feed = sorted(reply["feed"], key=lambda article: article["time_published"], reverse=True)
        return {**reply, "items": str(len(feed[:50])), "feed": feed[:50]}

    exchange.script("/query", Mutate(latest), times=9)
    bring(
        span=(window.astimezone(UTC), NOON.astimezone(UTC)), alphavantage_topics="financial_markets"
    )
    assert len(everything) > 100
    assert urls_that_landed(store) == everything


def test_more_in_a_minute_than_a_reply_may_hold_is_said_and_left(
    bring: Bring, exchange: Exchange
) -> None:
    def one_minute(reply: Any) -> Any:
        first = reply["feed"][0]
        stamp = exchange.requests[-1].query["time_from"] + "30"
        return {**reply, "feed": [{**first, "time_published": stamp}] * 50}

    exchange.script("/query", Mutate(one_minute), times=2)
    outcomes = bring(alphavantage_limit=50, alphavantage_topics="finance")
    assert "asked again for more" in outcomes[0].detail
    assert "cannot be had" in outcomes[1].detail
    assert outcomes[-1].status == "ok"
    asked = [(r.query["time_from"], r.query["limit"]) for r in exchange.requests[:3]]
    assert asked == [
        ("20251015T0630", "50"),
        ("20251015T0630", "1000"),
        ("20251015T0631", "1000"),
    ]


def test_a_day_without_quota_goes_on_the_next_day_where_it_stopped(
    bring: Bring, exchange: Exchange, store: ObjectStore, market: Market
) -> None:
    """25 requests a day, here 2, for three topics: each gets its turn, and nothing is missed."""
    exchange.news_desk.quota = Quota(per_day=2)
    outcomes = bring()
    assert [outcome.status for outcome in outcomes] == ["ok", "ok", "quota"]
    assert "2 requests per day" in outcomes[2].detail
    outcomes = bring(NOON + timedelta(days=1))
    assert [outcome.status for outcome in outcomes] == ["ok", "ok", "quota"]
    assert "finance: " in outcomes[0].detail  # furthest behind, so first
    bring(NOON + timedelta(days=2))
    bring(NOON + timedelta(days=2, hours=16))
    for topic, name in (("financial_markets", "Financial Markets"), ("finance", "Finance")):
        landed = urls_that_landed(store, topic)
        last = NOON + timedelta(days=2)
        assert urls_that_appeared(market, name, NOON - timedelta(days=1), last) <= landed


def test_our_own_guard_stops_before_the_api_does_and_outlives_the_process(
    bring: Bring, exchange: Exchange
) -> None:
    outcomes = bring(alphavantage_requests_per_day=2)
    assert [outcome.status for outcome in outcomes] == ["ok", "ok", "quota"]
    assert "INVESTIQ_ALPHAVANTAGE_REQUESTS_PER_DAY" in outcomes[2].detail
    assert len(exchange.requests) == 2
    again = bring(NOON + timedelta(hours=6), alphavantage_requests_per_day=2)
    assert [outcome.status for outcome in again] == ["quota"] * 3
    assert "not asked" in again[1].detail
    assert len(exchange.requests) == 2


def test_one_request_a_second_is_kept_to(bring: Bring, exchange: Exchange) -> None:
    exchange.news_desk.quota = Quota(per_second=1)
    started = datetime.now(UTC)
    outcomes = bring(alphavantage_requests_per_second=1, alphavantage_topics="finance,earnings")
    assert [outcome.status for outcome in outcomes] == ["ok", "ok"]
    assert datetime.now(UTC) - started > timedelta(seconds=0.9)


def test_a_request_that_came_too_soon_is_made_again(bring: Bring, exchange: Exchange) -> None:
    exchange.script("/query", QuotaText("Information", BURST))
    outcomes = bring(alphavantage_topics="finance")
    assert [outcome.status for outcome in outcomes] == ["ok"]
    assert len(exchange.requests) == 2


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (QuotaText("Note", NOTE), "quota"),
        (QuotaText("Error Message", "the parameter apikey is invalid or missing."), "blocked"),
        (QuotaText("Information", "This is a premium endpoint."), "blocked"),
        (QuotaText("Information", "Invalid inputs. Please refer to the documentation"), "failed"),
        (Body('{"feed": {}}'), "failed"),
        (Status(500), "failed"),
        (Status(403), "blocked"),
        (Status(429), "quota"),
    ],
    ids=lambda item: item if isinstance(item, str) else getattr(item, "key", type(item).__name__),
)
def test_a_refusal_is_an_outcome_and_moves_no_cursor(
    bring: Bring, exchange: Exchange, store: ObjectStore, fault: Any, status: str
) -> None:
    exchange.script("/query", fault, times=2)
    [outcome] = bring(alphavantage_topics="finance")
    assert outcome.status == status
    assert outcome.source_key
    assert store.read(outcome.source_key).content
    assert Coverage.read(store, "alpha_vantage", "news").spans == {}
    exchange.clear_faults()
    assert [o.status for o in bring(alphavantage_topics="finance")] == ["ok"]


def test_one_topic_that_fails_does_not_hold_up_the_others(bring: Bring, exchange: Exchange) -> None:
    exchange.script("/query", QuotaText("Information", "Invalid inputs."))
    statuses = [outcome.status for outcome in bring()]
    assert statuses == ["failed", "ok", "ok"]


def test_an_hour_without_news_is_covered_and_promoted_as_nothing(
    bring: Bring, store: ObjectStore
) -> None:
    early = datetime(2025, 10, 19, 1, 0, tzinfo=IST)
    span = (early.astimezone(UTC), (early + timedelta(minutes=30)).astimezone(UTC))
    [outcome] = bring(span=span, alphavantage_topics="ipo", at=early + timedelta(hours=2))
    assert (outcome.status, outcome.records_in) == ("ok", 0)
    [report] = promote_pending(store)
    assert (report.status, report.promoted) == ("promoted", 0)
    assert bring(span=span, alphavantage_topics="ipo", at=early + timedelta(hours=2)) == []


def test_without_a_key_the_next_step_is_said(settings: Settings) -> None:
    nameless = settings.model_copy(update={"alphavantage_key": None})
    with pytest.raises(ConfigurationError, match="INVESTIQ_ALPHAVANTAGE_KEY"):
        alpha_vantage_news(nameless, lambda: NOON).__enter__()


def test_topics_are_names_with_commas_between_them(settings: Settings) -> None:
    assert topics_of(Settings(alphavantage_topics="ipo, finance,ipo")) == ("ipo", "finance")
    for wrong in ("Financial Markets", " , ", "ipo&apikey=x"):
        with pytest.raises(ConfigurationError, match="INVESTIQ_ALPHAVANTAGE_TOPICS"):
            topics_of(Settings(alphavantage_topics=wrong))


def test_the_key_is_a_secret_of_the_settings(settings: Settings) -> None:
    assert KEY in settings.secrets
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "html_page"),
        (b'{"items": "1", "feed": [', "truncated"),
        (b"[]", "no_feed"),
        (b'{"items": "1"}', "no_feed"),
        (b"", "truncated"),
    ],
)
def test_what_is_no_reply_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(Refused) as told:
        read_reply(body, "application/json")
    assert told.value.reason == reason


@pytest.mark.parametrize("text", ["2024-04-28", "", None, "00010101T000000", 20240428131800, "-"])
def test_a_time_that_cannot_be_is_none(text: Any) -> None:
    assert published_at({"time_published": text}) is None
    assert published_at({"time_published": "20240428T131800"}) is not None


@pytest.mark.real_data
def test_the_real_reply_goes_through_unchanged(
    real_data: Path, store: ObjectStore, warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    """50 articles, every ticker and topic row, from the file to the raw table, nothing changed."""
    source = real_data / "first_sample/news_data_28042024133332.json"
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / source.name).write_bytes(source.read_bytes())
    [outcome] = ingest_directory(folder, store, max_bytes=1 << 20)
    assert (outcome.status, outcome.records_in) == ("ok", 50)
    assert outcome.trade_date == date(2024, 4, 28)
    assert outcome.source_key
    assert sha256(store.read(outcome.source_key).content) == sha256(source.read_bytes())
    [report] = promote_pending(store)
    assert (report.status, report.promoted, report.quarantined) == ("promoted", 50, 0)
    load_pending(DATASETS["alpha_vantage_news"], store, warehouse)
    with connect(warehouse.path, read_only=True) as con:
        rows = con.execute(
            "select payload from raw_data.alpha_vantage_news order by record_no"
        ).fetchall()
    assert [json.loads(row[0]) for row in rows] == json.loads(source.read_bytes())["feed"]


@pytest.mark.real_data
def test_a_real_reply_of_another_year_is_recognised_as_well(
    real_data: Path, store: ObjectStore, tmp_path: Path
) -> None:
    [packed] = (real_data / "api_samples/alphavantage").glob("*.json.gz")
    folder = tmp_path / "files"
    folder.mkdir()
    with gzip.open(packed) as file:
        (folder / "whatever.json").write_bytes(file.read())
    [outcome] = ingest_directory(folder, store, max_bytes=1 << 20)
    assert (outcome.dataset_name, outcome.status) == ("news", "ok")
    [report] = promote_pending(store)
    assert report.promoted == outcome.records_in == report.records_in > 0


def test_a_file_of_news_that_is_none_lands_without_the_key_it_tells(
    store: ObjectStore, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    said = {"Information": "We have detected your API key as ABCDEF123 and ... 25 requests per day"}
    (folder / "news_data_28042024133332.json").write_text(json.dumps(said))
    [outcome] = ingest_directory(folder, store, max_bytes=1 << 20)
    assert outcome.status == "quota"
    assert outcome.source_key
    content = store.read(outcome.source_key).content
    assert b"ABCDEF123" not in content  # pragma: allowlist secret
    assert "ABCDEF123" not in repr(replace(outcome))  # pragma: allowlist secret
