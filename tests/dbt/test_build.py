"""Hand-made replies through the real dbt: dispositions, incremental runs, the calendar."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ingestion.calendar import TradingCalendar

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
# What only the exchange's files and people's sheets fill; here are quotes alone.
OF_ARCHIVES = tuple(
    f"intermediate.int_{name}"
    for name in (
        *("airbyte__", "corporate_actions__", "reference__", "indices__accounting"),
        *("prices__accounting", "prices__objects", "prices__parsed", "indicators__ranks"),
        *("securities__candidates", "securities__links", "securities__pairs"),
        *("securities__renames", "news__"),
    )
)
OF_NEWS = ("marts.bridge_news", "marts.fct_news", "marts.rpt_news_sectors", "marts.rpt_sentiment")


def marts() -> set[str]:
    """The marts that the project holds as files."""
    folders = (PROJECT / "models" / "marts", PROJECT / "snapshots")
    return {path.stem for folder in folders for path in folder.rglob("*.sql")}


def test_incremental_runs_equal_a_full_refresh(loaded: Any) -> None:
    fresh = type(loaded)(loaded.folder / "full_refresh")
    schemas = ("intermediate", "marts")
    incremental, full = loaded.content(*schemas), fresh.content(*schemas)
    assert full.keys() >= {f"marts.{name}" for name in marts()}
    empty = [name for name, rows in full.items() if not rows]
    assert [
        name for name in empty if not name.startswith(OF_ARCHIVES + OF_NEWS)
    ] == []  # proves nothing
    for table, rows in full.items():
        assert incremental[table] == rows, table


def test_every_record_goes_to_one_place_with_its_reason(loaded: Any) -> None:
    rows = loaded.query(
        "select source_key, disposition, reason, records from marts.rpt_record_accounting "
        "order by all"
    )
    assert rows == [
        ("newer", "mart_index", "on_asked_date", 1),
        ("newer", "mart_ohlc", "on_asked_date", 2),
        ("newer", "mart_ohlc", "on_older_date", 1),
        ("older", "mart_ohlc", "on_asked_date", 2),
        ("older", "quarantined", "closed_day", 1),
        ("older", "quarantined", "missing_fields", 1),
        ("older", "quarantined", "ohlc_broken", 1),
        ("older", "quarantined", "unknown_identifier", 1),
        ("older", "superseded", "newer_version", 1),
        ("older", "superseded", "other_series", 1),
        ("refused", "quarantined", "html_page", 1),
        ("saturday", "mart_ohlc", "on_asked_date", 60),
        ("saturday", "superseded", "identical_repeat", 1),
    ]


def test_fault_10_an_older_reply_never_overwrites_a_newer_one(loaded: Any) -> None:
    rows = loaded.query("select close_price from marts.fct_ohlc_daily where symbol = 'TCS'")
    assert [float(price) for (price,) in rows] == [107.0]


def test_a_row_that_left_its_reply_leaves_the_mart(loaded: Any) -> None:
    assert loaded.query("select * from marts.fct_ohlc_daily where symbol = 'GONE'") == []
    assert loaded.query("select * from marts.dim_securities where symbol = 'GONE'") == []


def test_fault_23_one_series_of_a_symbol_holds_the_day(loaded: Any) -> None:
    rows = loaded.query("select series from marts.fct_ohlc_daily where symbol = 'SUZLON'")
    assert rows == [("EQ",)]


def test_fault_24_stale_rows_are_loaded_under_their_own_date(loaded: Any) -> None:
    rows = loaded.query(
        "select trade_date::varchar, source_key from marts.fct_ohlc_daily where symbol = 'L&TFH'"
    )
    assert rows == [("2024-04-22", "newer")]


def test_fault_18_a_session_on_a_saturday_is_unplanned_and_no_row_is_lost(loaded: Any) -> None:
    rows = loaded.query(
        "select is_session, session_type, previous_session_date::varchar from marts.dim_dates "
        "where calendar_date in ('2024-04-27', '2024-04-28') order by calendar_date"
    )
    assert rows == [(True, "unplanned", "2024-04-26"), (False, None, "2024-04-27")]
    assert loaded.query(
        "select securities_traded from marts.fct_market_breadth_daily "
        "where trade_date = '2024-04-27' and universe = 'all'"
    ) == [(60,)]


def test_fault_16_a_single_row_makes_no_session_of_a_holiday(loaded: Any) -> None:
    rows = loaded.query(
        "select is_session, description from marts.dim_dates where calendar_date = '2024-04-17'"
    )
    assert rows == [(False, "Ram Navami")]


def test_fault_21_text_is_typed_and_counted(loaded: Any) -> None:
    rows = loaded.query(
        "select close_price, close_price_flaw, vendor_change_pct_30d, vendor_change_pct_30d_flaw "
        "from intermediate.int_quotes__parsed where symbol = 'TEXT'"
    )
    assert [(float(rows[0][0]), *rows[0][1:])] == [(0.1585, "text_number", None, "nan")]


def test_fault_22_a_broken_record_says_what_it_held(loaded: Any) -> None:
    ((detail,),) = loaded.query(
        "select detail from intermediate.int_quotes__disposed where symbol = 'BROKEN'"
    )
    assert "low_price=120.0000" in detail
    assert "identifier=BROKENEQN" in detail


def test_dbt_and_python_read_the_same_calendar(loaded: Any, calendar: TradingCalendar) -> None:
    rows = loaded.query(
        "select calendar_date, is_listed_session, session_type, description "
        "from intermediate.int_calendar__days order by calendar_date"
    )
    days = [row[0] for row in rows]
    span = (calendar.last - calendar.first).days + 1
    assert days == [calendar.first + timedelta(days=n) for n in range(span)]
    for day, is_session, session_type, description in rows:
        assert is_session == calendar.is_session(day), day
        if day != date(2024, 4, 27):
            assert session_type == calendar.session_type(day), day
        assert (description or "") == calendar.description(day), day
    ((neighbours,),) = loaded.query(
        "select count(*) from marts.dim_dates where calendar_date = '2024-01-20' "
        "and previous_session_date = '2024-01-19' and next_session_date = '2024-01-23'"
    )
    assert neighbours == 1


def test_each_mart_is_described_and_under_contract(loaded: Any) -> None:
    columns = loaded.query(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    )
    assert {table for table, _, _ in columns} == marts()
    assert [row for row in columns if not row[2]] == []
    tables = loaded.query("select comment from duckdb_tables() where schema_name = 'marts'")
    assert all(comment.startswith("One row per") for (comment,) in tables)
