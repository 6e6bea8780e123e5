"""The first real reply goes through unchanged: 828 records in, 828 accounted for."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.real_data

KEY = "source=rapidapi/dataset=quotes/trade_date=2024-04-26/fetched_at=20240426T130436Z/first.json"


@pytest.fixture(scope="module")
def reply(real_data: Path) -> list[dict[str, Any]]:
    text = (real_data / "first_sample" / "nse_data_26042024130436.json").read_text("utf-8")
    return list(json.loads(text))


@pytest.fixture(scope="module")
def built(
    reply: list[dict[str, Any]],
    built_once: Callable[[str, Callable[[Any], None]], Any],
    make: SimpleNamespace,
) -> Any:
    return built_once("real", lambda warehouse: build(warehouse, reply, make))


def build(warehouse: Any, reply: list[dict[str, Any]], make: SimpleNamespace) -> None:
    records = [make.snake_case(record) for record in reply]
    warehouse.load(KEY, records, fetched_at="2024-04-26 13:04:36")
    warehouse.promoted(KEY, len(records))
    run = warehouse.dbt(
        "build", "--exclude-resource-type", "unit_test", "--vars", "as_of: 2024-04-28"
    )
    assert run.returncode == 0, run.output


def test_all_828_records_are_accounted_for(built: Any) -> None:
    rows = built.query(
        "select disposition, reason, sum(records)::int from marts.rpt_record_accounting "
        "group by all order by all"
    )
    assert rows == [
        ("mart_index", "on_asked_date", 62),
        ("mart_ohlc", "on_asked_date", 755),
        ("mart_ohlc", "on_older_date", 11),
    ]
    assert sum(row[2] for row in rows) == 828


def test_the_day_has_one_row_per_security_within_its_range(
    built: Any, reply: list[dict[str, Any]]
) -> None:
    rows = built.query(
        "select symbol, open_price, high_price, low_price, close_price "
        "from marts.fct_ohlc_daily where trade_date = '2024-04-26'"
    )
    of_the_day = {
        record["symbol"]
        for record in reply
        if record["lastUpdateTime"].startswith("26-Apr-2024")
        and record["identifier"] != record["symbol"]
    }
    assert len(rows) == len(of_the_day) == 755
    assert {row[0] for row in rows} == of_the_day
    for symbol, first, high, low, last in rows:
        assert low <= first <= high, symbol
        assert low <= last <= high, symbol


def test_a_stale_row_of_the_other_series_never_appears_under_the_day(built: Any) -> None:
    rows = built.query(
        "select symbol, series, trade_date::varchar from marts.fct_ohlc_daily "
        "where symbol in ('SUZLON', 'HSCL', 'RPOWER') order by all"
    )
    assert rows == [
        ("HSCL", "BE", "2024-04-26"),
        ("HSCL", "EQ", "2024-04-19"),
        ("RPOWER", "BE", "2024-04-22"),
        ("RPOWER", "EQ", "2024-04-26"),
        ("SUZLON", "BE", "2024-04-26"),
        ("SUZLON", "EQ", "2024-04-24"),
    ]


def test_a_row_belongs_to_its_own_date(built: Any) -> None:
    rows = built.query(
        "select trade_date::varchar from marts.fct_ohlc_daily where symbol = 'L&TFH'"
    )
    assert rows == [("2024-04-22",)]


def test_every_index_is_routed_and_sorted(built: Any) -> None:
    assert built.query(
        "select count(*), count(distinct trade_date) from marts.fct_index_daily"
    ) == [(62, 1)]
    assert built.query(
        "select index_category, count(*) from marts.dim_indices group by 1 order by 1"
    ) == [("broad", 16), ("sectoral", 17), ("strategy", 16), ("thematic", 13)]


def test_values_are_those_of_the_reply(built: Any, reply: list[dict[str, Any]]) -> None:
    stored = built.query(
        "select record_no, open_price, high_price, low_price, close_price, previous_close_price, "
        "traded_volume, turnover_inr, high_52w, low_52w from marts.fct_ohlc_daily"
    )
    assert len(stored) == 766
    for record_no, *values in stored:
        record = reply[record_no - 1]
        names = ("open", "dayHigh", "dayLow", "lastPrice", "previousClose", "totalTradedVolume")
        names += ("totalTradedValue", "yearHigh", "yearLow")
        for name, value in zip(names, values, strict=True):
            if value is None:
                assert record[name] == 0, (record["symbol"], name)
                assert name in {"yearHigh", "yearLow"}
            else:
                assert float(value) == pytest.approx(record[name], abs=0.005), record["symbol"]


def test_what_was_no_number_is_counted(built: Any) -> None:
    rows = built.query(
        "select column_name, reason, records_checked, records_affected "
        "from marts.rpt_data_quality_daily where trade_date = '2024-04-26' order by all"
    )
    assert rows == [
        ("company_name", "missing", 828, 3),
        ("high_52w", "zero_means_unknown", 828, 14),
        ("industry", "missing", 828, 294),
        ("isin", "missing", 828, 3),
        ("low_52w", "zero_means_unknown", 828, 14),
        ("vendor_change_pct_30d", "dash", 828, 15),
        ("vendor_change_pct_365d", "dash", 828, 78),
    ]


def test_a_sunday_asks_for_friday(built: Any) -> None:
    rows = built.query(
        "select latest_trade_date::varchar, expected_trade_date::varchar, sessions_behind "
        "from marts.rpt_data_freshness where dataset_name = 'quotes'"
    )
    assert rows == [("2024-04-26", "2024-04-26", 0)]
