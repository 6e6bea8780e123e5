"""Raw lines of the exchange's files through the real dbt: which price a session has, and why."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

MODELS = ("+int_prices__bars", "+int_prices__accounting", "+dim_dates")


def run(warehouse: Any) -> None:
    done = warehouse.dbt("run", "--select", *MODELS)
    assert done.returncode == 0, done.output


def bars(warehouse: Any, days: str, columns: str) -> list[Any]:
    """The bars of the days between two, both included, such as '2024-01-02 2024-01-03'."""
    first, last = (days.split() * 2)[:2]
    return warehouse.query(
        f"select {columns} from intermediate.int_prices__bars "
        f"where trade_date between '{first}' and '{last}' order by trade_date, symbol"
    )


def accounted(warehouse: Any, day: str) -> list[Any]:
    return warehouse.query(
        "select dataset_name, disposition, reason, sum(records)::int "
        f"from intermediate.int_prices__accounting where trade_date = '{day}' "
        "group by all order by all"
    )


@pytest.fixture(scope="module")
def history(new_warehouse: Callable[[], Any], make: SimpleNamespace) -> Any:
    """One build over days that hold one case each; only to be read."""
    warehouse = new_warehouse()
    legacy, udiff, delivery = make.legacy, make.udiff, make.delivery

    def archive(day: str, **files: list[dict[str, Any]]) -> None:
        tables = {
            "legacy": "nse_bhavcopy_legacy",
            "udiff": "nse_bhavcopy_udiff",
            "sec": "nse_sec_bhavdata",
        }
        for name, lines in files.items():
            warehouse.archive(tables[name], lines, day)

    # Saturday, a holiday, a year without a list of holidays, a Sunday of such a year.
    for day in ("2024-01-21", "2024-01-26", "1994-11-03", "1996-11-10"):
        archive(day, legacy=[legacy("A", 105)])
    archive(
        "2001-08-03",
        legacy=[
            legacy("A", 105),
            legacy("A", 90, series="BE"),
            legacy("B", 40, series="BE"),
        ],
    )
    archive("2024-01-02", legacy=[legacy("A", 105), legacy("B", 50, 60)], sec=[delivery("A", 105)])
    archive("2024-01-03", sec=[delivery("A", 107, 105)])
    archive(
        "2024-01-04",
        sec=[delivery("A", 7, 6, ttl_trd_qnty="6", turnover_lacs="0.00", avg_price="6.75")],
    )
    archive(
        "2024-01-05",
        legacy=[
            legacy("HIGHLOW", 105, low_price="200"),
            legacy("ZERO", 105, open_price="0"),
            legacy("DASH", 105, close_price="-"),
            legacy("MINUS", 105, low_price="-5"),
            legacy("SAVED", 105, high_price="1"),
            legacy("GOOD", 105),
            legacy("1018GS2026", 105, series="GS"),
        ],
        sec=[delivery("SAVED", 105)],
    )
    archive("2024-07-04", legacy=[legacy("A", 105)])
    archive("2024-07-05", legacy=[legacy("A", 110, 105)], udiff=[udiff("A", 110, 105)])
    archive("2024-07-08", udiff=[udiff("A", 120, 110)])
    archive("2024-07-09", sec=[delivery("A", 125, 120)])
    run(warehouse)
    return warehouse


def test_the_bhavcopy_is_the_price_and_the_other_file_adds_delivery(history: Any) -> None:
    columns = "symbol, close_price::double, source_name, delivery_qty, isin"
    assert bars(history, "2024-01-02 2024-01-03", columns) == [
        ("A", 105.0, "nse_legacy", 400, "INEA00A01010"),
        ("B", 50.0, "nse_legacy", None, "INEB00A01010"),
        ("A", 107.0, "nse_sec_bhavdata", 400, None),
    ]


def test_fault_20_both_formats_and_both_units_give_one_continuous_history(history: Any) -> None:
    """Legacy until July 2024, UDiFF after it, both on one day; lakhs in the third file."""
    columns = "source_name, close_price::double, previous_close_price::double, turnover_inr::double"
    rows = bars(history, "2024-07-04 2024-07-09", columns)
    assert rows == [
        ("nse_legacy", 105.0, 100.0, 105_000.0),
        ("nse_udiff", 110.0, 105.0, 110_000.0),
        ("nse_udiff", 120.0, 110.0, 120_000.0),
        ("nse_sec_bhavdata", 125.0, 120.0, 125_000.0),
    ]
    assert accounted(history, "2024-07-05") == [
        ("bhavcopy_legacy", "superseded", "newer_version", 1),
        ("bhavcopy_udiff", "mart_prices", "price", 1),
    ]


def test_a_trade_too_small_for_lakhs_keeps_its_value(history: Any) -> None:
    assert bars(history, "2024-01-04", "turnover_inr::double, vwap::double") == [(40.5, 6.75)]


def test_fault_22_a_broken_line_is_quarantined_and_the_other_file_stands_in(history: Any) -> None:
    assert bars(history, "2024-01-05", "symbol, close_price::double, source_name") == [
        ("GOOD", 105.0, "nse_legacy"),
        ("SAVED", 105.0, "nse_sec_bhavdata"),
    ]
    assert accounted(history, "2024-01-05") == [
        ("bhavcopy_legacy", "mart_prices", "price", 1),
        ("bhavcopy_legacy", "out_of_scope", "series_not_equity", 1),
        ("bhavcopy_legacy", "quarantined", "missing_price", 1),
        ("bhavcopy_legacy", "quarantined", "negative_price", 1),
        ("bhavcopy_legacy", "quarantined", "ohlc_broken", 2),
        ("bhavcopy_legacy", "quarantined", "zero_price", 1),
        ("sec_bhavdata", "mart_prices", "price", 1),
    ]


def test_fault_22_too_many_broken_lines_close_the_gate(history: Any) -> None:
    """The newest sessions hold one with five broken lines of six."""
    done = history.dbt(
        "test",
        "--select",
        "assert_broken_prices_stay_below_threshold",
        "--vars",
        "audit_sessions_days: 400",
    )
    assert done.named("fail") == {"assert_broken_prices_stay_below_threshold"}


def test_fault_18_a_file_makes_a_session_of_a_day_that_no_list_has(history: Any) -> None:
    rows = history.query(
        "select calendar_date::varchar, session_type, is_session from marts.dim_dates where "
        "calendar_date in ('1994-11-03', '1994-11-04', '1996-11-10', '2024-01-21', '2024-01-26', "
        "'2024-01-28') order by calendar_date"
    )
    assert rows == [
        ("1994-11-03", "regular", True),
        ("1994-11-04", None, False),
        ("1996-11-10", "unplanned", True),
        ("2024-01-21", "unplanned", True),
        ("2024-01-26", "unplanned", True),
        ("2024-01-28", None, False),
    ]
    assert len(bars(history, "1994-11-03 1996-11-10", "symbol")) == 2


def test_one_series_is_the_price_of_a_day(history: Any) -> None:
    assert bars(history, "2001-08-03", "symbol, series, close_price::double") == [
        ("A", "EQ", 105.0),
        ("B", "BE", 40.0),
    ]


def test_fault_28_later_loads_change_what_they_concern(
    new_warehouse: Callable[[], Any], make: SimpleNamespace
) -> None:
    """A corrected file, in any order of loading; one that is none after all; quotes before it."""
    warehouse = new_warehouse()
    prices, where = "nse_bhavcopy_legacy", "symbol, close_price::double, source_name"

    def version(name: str, close: float, fetched_at: str, loaded_at: str) -> None:
        lines = [make.legacy("A", close)] + ([make.legacy("B", 50, 60)] if close < 107 else [])
        warehouse.archive(
            prices,
            lines,
            "2024-01-02",
            source_key=name,
            fetched_at=fetched_at,
            loaded_at=loaded_at,
        )

    version("new", 106, "2024-01-02 20:00", "2026-01-01 00:00")
    for day in ("2024-01-03", "2024-01-04"):
        warehouse.archive(prices, [make.legacy("A", 105)], day)
    warehouse.load("reply", [make.quote("A"), make.quote("B")], fetched_at="2024-04-26 11:00")
    evening = "25-Apr-2024 15:59:00"
    for name, symbol, loaded_at in (("gone", "C", "2024-05-01"), ("kept", "D", "2024-05-02")):
        warehouse.load(
            name,
            [make.quote(symbol, last_update_time=evening)],
            fetched_at=f"2024-04-25 1{len(symbol)}:00",
            asked="2024-04-25",
            loaded_at=loaded_at,
        )
    run(warehouse)
    assert bars(warehouse, "2024-01-02", where)[0] == ("A", 106.0, "nse_legacy")
    assert bars(warehouse, "2024-04-26", "symbol, source_name, is_official") == [
        ("A", "rapidapi", False),
        ("B", "rapidapi", False),
    ]

    assert bars(warehouse, "2024-04-25", "symbol") == [("C",), ("D",)]

    # A reply that is not the newest of its day turns out to be none.
    warehouse.execute("delete from raw_data.rapidapi_quotes where source_key = 'gone'")
    version("old", 105, "2024-01-02 13:00", "2026-01-02 00:00")  # loaded later, fetched earlier
    warehouse.archive(prices, [], "2024-01-04", loaded_at="2026-01-02 00:00")
    warehouse.archive(prices, [make.legacy("A", 104)], "2024-04-26", loaded_at="2026-01-02")
    run(warehouse)
    assert bars(warehouse, "2024-01-02", where)[0] == ("A", 106.0, "nse_legacy")
    assert bars(warehouse, "2024-01-03 2024-01-04", "trade_date::varchar") == [("2024-01-03",)]
    assert bars(warehouse, "2024-04-25", "symbol") == [("D",)]
    assert bars(warehouse, "2024-04-26", "symbol, source_name, is_official") == [
        ("A", "nse_legacy", True)
    ]

    version("newest", 107, "2024-01-03 09:00", "2026-01-03 00:00")
    run(warehouse)
    assert bars(warehouse, "2024-01-02", where) == [
        ("A", 107.0, "nse_legacy"),
        ("B", 50.0, "nse_legacy"),
    ]


def test_fault_26_a_split_that_is_learned_loses_no_revision(
    new_warehouse: Callable[[], Any], make: SimpleNamespace
) -> None:
    """Revisions are built by session: of one security alone they must not be forgotten."""
    warehouse = new_warehouse()
    days = (("2024-04-24", 200, "200"), ("2024-04-25", 100, "200"), ("2024-04-26", 104, "100"))
    for day, close, before in days:
        lines = [make.legacy("A", close, close, prevclose=before), make.legacy("B", 50, 50)]
        warehouse.archive("nse_bhavcopy_legacy", lines, day)
    warehouse.load("reply", [make.quote("A"), make.quote("B")], fetched_at="2024-04-26 11:00")
    select = ("--select", "+fct_price_revisions")
    assert warehouse.dbt("run", *select).returncode == 0
    known = (
        "select symbol, trade_date::varchar, version_no, close_price::double "
        "from marts.fct_price_revisions order by all"
    )
    first = warehouse.query(known)
    assert [(symbol, number) for symbol, _, number, _ in first] == [
        *(("A", 1), ("A", 2), ("B", 1), ("B", 2))
    ]

    split = {
        **{"symbol": "A", "series": "EQ", "ex_date": "25-Apr-2024", "face_val": "10"},
        "subject": "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 5/- Per Share",
    }
    warehouse.execute(
        "insert into raw_data.nse_corporate_actions by name select $1::json as payload, "
        "'actions' as source_key, 1 as record_no, timestamp '2024-04-27 13:00' as fetched_at, "
        "date '2024-04-27' as trade_date, timestamp '2026-01-02' as loaded_at",
        [[json.dumps(split)]],
    )
    assert warehouse.dbt("run", *select).returncode == 0
    factor = "select share_factor from intermediate.int_corporate_actions__price_factors"
    assert warehouse.query(factor) == [(2.0,)]
    assert warehouse.query(known) == first
    rows = warehouse.query("from marts.fct_price_revisions order by all")
    assert warehouse.dbt("run", "--full-refresh", *select).returncode == 0
    assert warehouse.query("from marts.fct_price_revisions order by all") == rows
