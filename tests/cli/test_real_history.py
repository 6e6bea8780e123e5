"""181 real sessions with their real corporate actions go through the whole chain, as files.

The reference is an independent system's adjusted prices, rounded to 0.05 at every event; its three
known errors are named. Figures are printed (`pytest -s`) and kept as properties of the test.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(1800)]
FIRST, LAST = date(2022, 8, 26), date(2023, 5, 22)
ERRORS_OF_THE_REFERENCE = {"SERVOTECH", "ECLERX", "RADIOCITY"}
TOLERANCE = 0.051
SESSION = re.compile(r"sec_bhavdata_full_(\d{8})\.csv\.gz")
Figures = Callable[[str, object], None]


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as somebody would have downloaded them, in one folder."""
    folder = tmp_path_factory.mktemp("downloads")
    for path in sorted((real_data / "sec_bhavdata_full").rglob("*.gz")):
        named = SESSION.fullmatch(path.name)
        if named and FIRST <= datetime.strptime(named[1], "%d%m%Y").date() <= LAST:
            shutil.copy(path, folder)
    actions = real_data / "corporate_actions"
    for path in (
        actions / "nse_corporateActions_api_2022-08-29_to_2023-05-26.json",
        actions / "events_missing_from_feed_window.csv",
        real_data / "masters" / "symbolchange_2026-08-08.csv",
        real_data / "masters" / "EQUITY_L_2026-08-08.csv",
    ):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def marts(
    investiq: Callable[..., object], folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    home = tmp_path_factory.mktemp("history")
    ended = investiq("run", "--source", "directory", str(folder), home=home, timeout=1200)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        yield con


def test_every_line_is_accounted_for(marts: duckdb.DuckDBPyConnection) -> None:
    [(sessions, received)] = marts.sql(
        "select count(distinct trade_date), count(*) from raw_data.nse_sec_bhavdata"
    ).fetchall()
    assert sessions == 181
    accounts = dict(
        marts.sql(
            "select disposition, sum(records)::int from marts.rpt_record_accounting "
            "where dataset_name = 'sec_bhavdata' group by 1"
        ).fetchall()
    )
    assert sum(accounts.values()) == received
    assert set(accounts) <= {"mart_prices", "out_of_scope", "quarantined"}
    assert accounts.get("quarantined", 0) < 0.001 * received


def test_adjusted_prices_agree_with_the_reference_on_every_row(
    marts: duckdb.DuckDBPyConnection, real_data: Path, record_property: Figures
) -> None:
    """Each of open, high, low and close within 0.051 rupees; volume is raw times the factor."""
    reference = real_data / "adjustment_reference"
    [path] = reference.glob("adjusted_ohlcv_*.csv.gz")
    marts.execute("create or replace temp table reference as select * from read_csv($1)",
                  [str(path)])  # fmt: skip
    # The reference names a share by the symbol it has at the end, through all of its history.
    marts.execute("""
        create or replace temp table compared as
        with bearers as (
            select symbol, security_sk from intermediate.int_securities__aliases
            where valid_from <= date '2023-05-22'
            qualify row_number() over (partition by symbol order by valid_to desc) = 1
        )
        select reference.symbol, reference.date, prices.share_factor, reference.volume,
               prices.volume_adj, prices.traded_volume,
               greatest(abs(open - open_adj), abs(high - high_adj), abs(low - low_adj),
                        abs(close - close_adj)) as difference
        from reference
        left join bearers using (symbol)
        left join marts.fct_prices_daily as prices
            on prices.security_sk = bearers.security_sk and prices.trade_date = reference.date
    """)
    [(rows, found, symbols, adjusted)] = marts.sql(
        "select count(*), count(difference), count(distinct symbol), "
        "count(distinct case when share_factor <> 1 then symbol end) from compared"
    ).fetchall()
    differing = marts.sql(
        f"select symbol, count(*)::int from compared where difference > {TOLERANCE} "
        "group by 1 order by 1"
    ).fetchall()
    figures = {
        "rows": rows,
        "compared": found,
        "symbols": symbols,
        "symbols with a factor": adjusted,
        "differing": differing,
    }
    for name, value in figures.items():
        record_property(name, value)
    print(figures)  # noqa: T201
    assert {symbol for symbol, _ in differing} <= ERRORS_OF_THE_REFERENCE
    assert adjusted == 35  # of the half of the symbols that the reference shows
    # What is not there is not in the exchange's file of that day: it lacks illiquid shares.
    assert rows - found < 0.005 * rows
    missing = marts.sql(
        "select count(*) from compared join raw_data.nse_sec_bhavdata as lines "
        "on lines.symbol = compared.symbol and lines.trade_date = compared.date "
        "and lines.series in ('EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ') where difference is null"
    ).fetchall()
    assert missing == [(0,)]
    odd = marts.sql(
        "select count(*) from compared where difference is not null and "
        "abs(volume_adj - traded_volume * share_factor) > 0.5"
    ).fetchall()
    assert odd == [(0,)]


def test_the_good_cases_have_their_factors(marts: duckdb.DuckDBPyConnection) -> None:
    factors = dict(
        marts.sql(
            "select symbol, max(share_factor) from marts.fct_prices_daily "
            "where trade_date = date '2022-08-26' group by 1"
        ).fetchall()
    )
    expected = {
        "IRB": 10, "GAIL": 1.5, "NYKAA": 6, "MSUMI": 1.4, "BAJAJFINSV": 10, "EASEMYTRIP": 8,
        "IIFLWAM": 4, "TCS": 1, "SUZLON": 1,
    }  # fmt: skip
    assert {symbol: factors[symbol] for symbol in expected} == pytest.approx(expected, rel=1e-9)
    names = marts.sql(
        "select distinct symbol from marts.fct_prices_daily where security_sk = (select "
        "security_sk from marts.fct_prices_daily where symbol = '360ONE' limit 1)"
    ).fetchall()
    assert sorted(name for (name,) in names) == ["360ONE", "IIFLWAM"]


@pytest.mark.parametrize("symbol", ["GAIL", "IRB", "NYKAA"])
def test_golden_shares_agree_exactly(
    marts: duckdb.DuckDBPyConnection, real_data: Path, symbol: str
) -> None:
    path = real_data / "adjustment_reference" / f"golden_{symbol}.csv.gz"
    [(rows, worst)] = marts.execute(
        "select count(*), max(abs(prices.close_adj / golden.exact_adj_close - 1)) "
        "from read_csv($1) as golden join marts.fct_prices_daily as prices "
        "on prices.symbol = $2 and prices.trade_date = golden.date",
        [str(path), symbol],
    ).fetchall()
    assert rows > 150
    assert worst < 1e-6


def test_breaks_of_the_previous_close_are_explained_or_listed(
    marts: duckdb.DuckDBPyConnection, record_property: Figures
) -> None:
    """PREVCLOSE is the close of the session before, raw, also across series and symbols.

    A break is a missing session, a share that was away, or one of the few that the exchange itself
    prints otherwise; those are listed.
    """
    breaks = marts.sql("""
        with chained as (
            select security_sk, symbol, trade_date, previous_close_price,
                   lag(close_price) over w as close_before, lag(trade_date) over w as date_before,
                   lag(series) over w as series_before, series
            from marts.fct_prices_daily
            window w as (partition by security_sk order by trade_date)
        )
        select symbol, trade_date::varchar as trade_date, previous_close_price::double as printed,
               close_before::double as close_before,
               date_before = dates.previous_session_date as is_next_session
        from chained
        join marts.dim_dates as dates on dates.calendar_date = chained.trade_date
        where close_before is not null and previous_close_price <> close_before
        order by all
    """).fetchall()
    [(pairs,)] = marts.sql(
        "select count(*) - count(distinct security_sk) from marts.fct_prices_daily"
    ).fetchall()
    after_absence = [row for row in breaks if not row[4]]
    unexplained = [row[:4] for row in breaks if row[4]]
    figures = {"pairs": pairs, "after an absence": len(after_absence), "listed": unexplained}
    for name, value in figures.items():
        record_property(name, value)
    print(figures)  # noqa: T201
    assert pairs > 300_000
    # 4 true exceptions were seen in five years of the whole market.
    assert len(unexplained) <= 5
    assert len(after_absence) <= 0.001 * pairs
