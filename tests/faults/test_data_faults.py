"""Faults 16, 19 and 21 to 25: what can be wrong inside a reply, judged by promotion and by dbt.

One house takes a week of spoiled replies and is built once; the tests look at what came of it.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from expectations.runner import run_suite
from ingestion.errors import BuildFailed
from ingestion.loading.reading import DuckDBFile
from sandbox.exchange.faults import Body, Mutate

Row = dict[str, Any]
TIME = "%d-%b-%Y %H:%M:%S"

MONDAY, TUESDAY, WEDNESDAY = date(2025, 10, 13), date(2025, 10, 14), date(2025, 10, 15)
THURSDAY, FRIDAY = date(2025, 10, 16), date(2025, 10, 17)
SATURDAY, HOLIDAY = date(2025, 10, 18), date(2025, 10, 22)


SHARES: dict[date, list[str]] = {}  # by session, in the order of the reply: whom the changes hit


def spoil(changes: dict[int, Callable[[Row], Any]]) -> Mutate:
    """Change the n-th share of the newest session; each change is one record."""

    def mutate(rows: list[Row]) -> list[Any]:
        newest = max(datetime.strptime(row["lastUpdateTime"], TIME) for row in rows).date()
        shares = [
            place
            for place, row in enumerate(rows)
            if row["identifier"] != row["symbol"]
            and datetime.strptime(row["lastUpdateTime"], TIME).date() == newest
        ]
        SHARES[newest] = [rows[place]["symbol"] for place in shares]
        after: list[Any] = list(rows)
        for number, change in changes.items():
            after[shares[number]] = change({**rows[shares[number]]})
        return after

    return Mutate(mutate)


def older(days: int) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        moment = datetime.strptime(row["lastUpdateTime"], TIME) - timedelta(days=days)
        return {**row, "lastUpdateTime": moment.strftime(TIME)}

    return change


REPLIES = {
    # 21: text where numbers belong; the last two leave a price that cannot be known
    MONDAY: spoil(
        {
            0: lambda row: {**row, "perChange365d": "0.158519", "perChange30d": "-"},
            1: lambda row: {**row, "yearHigh": "", "yearLow": "NaN"},
            2: lambda row: {
                key: str(v) if isinstance(v, int | float) else v for key, v in row.items()
            },
            3: lambda row: {**row, "lastPrice": float("nan")},
            4: lambda row: {**row, "totalTradedValue": float("inf")},
        }
    ),
    # 22: broken values, fewer than one in a hundred
    TUESDAY: spoil(
        {
            0: lambda row: {**row, "dayLow": row["dayHigh"] + 1, "dayHigh": row["dayLow"]},
            1: lambda row: {**row, "lastPrice": -row["lastPrice"]},
            2: lambda row: {**row, "lastPrice": row["dayHigh"] * 1.5},
            3: lambda row: {**row, "open": 0},
        }
    ),
    # 19: the shape of a record changes
    WEDNESDAY: spoil(
        {
            0: lambda row: {**row, "deliveryPercent": 41.5},
            1: lambda row: dict(reversed(row.items())),
            2: lambda row: {f" {key}": value for key, value in row.items()},
            3: lambda row: {("ltp" if key == "lastPrice" else key): v for key, v in row.items()},
            4: lambda row: row["symbol"],
        }
    ),
    # 24: a record of an older date in today's reply; 25: what is neither share nor index
    THURSDAY: spoil(
        {
            10: older(days=2),
            1: lambda row: {**row, "identifier": f"{row['symbol']}-??"},
            2: lambda row: {**row, "meta": {**row["meta"], "isin": None}},
            3: lambda row: {**row, "lastUpdateTime": "yesterday"},
        }
    ),
    FRIDAY: None,
}


@pytest.fixture(scope="module")
def spoiled(module_house) -> Iterator[Any]:
    """The house after a week of replies like these, built once."""
    for day, fault in REPLIES.items():
        if fault:
            module_house.exchange.script("/any", fault)
        module_house.ingest(day)
    module_house.ingest(HOLIDAY)
    module_house.promote()
    module_house.load()
    module_house.build()
    return module_house


@pytest.fixture(scope="module")
def symbols(spoiled) -> dict[date, list[str]]:
    """The shares of each spoiled session."""
    return SHARES


def on(spoiled, day: date, symbol: str) -> list[tuple[Any, ...]]:
    return spoiled.rows(
        f"select * from marts.fct_ohlc_daily where trade_date = '{day}' and symbol = '{symbol}'"
    )


def quarantined(spoiled, day: date) -> dict[str, str]:
    """Symbol → reason of the records of a reply that dbt refused."""
    return dict(
        spoiled.rows(
            "select symbol, reason from intermediate.int_quotes__disposed "
            f"where disposition = 'quarantined' and asked_trade_date = '{day}'"
        )
    )


def test_fault_16_holiday_is_green_and_empty(spoiled):
    outcomes = spoiled.rows(
        f"select status, detail from raw_data.ingestion_outcomes where trade_date = '{HOLIDAY}'"
    )
    assert [status for status, _ in outcomes] == ["holiday"]
    assert "Balipratipada" in outcomes[0][1]
    assert spoiled.keys(f"landing/source=rapidapi/dataset=quotes/trade_date={HOLIDAY}") == []
    assert spoiled.rows(
        f"select is_session, session_type from marts.dim_dates where calendar_date = '{HOLIDAY}'"
    ) == [(False, None)]
    assert not spoiled.exchange.requests[-1].path.endswith(str(HOLIDAY))
    assert len(spoiled.exchange.requests) == len(REPLIES)  # nobody was asked on the holiday


def test_fault_16_weekend_asks_nobody(house):
    assert house.ingest(SATURDAY).status == "holiday"
    assert house.exchange.requests == []


def test_fault_19_added_reordered_and_blank_padded_fields_are_mapped(spoiled, symbols):
    for number in (0, 1, 2):
        assert len(on(spoiled, WEDNESDAY, symbols[WEDNESDAY][number])) == 1
    added = spoiled.rows(
        "select payload ->> '$.delivery_percent' from raw_data.rapidapi_quotes "
        f"where trade_date = '{WEDNESDAY}' and (payload ->> '$.delivery_percent') is not null"
    )
    assert added == [("41.5",)]


def test_fault_19_missing_fields_go_to_quarantine_by_name(spoiled, symbols):
    refused = spoiled.rows(
        "select reason, detail from raw_data.quarantined_records "
        f"where trade_date = '{WEDNESDAY}' order by reason"
    )
    assert [reason for reason, _ in refused] == ["missing_fields", "not_an_object"]
    assert "lacks last_price" in refused[0][1]
    assert "ltp" in refused[0][1]  # what was there instead
    assert on(spoiled, WEDNESDAY, symbols[WEDNESDAY][3]) == []


def test_fault_19_a_byte_order_mark_is_no_fault(house):
    house.exchange.set_clock(house.evening(FRIDAY))
    house.ingest(FRIDAY)
    [key] = house.keys("landing/")
    plain = house.store.read(key).content.decode()
    house.exchange.script("/any", Body("\ufeff" + plain))
    outcome = house.ingest(FRIDAY, again=True)
    assert outcome.status == "ok"
    reports = house.promote()
    assert [report.promoted for report in reports] == [len(json.loads(plain))] * 2


def test_fault_21_text_becomes_a_number_or_null_with_a_count(spoiled, symbols):
    counted = {
        (column, reason): affected
        for column, reason, affected in spoiled.rows(
            "select column_name, reason, records_affected from marts.rpt_data_quality_daily "
            f"where trade_date = '{MONDAY}'"
        )
    }
    assert counted["vendor_change_pct_365d", "text_number"] >= 1
    assert counted["vendor_change_pct_30d", "dash"] >= 1
    assert counted["high_52w", "empty"] == 1
    assert counted["low_52w", "nan"] == 1
    assert counted["close_price", "nan"] == 1
    assert counted["turnover_inr", "infinity"] == 1
    [vendor] = spoiled.rows(
        "select vendor_change_pct_365d, vendor_change_pct_30d from marts.fct_ohlc_daily "
        f"where trade_date = '{MONDAY}' and symbol = '{symbols[MONDAY][0]}'"
    )
    assert vendor == (pytest.approx(0.00158519, rel=1e-12), None)  # percent, kept as a fraction
    assert len(on(spoiled, MONDAY, symbols[MONDAY][2])) == 1  # every number as text
    reasons = quarantined(spoiled, MONDAY)
    assert reasons[symbols[MONDAY][3]] == "missing_price"
    assert symbols[MONDAY][1] not in reasons


def test_fault_22_broken_prices_go_to_quarantine_others_load(spoiled, symbols):
    hit = symbols[TUESDAY]
    assert quarantined(spoiled, TUESDAY) == {
        hit[0]: "ohlc_broken",
        hit[1]: "negative_price",
        hit[2]: "ohlc_broken",
        hit[3]: "zero_price",
    }
    [(loaded,)] = spoiled.rows(
        f"select count(*) from marts.fct_ohlc_daily where trade_date = '{TUESDAY}'"
    )
    assert loaded == len(set(hit)) - 4


def test_fault_22_more_than_one_in_a_hundred_fails_the_audit(spoiled):
    before = spoiled.rows("select count(*), max(trade_date) from marts.fct_ohlc_daily")
    spoiled.exchange.script("/any", Mutate("negative_price", rows=10))
    monday_after = date(2025, 10, 20)
    spoiled.ingest(monday_after)
    spoiled.promote()
    spoiled.load()
    with pytest.raises(BuildFailed, match="assert_broken_records_stay_below_threshold"):
        spoiled.build()
    assert spoiled.rows("select count(*), max(trade_date) from marts.fct_ohlc_daily") == before
    later = spoiled.evening(monday_after) + timedelta(hours=1)
    spoiled.ingest(
        monday_after, again=True, at=later
    )  # the next reply is whole: it heals by itself
    spoiled.promote()
    spoiled.load()
    spoiled.build()
    assert spoiled.rows("select max(trade_date) from marts.fct_ohlc_daily") == [(monday_after,)]


def test_fault_23_two_series_of_a_symbol_and_a_stale_one(spoiled):
    """A symbol that moved from EQ to BE stands twice in a reply; the stale row keeps its date."""
    doubled = spoiled.rows(
        "select symbol, asked_trade_date from intermediate.int_quotes__disposed "
        "where instrument_type = 'share' group by all having count(distinct series) > 1"
    )
    assert doubled, "the simulated week has a symbol that changed its series"
    for symbol, day in doubled:
        assert len(on(spoiled, day, symbol)) <= 1
    assert spoiled.rows(
        "select count(*) - count(distinct (security_sk, trade_date)) from marts.fct_ohlc_daily"
    ) == [(0,)]
    [(raw,)] = spoiled.rows(
        "select count(*) from raw_data.rapidapi_quotes where (payload ->> '$.symbol') = "
        f"'{doubled[0][0]}' and trade_date = '{doubled[0][1]}'"
    )
    assert raw == 2  # both are kept raw


def test_fault_24_an_older_record_belongs_to_its_own_date(spoiled, symbols):
    symbol = symbols[THURSDAY][10]
    assert on(spoiled, THURSDAY, symbol) == []
    rows = spoiled.rows(
        "select disposition, trade_date from intermediate.int_quotes__disposed "
        f"where asked_trade_date = '{THURSDAY}' and symbol = '{symbol}'"
    )
    assert rows[0][1] == THURSDAY - timedelta(days=2)


def test_fault_25_unknown_records_and_missing_isins(spoiled, symbols):
    reasons = quarantined(spoiled, THURSDAY)
    assert reasons[symbols[THURSDAY][1]] == "unknown_identifier"
    assert reasons[symbols[THURSDAY][3]] == "unparseable_time"
    assert len(on(spoiled, THURSDAY, symbols[THURSDAY][2])) == 1  # a share without ISIN is a share
    [(indices, shares)] = spoiled.rows(
        "select (select count(*) from marts.fct_index_daily where trade_date = day), "
        "(select count(*) from marts.fct_ohlc_daily join marts.dim_indices on symbol = index_name) "
        f"from (select date '{THURSDAY}' as day)"
    )
    assert indices > 20
    assert shares == 0


def test_a_session_asked_for_before_it_opened_fails_nothing(house):
    """The API gives yesterday's quotes then: they are yesterday's, and nothing is red."""
    early = house.evening(THURSDAY).replace(hour=2)
    assert house.ingest(THURSDAY, at=early).status == "not_published"
    house.promote()
    house.load()
    report = run_suite(
        "arrival", warehouse=DuckDBFile(house.warehouse.path), output=house.home / "gx"
    )
    assert report.passed, report.failures
    assert report.sessions == (WEDNESDAY,)


def test_every_record_of_the_week_is_accounted_for(spoiled):
    [(received,)] = spoiled.rows(
        "select sum(records_in) from raw_data.ingestion_outcomes where stage = 'promote'"
    )
    [(accounted,)] = spoiled.rows("select sum(records) from marts.rpt_record_accounting")
    assert accounted == received
