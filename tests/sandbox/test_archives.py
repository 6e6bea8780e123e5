"""The exchange's files: they say what the market's bars say, in the habits of their era."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from sandbox.archives import (
    UNPLANNED,
    constituents,
    equity_list,
    holidays,
    index_closes,
    index_name,
    legacy_bhavcopy,
    sec_bhavdata,
    symbol_changes,
    udiff_bhavcopy,
)
from sandbox.calendar import long_calendar
from sandbox.market import DailyBar, Market

SHARES = ("EQ", "BE", "BZ", "SM", "ST", "SZ")
DAY = date(2024, 5, 7)


def opened(content: bytes) -> tuple[str, str]:
    """(name, text) of the only member of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = archive.namelist()
        return name, archive.read(name).decode("ascii")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def long_market() -> Market:
    """Sixty shares from 2005 on: long enough for every era of the files."""
    return Market.build(
        securities=60, start=date(2005, 1, 3), end=date(2024, 7, 31), calendar=long_calendar()
    )


def shares(rows: list[dict[str, str]], symbol: str, series: str) -> dict[str, dict[str, str]]:
    return {row[symbol].strip(): row for row in rows if row[series].strip() in SHARES}


def bars(market: Market, day: date) -> dict[str, DailyBar]:
    return {bar.symbol: bar for bar in market.bars_on(day)}


@pytest.mark.parametrize("day", [date(2021, 3, 9), DAY, date(2025, 10, 21)])
def test_the_legacy_file_says_what_the_bars_say(market: Market, day: date) -> None:
    name, text = opened(legacy_bhavcopy(market, day))
    assert name == f"cm{day:%d%b%Y}bhav.csv".replace(f"{day:%b}", f"{day:%b}".upper())
    told, expected = shares(table(text), "SYMBOL", "SERIES"), bars(market, day)
    assert told.keys() == expected.keys()
    for symbol, bar in expected.items():
        row = told[symbol]
        assert (row["SERIES"], row["ISIN"]) == (bar.series, bar.isin)
        prices = [float(row[key]) for key in ("OPEN", "HIGH", "LOW", "CLOSE", "PREVCLOSE")]
        assert prices == [bar.open, bar.high, bar.low, bar.close, bar.previous_close]
        assert (int(row["TOTTRDQTY"]), int(row["TOTALTRADES"])) == (bar.volume, bar.trades)
        assert float(row["TOTTRDVAL"]) == pytest.approx(bar.turnover, abs=0.006)


def test_the_udiff_file_says_what_the_legacy_file_says(market: Market) -> None:
    name, text = opened(udiff_bhavcopy(market, DAY))
    assert name == "BhavCopy_NSE_CM_0_0_0_20240507_F_0000.csv"
    rows, legacy = table(text), table(opened(legacy_bhavcopy(market, DAY))[1])
    assert len(rows[0]) == 34
    assert {row["FinInstrmTp"] for row in rows} == {"STK"}
    pairs = [
        ("TckrSymb", "SYMBOL"), ("SctySrs", "SERIES"), ("ISIN", "ISIN"), ("OpnPric", "OPEN"),
        ("HghPric", "HIGH"), ("LwPric", "LOW"), ("ClsPric", "CLOSE"), ("PrvsClsgPric", "PREVCLOSE"),
        ("TtlTradgVol", "TOTTRDQTY"), ("TtlTrfVal", "TOTTRDVAL"),
        ("TtlNbOfTxsExctd", "TOTALTRADES"),
    ]  # fmt: skip
    for modern, old in zip(rows, legacy, strict=True):
        assert modern["TradDt"] == modern["BizDt"] == "2024-05-07"
        for ours, theirs in pairs:
            assert plain(modern[ours]) == plain(old[theirs])
        assert float(modern["LastPric"] or 0) == float(old["LAST"])
    assert any(row["SttlmPric"] != row["ClsPric"] for row in rows)


def plain(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def test_the_full_bhavdata_has_delivery_and_lacks_some_rows(market: Market) -> None:
    text = sec_bhavdata(market, DAY).decode("ascii")
    header, first = text.split("\n")[:2]
    assert header.startswith("SYMBOL, SERIES, DATE1, PREV_CLOSE, ")
    assert first.count(", ") == 14
    rows, expected = table(text), bars(market, DAY)
    told = shares(rows, "SYMBOL", " SERIES")
    missing = expected.keys() - told.keys()
    assert 0 < len(missing) < 0.05 * len(expected)
    assert not {row[" SERIES"].strip() for row in rows} & {"BL", "N2"}
    for symbol, row in told.items():
        bar = expected[symbol]
        assert float(row[" CLOSE_PRICE"]) == bar.close
        assert float(row[" AVG_PRICE"]) == bar.vwap
        assert float(row[" TURNOVER_LACS"]) == pytest.approx(bar.turnover / 1e5, abs=0.006)
        if bar.series in ("BE", "BZ"):
            assert row[" DELIV_QTY"] == row[" DELIV_PER"] == " -"
        else:
            delivered = int(row[" DELIV_QTY"])
            assert 0 < delivered <= bar.volume
            assert float(row[" DELIV_PER"]) == pytest.approx(
                100 * delivered / bar.volume, abs=0.006
            )


@pytest.mark.parametrize(
    ("day", "columns", "stamp", "tail"),
    [
        (date(2005, 4, 1), 11, "1-APR-2005", ",\n"),
        (date(2010, 6, 1), 11, "01-JUN-2010", ",\n"),
        (date(2011, 6, 21), 11, "21-JUN-2011", ",\n"),
        (date(2011, 6, 22), 13, "22-JUN-2011", ",\n"),
        (date(2017, 7, 10), 13, "10-JUL-2017", "\r\n"),
        (date(2020, 7, 13), 13, "13-Jul-20", "\n"),
    ],
)
def test_every_era_of_the_legacy_file_has_its_habits(
    long_market: Market, day: date, columns: int, stamp: str, tail: str
) -> None:
    name, text = opened(legacy_bhavcopy(long_market, day))
    lines = text.splitlines(keepends=True)
    assert all(line.endswith(tail) for line in lines)
    assert tail != "\n" or not lines[0].endswith(",\n")
    cells = [line.rstrip("\r\n").rstrip(",").split(",") for line in lines]
    assert {len(row) for row in cells} == {columns}
    assert {row[10] for row in cells[1:]} == {stamp}
    assert ("/" in name) is (day == date(2020, 7, 13))
    assert not any(cell.endswith((".0", ".10")) for row in cells for cell in row)


def test_the_previous_close_chain_holds_in_the_files(market: Market) -> None:
    sessions = [day for day in market.sessions if date(2024, 3, 1) <= day <= date(2024, 6, 28)]
    last: dict[str, str] = {}
    breaks = 0
    for day in sessions:
        for symbol, row in shares(
            table(opened(legacy_bhavcopy(market, day))[1]), "SYMBOL", "SERIES"
        ).items():
            breaks += symbol in last and last[symbol] != row["PREVCLOSE"]
            last[symbol] = row["CLOSE"]
    assert len(last) > 300
    assert breaks == 0


def test_other_series_trade_beside_and_break_the_rules(market: Market) -> None:
    rows = [
        row
        for day in market.sessions
        if date(2024, 5, 1) <= day <= date(2024, 5, 31)
        for row in table(opened(legacy_bhavcopy(market, day))[1])
    ]
    assert {row["SERIES"] for row in rows} >= {"T0", "BL", "N2", "GB", "P1"}
    outside = [
        row["SERIES"]
        for row in rows
        if not float(row["LOW"]) <= float(row["CLOSE"]) <= float(row["HIGH"])
    ]
    assert set(outside) == {"T0"}
    keys = [(row["SYMBOL"], row["SERIES"], row["TIMESTAMP"]) for row in rows]
    assert len(keys) == len(set(keys))
    early = table(opened(legacy_bhavcopy(market, date(2024, 3, 27)))[1])
    assert not any(row["SERIES"] == "T0" for row in early)


@pytest.mark.parametrize(
    ("day", "name", "stamp"),
    [
        (date(2012, 10, 1), "S&P CNX Nifty", "01-10-2012"),
        (date(2013, 10, 1), "CNX Nifty", "01-10-2013"),
        (date(2014, 6, 26), "CNX Nifty", "26/06/2014"),
        (date(2015, 11, 6), "CNX Nifty", "06-11-2015"),
        (date(2015, 11, 10), "Nifty 50", "10-11-2015"),
        (date(2023, 4, 10), "Nifty 50", "04-10-2023"),
        (date(2023, 4, 12), "Nifty 50", "12-04-2023"),
    ],
)
def test_the_index_file_has_the_names_and_dates_of_its_era(
    long_market: Market, day: date, name: str, stamp: str
) -> None:
    rows = table(index_closes(long_market, day).decode("ascii"))
    expected = long_market.index_bars_on(day)[0]
    assert expected.name == "NIFTY 50"
    assert (rows[0]["Index Name"], rows[0]["Index Date"]) == (name, stamp)
    assert float(rows[0]["Closing Index Value"]) == expected.close
    assert {row["Index Date"] for row in rows} == {stamp}
    assert any(row["Open Index Value"] == "-" for row in rows)
    assert any(row["Index Name"] == "India VIX" for row in rows) is (day > date(2014, 5, 1))
    numbers = [value for row in rows for key, value in row.items() if key not in ("Index Name",)]
    assert not any(value.lstrip("-").startswith("0.") for value in numbers)


def test_every_index_of_the_feed_has_a_name_in_the_archive(market: Market) -> None:
    told = {row["Index Name"] for row in table(index_closes(market, DAY).decode("ascii"))}
    names = {index_name(bar.name, DAY) for bar in market.index_bars_on(DAY)}
    assert None not in names
    assert names <= told


@pytest.mark.parametrize("write", [legacy_bhavcopy, udiff_bhavcopy, sec_bhavdata, index_closes])
def test_the_same_day_gives_the_same_bytes_and_a_holiday_gives_none(market: Market, write) -> None:
    again = Market.build()
    assert write(market, DAY) == write(again, DAY)
    with pytest.raises(LookupError, match="no session"):
        write(market, date(2024, 1, 26))


def test_the_masters_are_those_of_their_day(market: Market) -> None:
    rows = table(equity_list(market, DAY).decode("ascii"))
    listed = {
        known.symbol: known
        for security in market.securities
        if (known := market.identity_on(security.id, DAY)) and known.series != "SM"
    }
    assert [row["SYMBOL"] for row in rows] == sorted(listed)
    assert all(row[" ISIN NUMBER"] == listed[row["SYMBOL"]].isin for row in rows)
    changes = list(csv.reader(io.StringIO(symbol_changes(market, DAY).decode("ascii"))))
    assert {len(row) for row in changes} == {4}
    assert any(row[0].startswith(" ") for row in changes)
    assert any(row[1] == row[2] for row in changes)
    assert {row[1] for row in changes} & {row[2] for row in changes if row[1] != row[2]}
    later = symbol_changes(market, DAY + timedelta(days=600))
    assert len(later) > len(symbol_changes(market, DAY))


@pytest.mark.parametrize("write", [legacy_bhavcopy, udiff_bhavcopy])
def test_an_unplanned_saturday_has_files_and_leaves_the_chain_of_closes_whole(
    market: Market, write: Callable[[Market, date], bytes]
) -> None:
    assert not market.calendar.is_session(UNPLANNED)
    before, after = (market.calendar.previous_session, market.calendar.next_session)
    symbol, series, previous, close = (
        ("TckrSymb", "SctySrs", "PrvsClsgPric", "ClsPric")
        if write is udiff_bhavcopy
        else ("SYMBOL", "SERIES", "PREVCLOSE", "CLOSE")
    )
    earlier, trial, later = (
        shares(table(opened(write(market, day))[1]), symbol, series)
        for day in (before(UNPLANNED), UNPLANNED, after(UNPLANNED))
    )
    assert 0.25 * len(earlier) < len(trial) < 0.4 * len(earlier)
    assert all(row[previous] == earlier[name][close] for name, row in trial.items())
    assert all(later[name][previous] == row[close] for name, row in trial.items() if name in later)
    with pytest.raises(LookupError):
        index_closes(market, UNPLANNED)


def test_the_holiday_master_lists_muhurat_days_as_holidays(market: Market) -> None:
    answer = holidays(market, 2025)
    assert {"CM", "FO"} <= answer.keys()
    days = {row["tradingDate"]: row for row in answer["CM"]}
    assert days["21-Oct-2025"]["weekDay"] == "Tuesday"
    assert days["21-Oct-2025"]["description"] == "Diwali Laxmi Pujan"
    assert market.calendar.is_session(date(2025, 10, 21))
    assert not market.calendar.is_session(date(2025, 8, 15))
    assert "15-Aug-2025" in days
    assert [row["Sr_no"] for row in answer["CM"]] == list(range(1, len(days) + 1))


@pytest.mark.parametrize(("name", "count"), [("nifty50", 50), ("nifty500", 300)])
def test_constituents_are_the_largest_of_their_day(market: Market, name: str, count: int) -> None:
    rows = table(constituents(market, name, DAY).decode("ascii"))
    assert list(rows[0]) == ["Company Name", "Industry", "Symbol", "Series", "ISIN Code"]
    assert count - 2 <= len(rows) <= 500
    number = market.number_on(DAY)
    ids = market.constituents("NIFTY 50", DAY)
    fifty = {market.identity_at(number, security).symbol for security in ids}
    assert fifty <= {row["Symbol"] for row in rows}
    assert all(row["Company Name"].endswith("Ltd.") for row in rows)
