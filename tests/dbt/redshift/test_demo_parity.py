"""The demo on both engines: every mart is the same, cell by cell; and what dbt does besides."""

from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1500)
MARTS = "select table_name from information_schema.tables where table_schema = 'marts'"


def test_the_demos_marts_are_the_same(demo_engines: Any) -> None:
    """All seeds, models, data tests and unit tests, as an ordinary user over TLS."""
    demo_engines.load()
    demo_engines.run("build", on="redshift")
    # The demo was built day by day on DuckDB and is built once here: its snapshot tells the days.
    rows = demo_engines.assert_parity(without="dim_security_history")
    assert rows["fct_prices_daily"] > 120_000
    assert rows["fct_news_articles"] > 2_000
    assert 0 not in rows.values()


def test_a_second_build_changes_nothing(demo_engines: Any) -> None:
    names = [name for (name,) in demo_engines.duckdb.query(MARTS)]
    before = demo_engines.last | demo_engines.marts(["dim_security_history"])
    demo_engines.run("build", "--exclude-resource-type", "test", "unit_test", on="redshift")
    for name, rows in demo_engines.marts(names).items():
        assert Counter(rows) == Counter(before[name]), name


def test_docs_and_freshness(demo_engines: Any) -> None:
    demo_engines.run("docs", "generate", on="redshift")
    fresh = demo_engines.redshift.dbt("source", "freshness")
    assert "Runtime Error" not in fresh.output
    assert "Database Error" not in fresh.output
