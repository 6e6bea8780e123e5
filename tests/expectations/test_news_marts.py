"""The suite of the news marts: what was left out of the build fails, what is odd warns."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.report import CheckReport
from expectations.runner import AFTER_BUILD, concerned_suites, run_suite
from ingestion.loading.reading import DuckDBFile

FIRST = date(2024, 4, 22)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., CheckReport]:
    """Three sessions of twenty news each; `changes` is SQL that spoils some of them."""

    def run(*changes: str) -> CheckReport:
        warehouse = tmp_path / "warehouse.duckdb"
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as con:
            con.execute("create schema marts")
            con.execute(
                "create table marts.fct_news_articles as select 'k' || d || n as news_key, "
                "'india_news' as source_name, $1::date + d::int as trade_date, "
                "'clusters-1' as cluster_version, 'k' || d || (n // 2) as cluster_key, "
                "0.5::double as sentiment_score, 'stated' as published_flag "
                "from range(3) as days(d), range(20) as news(n)",
                [FIRST],
            )
            con.execute(
                "create table marts.bridge_news_securities as select news_key, true as is_counted "
                "from marts.fct_news_articles where news_key like '%5'"
            )
            for change in changes:
                con.execute(change)
        return run_suite("news_marts", warehouse=DuckDBFile(warehouse), output=tmp_path / "gx")

    return run


def test_usual_news_pass(check: Callable[..., CheckReport]) -> None:
    report = check()
    assert report.passed
    assert not report.warnings
    assert report.sessions == tuple(FIRST + timedelta(days=n) for n in range(3))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("set cluster_version = null where news_key like 'k11%'", "news_are_enriched"),
        ("set sentiment_score = null where news_key like 'k11%'", "news_have_a_tone"),
        ("set sentiment_score = 7 where news_key = 'k11'", "tones_are_in_range"),
    ],
)
def test_what_was_left_out_fails(check: Callable[..., CheckReport], change: str, name: str) -> None:
    report = check(f"update marts.fct_news_articles {change}")
    assert not report.passed
    assert [failure.name for failure in report.failures] == [name]
    assert "2024-04-23" in str(report.failures[0].where)
    assert "investiq enrich" in report.failures[0].next_step


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("update marts.bridge_news_securities set is_counted = false", "news_name_shares"),
        ("update marts.fct_news_articles set published_flag = 'missing'", "news_are_dated"),
        ("update marts.fct_news_articles set cluster_key = 'k'", "news_are_not_all_copies"),
    ],
)
def test_what_is_odd_warns(check: Callable[..., CheckReport], change: str, name: str) -> None:
    report = check(change)
    assert report.passed
    assert [warning.name for warning in report.warnings] == [name]


def test_a_home_without_news_is_not_concerned(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema marts")
        con.execute("create table marts.fct_prices_daily as select 1 as x")
        con.execute("create table marts.fct_news_articles (trade_date date)")
    assert concerned_suites(AFTER_BUILD, warehouse=DuckDBFile(warehouse)) == ["prices"]
