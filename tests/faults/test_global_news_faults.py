"""Faults 2 to 6, 10, 19, 21, 29 and 30 for global news: a feed that refuses, drips or changes."""

import json
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.ingest_news import NewsIngest
from ingestion.news_windows import Coverage
from ingestion.promotion import promote_object
from ingestion.sources.alpha_vantage import alpha_vantage_news, topics_of
from sandbox.exchange import (
    Body,
    BotPage,
    CutBody,
    Mutate,
    NoAnswer,
    QuotaText,
    SlowDrip,
    TruncatedJson,
)
from sandbox.exchange.alpha_vantage import DAILY, NOTE

KEY = "k3y-that-must-not-leak"  # pragma: allowlist secret
EVENING = datetime(2025, 10, 16, 11, 0, tzinfo=UTC)  # an hour after the close
LANDING = "landing/source=alpha_vantage/"
URLS = (
    "select count(*), count(distinct json_extract_string(payload, '$.url')) "
    "from raw_data.alpha_vantage_news"
)
REASONS = "select reason, source_name from raw_data.quarantined_records"
IN_A_PROCESS = """
    from ingestion.calendar import IST
    import ingestion.ingest_news as news
    from ingestion.sources.alpha_vantage import alpha_vantage_news

    def bring():
        settings = Settings(home=Path({home!r}), alphavantage_key=SecretStr("k3y-of-the-test"),
                            alphavantage_url={url!r})
        moment = datetime.fromisoformat({now!r})
        with alpha_vantage_news(settings, lambda: moment) as source:
            news.NewsIngest(source, store, ["financial_markets"], 1000, Path({home!r}) / "locks",
                            clock=lambda: moment).bring()
"""


@pytest.fixture
def bring(house):
    """One run of global news at a moment of the simulated clock."""

    def run(at=EVENING):
        house.exchange.set_clock(at)
        settings = house.settings.model_copy(update={"max_body_bytes": 64 << 20})
        with alpha_vantage_news(settings, lambda: at) as source:
            return NewsIngest(
                source=source,
                store=house.store,
                topics=topics_of(settings),
                limit=settings.alphavantage_limit,
                locks=house.home / "locks",
                secrets=settings.secrets,
                clock=lambda: at,
            ).bring()

    return run


def all_of_the_day(house, bring):
    """What a run without a fault gives: each article of the day, once."""
    bring()
    house.promote()
    house.load()
    [(rows, distinct)] = house.rows(URLS)
    assert rows == distinct > 10
    return rows


def landed(house):
    return house.keys(LANDING)


@pytest.mark.parametrize(
    "fault",
    [QuotaText("Information", DAILY.format(key=KEY, per_day=25)), QuotaText("Note", NOTE)],
    ids=["daily", "note"],
)
def test_fault_02_quota_text_with_status_200_is_never_an_empty_day(house, bring, fault):
    house.exchange.script("/query", fault)
    [outcome] = bring()
    assert outcome.status == "quota"
    [key] = landed(house)
    assert outcome.source_key == key
    house.promote()
    house.load()
    assert house.rows(REASONS) == [("quota_reply", "alpha_vantage")]
    assert house.rows(URLS) == [(0, 0)]
    assert Coverage.read(house.store, "alpha_vantage", "news").spans == {}
    all_of_the_day(house, bring)  # and the next run asks for the same window


def test_fault_03_a_page_of_a_bot_wall_is_kept_apart(house, bring):
    house.exchange.script("/query", BotPage())
    [outcome] = bring()
    assert outcome.status == "blocked"
    house.promote()
    house.load()
    assert house.rows(REASONS) == [("html_page", "alpha_vantage")]
    assert house.rows(URLS) == [(0, 0)]
    all_of_the_day(house, bring)


@pytest.mark.parametrize("fault", [TruncatedJson(), CutBody()], ids=["parses to nothing", "cut"])
def test_fault_04_half_a_feed_is_no_feed(house, bring, fault):
    house.exchange.script("/query", fault, times=4)
    [outcome] = bring()
    assert outcome.status == "failed"
    house.promote()
    house.load()
    assert house.rows(URLS) == [(0, 0)]
    house.exchange.clear_faults()
    all_of_the_day(house, bring)


def test_fault_05_a_feed_that_drips_meets_the_deadline(house, bring):
    house.exchange.script("/query", SlowDrip(piece=16, pause_seconds=0.05), times=9)
    started = time.monotonic()
    [outcome] = bring()
    assert outcome.status == "failed"
    assert "HTTP_DEADLINE" in outcome.detail
    assert time.monotonic() - started < 8
    assert landed(house) == []
    house.exchange.clear_faults()
    all_of_the_day(house, bring)


@pytest.mark.parametrize(
    "failpoint",
    ["ObjectStore.create = die", "news.record_attempt = die"],
    ids=["fetched, not landed", "landed, not recorded"],
)
def test_fault_06_killed_before_the_window_counts(house, bring, in_process_of_its_own, failpoint):
    """There is no cursor that could have moved: the window is asked for again, and lands once."""
    house.exchange.set_clock(EVENING)
    code = IN_A_PROCESS.format(
        home=str(house.home), url=house.exchange.url, now=EVENING.isoformat()
    )
    died = in_process_of_its_own(f"{code}\n    {failpoint}\n    bring()")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert Coverage.read(house.store, "alpha_vantage", "news").spans == {}
    all_of_the_day(house, bring)
    first, again = house.exchange.requests
    assert first.query["time_from"] == again.query["time_from"]
    assert len(landed(house)) == 1
    spans = Coverage.read(house.store, "alpha_vantage", "news").spans
    assert spans == {"financial-markets": [(EVENING - timedelta(days=1), EVENING)]}


def test_fault_10_the_same_event_of_news_twice_changes_nothing(house, bring):
    rows = all_of_the_day(house, bring)
    [key] = landed(house)
    before = {item.key: item.etag for item in house.store.list("")}
    promote_object(house.store, key)
    promote_object(house.store, key)
    assert {item.key: item.etag for item in house.store.list("")} == before
    assert house.load()["alpha_vantage_news"].rows == 0
    assert house.rows(URLS) == [(rows, rows)]


def test_fault_10_events_out_of_order_end_in_the_same_rows(house, bring):
    """The later window is promoted and loaded before the earlier one: both are there, each once."""
    bring()
    bring(EVENING + timedelta(hours=6))
    earlier, later = landed(house)
    for key in (later, earlier):
        promote_object(house.store, key)
        house.load()
    keys = house.rows("select distinct source_key from raw_data.alpha_vantage_news order by 1")
    assert keys == [(earlier,), (later,)]
    [(rows, distinct)] = house.rows(URLS)
    assert rows > distinct  # windows overlap by an hour: dbt keeps each article once
    house.promote()
    assert house.load()["alpha_vantage_news"].rows == 0


def spoiled(change):
    """Change the articles of a reply, one by one, by their place in it."""

    def mutate(reply):
        return {**reply, "feed": [change(*item) for item in enumerate(reply["feed"])]}

    return Mutate(mutate)


def test_fault_19_a_field_that_is_new_or_has_another_name_is_told(house, bring):
    def change(number, article):
        if number == 0:
            return {**article, "paywalled": True}
        if number == 1:
            published = article["time_published"]
            kept = {k: v for k, v in article.items() if k != "time_published"}
            return {**kept, "published_time": published}
        if number == 2:
            return {"headline": article["title"], "link": article["url"]}
        if number == 3:
            return {**article, "ticker_sentiment": [{"symbol": "NSE:X"}]}
        if number == 4:
            return {**article, "topics": "Finance"}
        if number == 5:
            return {**article, "topics": None, "ticker_sentiment": []}
        return article

    house.exchange.script("/query", spoiled(change))
    [outcome] = bring()
    assert outcome.status == "ok"
    [report] = [r for r in house.promote() if "alpha_vantage" in r.source_key]
    assert (report.status, report.quarantined) == ("partial", 3)
    assert report.promoted == report.records_in - 3
    house.load()
    [(detail,)] = house.rows("select detail from raw_data.ingestion_outcomes where stage='promote'")
    assert "1 articles lack time_published" in detail
    assert "paywalled" in detail
    assert "published_time" in detail
    refused = "select reason, record_no from raw_data.quarantined_records order by record_no"
    assert house.rows(refused) == [("missing_fields", 3), ("bad_list", 4), ("bad_list", 5)]
    first = house.rows("select payload from raw_data.alpha_vantage_news where record_no = 1")
    assert json.loads(first[0][0])["paywalled"] is True


def test_fault_21_scores_that_are_no_numbers_stay_as_they_came(house, bring):
    """No article is lost for a score; what is none becomes NULL where it is typed, in staging."""
    odd = ["-", "NaN", "", None, float("nan"), float("inf"), "0.158519"]

    def change(number, article):
        if number >= len(odd):
            return article
        ticker = {
            "ticker": "NSE:X",
            "relevance_score": odd[number],
            "ticker_sentiment_score": odd[number],
        }
        return {**article, "overall_sentiment_score": odd[number], "ticker_sentiment": [ticker]}

    house.exchange.script("/query", spoiled(change))
    bring()
    [report] = [r for r in house.promote() if "alpha_vantage" in r.source_key]
    assert (report.status, report.quarantined) == ("promoted", 0)
    house.load()
    kept = house.rows(
        "select json_extract_string(payload, '$.overall_sentiment_score'), "
        "json_extract_string(payload, '$.ticker_sentiment[0].ticker_sentiment_score') "
        "from raw_data.alpha_vantage_news order by record_no"
    )[: len(odd)]
    said = ["-", "NaN", "", None, "NaN", "Infinity", "0.158519"]
    assert kept == [(text, text) for text in said]


def test_fault_29_an_article_that_no_warehouse_takes_is_kept_with_the_reason(house, bring):
    """A title of 10 MB, a NUL: refused; emoji, right to left, script, formulas: kept as data."""
    titles = [
        "x" * 10_000_000,
        "a\0b",
        "\ud83d",
        "\u202eسوق الأسهم 📈",
        "<script>alert(1)</script>",
        '=cmd|"/C calc"!A0',
    ]

    article = {"time_published": "20251016T080000", "topics": [], "ticker_sentiment": []}
    feed = [
        {**article, "title": title, "url": f"https://x.example/{number}"}
        for number, title in enumerate(titles)
    ]
    house.exchange.script("/query", Body(json.dumps({"items": "6", "feed": feed})))
    bring()
    [report] = [r for r in house.promote() if "alpha_vantage" in r.source_key]
    assert report.quarantined == 3
    house.load()
    assert house.rows(
        "select record_no, reason from raw_data.quarantined_records order by record_no"
    ) == [(1, "too_large"), (2, "unreadable"), (3, "unreadable")]
    kept = house.rows(
        "select json_extract_string(payload, '$.title') from raw_data.alpha_vantage_news "
        "where record_no in (4, 5, 6) order by record_no"
    )
    assert [title for (title,) in kept] == titles[3:]


@pytest.mark.parametrize(
    "fault",
    [
        QuotaText("Information", DAILY.format(key=KEY, per_day=25)),
        QuotaText("Error Message", f"the parameter apikey={KEY} is invalid or missing"),
        Body(f"<html>{KEY}</html>", content_type="text/html"),
        Body('{"feed": [' + json.dumps(KEY)),
        CutBody(),
        NoAnswer(),
        None,
    ],
    ids=["daily quota", "refused", "page", "truncated", "cut", "no answer", "no fault"],
)
def test_fault_30_the_key_of_the_news_is_in_nothing_that_stays(house, bring, fault, capfd, caplog):
    caplog.set_level("DEBUG")
    if fault:
        house.exchange.script("/query", fault, times=4)
    outcomes = bring()
    assert all(request.query["apikey"] == KEY for request in house.exchange.requests)
    house.promote()
    house.load()
    assert KEY not in repr(outcomes)
    assert KEY not in repr(house.settings)
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())
    for key in house.keys(""):
        body = house.store.read(key)
        assert KEY not in key
        assert KEY not in json.dumps(dict(body.metadata)), key
        assert KEY.encode() not in body.content, key
    for table in ("ingestion_outcomes", "quarantined_records"):
        assert KEY not in str(house.rows(f"select * from raw_data.{table}"))
