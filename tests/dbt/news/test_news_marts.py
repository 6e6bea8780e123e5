"""From raw news to marts: versions, sessions, mapping, tones, accounting; loaded in two parts."""

import math
import re
import statistics
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingestion.settings import Settings
from investiq.status import show_status

DAYS = [date(2024, 4, d) for d in (22, 23, 24, 25, 26, 29, 30)]
INFY = "Infosys shares fall 3% after results"
LATER = "Infosys shares fall 3%: what now"


def fill(news: Any) -> Callable[[Any], None]:
    """News of some days, built in two steps."""
    h, a, about = news.headline, news.article, news.about

    def build(warehouse: Any) -> None:
        press = news.press(warehouse)
        press.companies(news.flat(DAYS))
        press.articles(
            "one",
            [
                a(
                    "Infosys falls 3% after results",
                    "20240424T080000",
                    ticker_sentiment=[about("INFY", "0.9", "-0.4"), about("AAPL", "0.1", "0.3")],
                ),
                a(
                    "Container Store slips",
                    "20240424T080000",
                    ticker_sentiment=[about("TCS", "1", "0")],
                ),
                a(
                    "SBI gains as bad loans ease",
                    "20240424T090000",
                    ticker_sentiment=[
                        about("SBIN.BSE", "0.5", "0.6"),
                        about("FOREX:INR", "0.2", "x"),
                    ],
                    topics=[
                        {"topic": "Finance", "relevance_score": "0.8"},
                        {"topic": "Finance", "relevance_score": "0.6"},
                        {"topic": "Technology", "relevance_score": None},
                    ],
                ),
            ],
            "2024-04-24 12:00:00",
        )
        press.headlines(
            "feed",
            [
                h(INFY, "2024-04-24 09:00:00", ticker="INFY"),
                h("Infosys wins record order", "2024-04-24 10:00:01", ticker="INFY"),
                h("Stocks to watch today", "2024-04-24 03:00:00", ticker="INFY", publisher=None),
                h("2 BHK flats from Rs 80 lakh", None, kind="advertisement", ticker="INFY"),
                h("Related News", None, kind="related", ticker="INFY"),
                h("No date for TCS", None, ticker="TCS"),
                h("TCS of the future", "2031-01-01 00:00:00", ticker="TCS"),
                h("Reliance Power slips, M&M and L&T gain", "2024-04-27 06:00:00"),
            ],
            "2024-04-24 13:00:00",
        )  # fmt: skip
        press.enrich()
        run = warehouse.dbt("build", "--exclude-resource-type", "test", "unit_test")
        assert run.returncode == 0, run.output
        reworded = h(INFY, "2024-04-24 09:00:00") | {"title": LATER, "headline": LATER}
        # The next day: the first headline reworded, a known one again, and something new and old.
        press.headlines(
            "next",
            [
                reworded,
                h("Infosys wins record order", "2024-04-24 10:00:01"),
                h("HDFC Life falls", "2024-04-23 05:00:00"),
                h("Reliance Power slips, M&M and L&T gain", "2024-04-27 06:00:00"),
            ],
            "2024-04-29 13:00:00",
        )  # fmt: skip
        press.enrich()
        run = warehouse.dbt("build")
        assert run.returncode == 0, run.output
        incremental = warehouse.copy(warehouse.folder / "incremental")
        run = warehouse.dbt(
            "run", "--full-refresh", "-s", "int_news__records+", "int_news__article_tickers+"
        )
        assert run.returncode == 0, run.output
        assert incremental.path.exists()

    return build


@pytest.fixture(scope="module")
def built(built_once: Callable[..., Any], news: Any) -> Any:
    return built_once("news", fill(news))


def rows(warehouse: Any, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.query(sql)


def test_the_increment_equals_a_full_refresh(built, new_warehouse):
    full = built.content("marts")
    part = type(built)(built.folder / "incremental").content("marts")
    names = [name for name in full if "news" in name or "sentiment" in name or "accounting" in name]
    assert len(names) >= 6
    for name in names:
        assert full[name] == part[name], name
        assert full[name] or name.endswith("next_day"), name


def test_a_news_is_one_row_and_its_latest_version_speaks(built):
    found = rows(
        built,
        "select headline, versions_count, first_seen_at::varchar, fetched_at::varchar, "
        "published_flag from marts.fct_news_articles where link like '%' and news_key = ("
        "select news_key from marts.fct_news_articles where headline like '%what now')",
    )
    assert found == [(LATER, 2, "2024-04-24 13:00:00", "2024-04-29 13:00:00", "stated")]
    assert rows(built, "select count(*) from marts.fct_news_articles") == [(10,)]


@pytest.mark.parametrize(
    ("headline", "trade_date", "flag"),
    [
        ("Infosys wins record order", "2024-04-25", "stated"),  # 15:30:01 in India
        ("Stocks to watch today", "2024-04-24", "stated"),
        ("No date for TCS", "2024-04-25", "missing"),  # first seen 18:30 IST
        ("TCS of the future", "2024-04-25", "future"),
        ("Reliance Power slips, M&M and L&T gain", "2024-04-29", "stated"),  # a Saturday
        ("HDFC Life falls", "2024-04-23", "stated"),  # arrived days late
    ],
)
def test_news_belong_to_the_session_that_can_still_use_them(built, headline, trade_date, flag):
    assert rows(
        built,
        "select trade_date::varchar, published_flag from marts.fct_news_articles "
        f"where headline = '{headline}'",
    ) == [(trade_date, flag)]


def test_who_is_meant_and_how_it_was_found(built):
    found = rows(
        built,
        "select headline, symbol, mapping_method, confidence, is_counted "
        "from marts.bridge_news_securities join marts.fct_news_articles using (news_key) "
        "join marts.dim_securities using (security_sk) order by all",
    )
    assert [row for row in found if not row[4]] == [
        ("Stocks to watch today", "INFY", "page", 0.4, False)
    ]
    assert {row[:3] for row in found if row[4]} == {
        ("HDFC Life falls", "HDFCLIFE", "alias"),
        ("Infosys falls 3% after results", "INFY", "ticker"),
        ("Infosys shares fall 3%: what now", "INFY", "alias"),
        ("Infosys wins record order", "INFY", "alias"),
        ("No date for TCS", "TCS", "alias"),
        ("Reliance Power slips, M&M and L&T gain", "LT", "alias"),
        ("Reliance Power slips, M&M and L&T gain", "M&M", "alias"),
        ("Reliance Power slips, M&M and L&T gain", "RPOWER", "alias"),
        ("SBI gains as bad loans ease", "SBIN", "ticker"),
        ("TCS of the future", "TCS", "alias"),
    }  # and not TCS, which in New York is a shop; not Reliance Industries


def test_the_daily_figures_count_a_story_once(built):
    [found] = rows(
        built,
        "select news_count, news_count_unique, source_count, sentiment_mean, "
        "sentiment_relevance_wtd, sentiment_std, pos_count, neg_count, neutral_count, "
        "daily.sentiment_label from marts.fct_news_sentiment_daily as daily "
        "join marts.dim_securities using (security_sk) "
        "where symbol = 'INFY' and trade_date = '2024-04-24'",
    )
    tones = rows(
        built,
        "select bridge.sentiment_score, relevance from marts.bridge_news_securities as bridge "
        "join marts.fct_news_articles as news using (news_key) join marts.dim_securities "
        "using (security_sk) where symbol = 'INFY' and bridge.trade_date = '2024-04-24' "
        "and is_counted",
    )
    clusters = rows(
        built,
        "select distinct cluster_key from marts.fct_news_articles where headline like 'Infosys%' "
        "and trade_date = '2024-04-24'",
    )
    assert len(tones) == 2
    assert len(clusters) in (1, 2)
    assert found[:3] == (2, len(clusters), 2)
    if len(clusters) == 1:
        assert math.isclose(found[3], statistics.mean(tone for tone, _ in tones))
        assert found[5:] == (None, 0, 1, 0, "Bearish")


def test_topics_are_counted_once_per_story(built):
    assert rows(
        built,
        "select topic, trade_date::varchar, news_count, round(sentiment_mean, 6), "
        "round(sentiment_relevance_wtd, 6), sentiment_label from marts.fct_news_topics_daily "
        "order by all",
    ) == [
        ("Finance", "2024-04-24", 1, 0.2, 0.2, "Somewhat-Bullish"),
        ("Technology", "2024-04-24", 3, 0.2, 0.2, "Somewhat-Bullish"),
    ]


def test_every_record_is_accounted_for(built):
    """`dbt build` asserts the sums; here is where each went."""
    assert rows(
        built,
        "select source_name, disposition, reason, sum(records)::int "
        "from marts.rpt_record_accounting where source_name in ('alpha_vantage', 'india_news') "
        "group by all order by all",
    ) == [
        ("alpha_vantage", "mart_news", "latest", 3),
        ("india_news", "mart_news", "latest", 7),
        ("india_news", "out_of_scope", "advertisement", 1),
        ("india_news", "out_of_scope", "related", 1),
        ("india_news", "superseded", "newer_version", 3),
    ]


def test_the_quality_of_the_mapping_is_measured_on_the_labelled_headlines(built):
    found = {
        row[0]: row[1:]
        for row in rows(
            built,
            "select scope, items, mapping_rate, mapping_precision, mapping_recall, "
            "mentions_expected from marts.rpt_news_mapping_quality",
        )
    }
    assert set(found) == {
        "labelled_dev",
        "labelled_held_out",
        "news_alpha_vantage",
        "news_india_news",
    }
    for scope in ("labelled_dev", "labelled_held_out"):
        _, _, precision, recall, expected = found[scope]
        assert expected >= 10
        assert precision >= 0.9
        assert recall >= 0.9
    assert found["news_india_news"][1] == pytest.approx(6 / 7)


def test_status_prints_how_many_news_are_mapped_and_how_well(
    built: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    show_status(Settings(home=built.folder))
    told = capsys.readouterr().out
    assert re.search(r"news_india_news +7 +6 +85\.7 %", told)
    assert re.search(r"labelled_held_out +107 +\d+ +[\d.]+ % +[\d.]+ % +[\d.]+ %", told)
    assert "not known here" not in told


def test_news_that_are_enriched_again_get_their_new_tone_and_cluster(
    built: Any, tmp_path: Path
) -> None:
    again = built.copy(tmp_path)
    again.execute(
        "update raw_data.news_enrichment set sentiment_compound = 0.9, sentiment_version = 'new', "
        "cluster_key = news_key, loaded_at = timestamp '2026-03-01'"
    )
    run = again.dbt("run", "-s", "fct_news_articles+")
    assert run.returncode == 0, run.output
    assert again.query(
        "select distinct sentiment_score, sentiment_version from marts.fct_news_articles "
        "where source_name = 'india_news'"
    ) == [(0.9, "new")]
    [(least,)] = again.query(
        "select min(sentiment_mean) from marts.fct_news_sentiment_daily "
        "join marts.dim_securities using (security_sk) where symbol in ('LT', 'TCS', 'HDFCLIFE')"
    )
    assert least == 0.9
