"""The news suite: an object without times or full of refusals fails, a day without news warns."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.report import CheckReport
from expectations.runner import AFTER_BUILD, BEFORE_BUILD, concerned_suites, run_suite
from ingestion.loading.reading import DuckDBFile

DDL = Path(__file__).parents[2] / "ingestion/loading/ddl/duckdb.sql"
FIRST = date(2024, 4, 20)
FETCHED = datetime(2024, 4, 30, 12, 0)


def key_of(day: date) -> str:
    return f"landing/source=alpha_vantage/dataset=news/trade_date={day}/x.json"


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., CheckReport]:
    """Load ten days of news, `days` changed (None: none that day), and check them."""

    def run(
        changed: dict[int, list[dict[str, Any]] | None] | None = None, refused: int = 0
    ) -> CheckReport:
        warehouse = tmp_path / "warehouse.duckdb"
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as con:
            con.execute(DDL.read_text(encoding="utf-8"))
            for number in range(10):
                day = FIRST + timedelta(days=number)
                articles = (changed or {}).get(number, [article(day, n) for n in range(10)])
                for place, payload in enumerate(articles or [], start=1):
                    con.execute(
                        "insert into raw_data.alpha_vantage_news values ($1, $2, $3, $4, $5, $4)",
                        [json.dumps(payload), key_of(day), place, FETCHED, day],
                    )
            for place in range(refused):
                con.execute(
                    "insert into raw_data.quarantined_records values "
                    "('alpha_vantage', 'news', 'too_large', '', null, $1, $2, $3, $4, $3)",
                    [key_of(FIRST), 100 + place, FETCHED, FIRST],
                )
        return run_suite("news", warehouse=DuckDBFile(warehouse), output=tmp_path / "gx")

    return run


def article(day: date, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "title": f"title {number}",
        "url": f"https://x.example/{day}/{number}",
        "time_published": f"{day:%Y%m%d}T0{number}0000",
        **changes,
    }


def test_ten_days_of_whole_articles_pass(check: Callable[..., CheckReport]) -> None:
    report = check()
    assert report.passed
    assert not report.warnings
    assert len(report.results) == 5


def test_a_day_without_news_warns(check: Callable[..., CheckReport]) -> None:
    report = check({4: None})
    assert report.passed
    [warning] = report.warnings
    assert warning.name == "days_of_news_arrived"
    assert "2024-04-24" in str(warning.where)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"time_published": None}, "articles_have_times"),
        ({"title": " "}, "articles_have_titles"),
    ],
)
def test_an_object_whose_articles_lack_something_fails(
    check: Callable[..., CheckReport], changes: dict[str, Any], broken: str
) -> None:
    day = FIRST + timedelta(days=9)
    report = check({9: [article(day, n, **changes) for n in range(10)]})
    assert [failure.name for failure in report.failures] == [broken]
    assert key_of(day) in str(report.failures[0].where)


def test_an_object_with_many_refusals_fails(check: Callable[..., CheckReport]) -> None:
    report = check(refused=2)
    assert [failure.name for failure in report.failures] == ["articles_can_be_stored"]


def test_no_news_at_all_is_no_pass(check: Callable[..., CheckReport]) -> None:
    report = check(dict.fromkeys(range(10)))
    assert [failure.name for failure in report.failures] == ["news_arrived"]


def test_a_home_with_news_alone_is_judged_by_its_news(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(DDL.read_text(encoding="utf-8"))
        con.execute(
            "insert into raw_data.load_receipts values "
            "('india_news_headlines', 'k', 'e', 's', 1, timestamp '2024-01-01')"
        )
    assert concerned_suites(BEFORE_BUILD, warehouse=DuckDBFile(warehouse)) == ["news"]
    assert concerned_suites(AFTER_BUILD, warehouse=DuckDBFile(warehouse)) == []
