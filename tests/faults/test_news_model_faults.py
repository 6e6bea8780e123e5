"""Fault 29 in the marts: feeds, pages and replies landed as they come, through the whole chain."""

import json
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land

MORNING = datetime(2025, 10, 15, 4, 0, tzinfo=UTC)  # 09:30 in India, a Wednesday
NASTY = {
    "formula": '=HYPERLINK("http://evil.example","Infosys")',
    "command": "+cmd|' /C calc'!A0 lifts Infosys",
    "script": "<script>alert('Infosys')</script> rises",
    "rtl": "\N{RIGHT-TO-LEFT OVERRIDE}\u05d0\u05d1 Infosys \u0639\u0631\u0628\u064a",
    "emoji": "इन्फोसिस Infosys 🚀 ऊपर",
}


def item(title: str, link: str, published: str | None, guid: str = "g") -> str:
    date = f"<pubDate>{published}</pubDate>" if published else ""
    return (
        f"<item><title>{escape(title)} - Mint</title><link>{link}</link>"
        f'<guid isPermaLink="false">{guid}</guid>{date}<source url="https://m.example">Mint</source>'
        "</item>"
    )


def feed(*items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>q</title>'
        + "".join(items)
        + "</channel></rss>"
    ).encode()


def link(name: str) -> str:
    return f"https://news.google.com/rss/articles/{name}?oc=5"


PAGE = b"""<html><body><div data-testid="news-stream"><ul>
<li><section data-testid="storyitem"><a href="https://m.example/ok"><h3>Infosys wins order</h3></a>
 <div class="publishing">Mint<i> \xe2\x80\xa2 </i>2 hours ago</div></section></li>
<li class="native-ad-row"><section data-testid="storyitem"><a href="https://shop.example/1">
 <h3>Villas of tomorrow</h3></a></section></li>
<li><section data-testid="storyitem"><h3>Related News</h3></section></li>
<li><section data-testid="storyitem"><h3> </h3></section></li>
</ul></div></body></html>"""


@pytest.fixture(scope="module")
def house(module_house: Any) -> Any:
    """Three fetches of one feed, a page and a reply, in the order of a day."""

    def bring(content: bytes, dataset: str, after: timedelta, kind: str = "application/rss+xml"):
        source = "alpha_vantage" if dataset == "news" else "india_news"
        moment = MORNING + after
        notes = {} if dataset == "news" else {"ticker": "INFY", "query": "Infosys"}
        fetched = Fetched(source, dataset, moment.date(), moment, content, kind, notes=notes)
        land(module_house.store, fetched)
        module_house.promote()
        module_house.enrich()
        module_house.load()

    evening = "Tue, 14 Oct 2025 {} GMT"
    bring(
        feed(
            item("Infosys shares fall 3% after results", link("A"), evening.format("09:00:00")),
            item("Infosys shares down 3% after results", link("B"), evening.format("09:20:00")),
            item("Infosys late deal", link("C"), evening.format("10:00:01")),
            item("Infosys of no date", link("D"), None),
            item("Infosys in the year 2100", link("E"), "Fri, 01 Jan 2100 00:00:00 GMT"),
            item("Infosys by another clock", link("F"), "Tue, 14 Oct 2025 15:29:00 +0530"),
            *(item(text, link(f"N{name}"), None) for name, text in NASTY.items()),
        ),
        "google_feed",
        timedelta(0),
    )
    # Reworded under the same link; then the same text with another guid and link.
    reworded = "Infosys shares fall 3% after weak results"
    bring(
        feed(item(reworded, link("A"), evening.format("09:05:00"))),
        "google_feed",
        timedelta(hours=1),
    )
    bring(
        feed(item(reworded, link("Z"), evening.format("09:05:00"), "other-guid")),
        "google_feed",
        timedelta(hours=2),
    )
    bring(PAGE, "yahoo_page", timedelta(hours=3), "text/html")
    article = {
        "title": "Infosys shares fall 3% after its results",
        "url": "https://globalyield.example/infosys",
        "time_published": "20251014T091000",
        "source": "Global Yield",
        "overall_sentiment_score": "-0.4",
        "topics": [{"topic": "Technology", "relevance_score": "1.0"}],
        "ticker_sentiment": [],
    }
    early = article | {"title": "Infosys of next week", "url": "https://globalyield.example/early"}
    early["time_published"] = "20251022T091000"
    reply = json.dumps({"items": "2", "feed": [article, early]}).encode()
    bring(reply, "news", timedelta(hours=4), "application/json")
    module_house.run_models()
    return module_house


def news(house: Any, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return house.rows(f"select {columns} from marts.fct_news_articles where {where} order by all")


def test_fault_29_a_duplicate_an_update_and_a_changed_guid_are_one_cluster(house):
    where = "headline like 'Infosys shares%results'"
    found = news(
        house, "headline, source_name, versions_count, cluster_key, published_at::varchar", where
    )
    assert [row[:3] for row in found] == [
        ("Infosys shares down 3% after results", "india_news", 1),
        ("Infosys shares fall 3% after its results", "alpha_vantage", 1),
        ("Infosys shares fall 3% after weak results", "india_news", 1),  # the other guid
        ("Infosys shares fall 3% after weak results", "india_news", 2),  # the update
    ]  # fmt: skip
    assert len({row[3] for row in found}) == 1
    [(leaders,)] = house.rows(
        f"select count(*) from marts.fct_news_articles where is_cluster_leader and {where}"
    )
    assert leaders == 1
    assert found[3][4] == "2025-10-14 09:05:00"  # the latest version's own time


def test_fault_29_times_are_kept_in_utc_and_shown_as_the_session_they_belong_to(house):
    columns = "published_at::varchar, published_ist::varchar, trade_date::varchar, published_flag"
    found = news(house, f"headline, {columns}", "headline like 'Infosys %'")
    assert {row[0]: row[1:] for row in found if not row[0].startswith("Infosys shares")} == {
        "Infosys late deal": ("2025-10-14 10:00:01", "2025-10-14 15:30:01", "2025-10-15", "stated"),
        "Infosys by another clock": (
            *("2025-10-14 09:59:00", "2025-10-14 15:29:00", "2025-10-14", "stated"),
        ),
        # Without a date, or with one of the future, it is from when it was first seen.
        **dict.fromkeys(
            ("Infosys of no date", "Infosys in the year 2100"),
            ("2025-10-15 04:00:00", "2025-10-15 09:30:00", "2025-10-15", "missing"),
        ),
        "Infosys of next week": (
            *("2025-10-15 08:00:00", "2025-10-15 13:30:00", "2025-10-15", "future"),
        ),
        "Infosys wins order": (
            *("2025-10-15 05:00:00", "2025-10-15 10:30:00", "2025-10-15", "stated"),
        ),
    }


def test_fault_29_what_a_page_shows_beside_its_news_is_no_news(house):
    assert news(house, "headline", "site = 'yahoo_finance'") == [("Infosys wins order",)]
    went = house.rows(
        "select disposition, reason, sum(records)::int from marts.rpt_record_accounting "
        "where dataset_name = 'yahoo_page' group by all order by all"
    )
    assert went == [
        ("mart_news", "latest", 1),
        ("out_of_scope", "advertisement", 1),
        ("out_of_scope", "empty", 1),
        ("out_of_scope", "related", 1),
    ]


@pytest.mark.parametrize("name", NASTY)
def test_fault_29_whatever_a_headline_holds_is_the_data_of_the_mart(house, name):
    """As it came. The marts are exported as Parquet, which runs nothing; there is no CSV export
    in which a formula would need a prefix, and whoever shows a title must escape it."""
    assert [(text,) for text in NASTY.values() if text == NASTY[name]] == news(
        house, "headline", f"headline = $${NASTY[name]}$$"
    )


def test_fault_29_nothing_of_it_is_lost(house):
    [(promoted,)] = house.rows(
        "select sum(records_promoted)::int from raw_data.ingestion_outcomes where stage = 'promote'"
    )
    [(accounted,)] = house.rows(
        "select sum(records)::int from marts.rpt_record_accounting "
        "where source_name in ('alpha_vantage', 'india_news')"
    )
    assert promoted == accounted == 19
