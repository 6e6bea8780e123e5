"""The OHLC suite: what no market does breaks its own expectation, wild real days break none."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from expectations.runner import Thresholds
from expectations.thresholds import Limit, OhlcThresholds

PRICES = ["open_price", "high_price", "low_price", "close_price"]


def _drop(part):
    def spoil(market, day):
        market.ohlc = market.ohlc.drop(market.rows(day, part))

    return spoil


def _unknown(column, part=0.3):
    def spoil(market, day):
        market.ohlc.loc[market.rows(day, part), column] = None

    return spoil


def _jumps(market, day):
    market.ohlc.loc[market.rows(day, 0.05), "return_1d"] = -0.45


def _scale_turnover(factor):
    def spoil(market, day):
        market.ohlc.loc[market.rows(day), "turnover_inr"] *= factor

    return spoil


def _unchanged(part):
    def spoil(market, day):
        rows = market.rows(day, part)
        market.ohlc.loc[rows, "previous_close_price"] = market.ohlc.loc[rows, "close_price"]

    return spoil


def _copy_of_yesterday(market, day):
    columns = [*PRICES, "traded_volume", "turnover_inr", "previous_close_price", "return_1d"]
    before = market.sessions[market.sessions.index(day) - 1]
    yesterday = market.ohlc.loc[market.rows(before), columns]
    market.ohlc.loc[market.rows(day), columns] = yesterday.to_numpy()
    index_returns = market.indices.loc[market.indices_on(before), "return_1d"]
    market.indices.loc[market.indices_on(day), "return_1d"] = index_returns.to_numpy()


def _no_indices(market, day):
    market.indices = market.indices[~market.indices_on(day)]


def _indices_of_another_day(market, day):
    market.indices.loc[market.indices_on(day), "return_1d"] += 0.08


DEFECTS = {
    "copy of yesterday": (_copy_of_yesterday, {"stale_copy_share"}),
    "hole": (_drop(0.3), {"securities_vs_trailing"}),
    "fragment": (_drop(0.9), {"securities", "securities_vs_trailing"}),
    "no previous close": (_unknown("previous_close_price"), {"null_share_previous_close_price"}),
    "no return": (_unknown("return_1d"), {"null_share_return_1d"}),
    "no vwap": (_unknown("vwap"), {"null_share_vwap"}),
    "no high": (_unknown("high_52w"), {"null_share_high_52w"}),
    "no low": (_unknown("low_52w"), {"null_share_low_52w"}),
    "jumps": (_jumps, {"jump_share"}),
    "rupees as lakhs": (_scale_turnover(1e5), {"turnover_vs_recent"}),
    "lakhs as rupees": (_scale_turnover(1e-5), {"turnover_vs_recent"}),
    "before the session": (_unchanged(0.4), {"unchanged_share"}),
    "no indices": (_no_indices, {"indices"}),
    "indices of another day": (_indices_of_another_day, {"index_gap"}),
}


@pytest.fixture(scope="module")
def spoiled(long_market):
    """One run over sessions that are broken in one way each, with a sound session after each."""
    days = dict(zip(DEFECTS, long_market.sessions[6::2], strict=False))
    for defect, day in days.items():
        DEFECTS[defect][0](long_market, day)
    return long_market, days, long_market.check("ohlc", sessions=40)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_breaks_its_own_expectation_and_no_other(spoiled, broken_names, defect):
    _, days, report = spoiled
    assert broken_names(report, days[defect]) == DEFECTS[defect][1]
    assert not report.passed
    assert all(failure.next_step for failure in report.failures)


def test_sound_sessions_among_broken_ones_hold(spoiled, broken_names):
    market, days, report = spoiled
    sound = set(market.sessions) - set(days.values())
    assert len(sound) == 40 - len(DEFECTS)
    assert [day for day in sound if broken_names(report, day)] == []


def test_one_broken_session_fails_the_run(market, broken_names):
    _jumps(market, market.sessions[-1])
    report = market.check("ohlc")
    assert (report.passed, broken_names(report)) == (False, {"jump_share"})
    assert report.failures[0].where == ("2024-04-26",)


SHORT_DEFECTS = {
    "hole": (_drop(0.6), {"securities_vs_trailing_short"}),
    "rupees as lakhs": (_scale_turnover(1e5), {"turnover_vs_recent_short"}),
    "before the session": (_unchanged(0.8), {"unchanged_share_short"}),
}


@pytest.mark.parametrize("defect", SHORT_DEFECTS)
def test_a_muhurat_session_has_its_own_limits(diwali, broken_names, defect):
    spoil, expected = SHORT_DEFECTS[defect]
    spoil(diwali, diwali.sessions[-1])
    assert broken_names(diwali.check("ohlc")) == expected


def _hour_of_muhurat(market):
    day = market.sessions[-1]
    _scale_turnover(0.001)(market, day)
    _unchanged(0.5)(market, day)
    _drop(0.4)(market, day)


def test_a_muhurat_hour_with_little_trade_passes(diwali, broken_names):
    _hour_of_muhurat(diwali)
    report = diwali.check("ohlc")
    assert (report.passed, broken_names(report)) == (True, set())
    assert report.sessions[-1] == date(2024, 11, 1)


def test_a_muhurat_hour_is_no_measure_for_the_day_after_it(diwali, broken_names):
    monday = diwali.ohlc.loc[diwali.rows(date(2024, 10, 31))].copy()
    monday["trade_date"], monday["source_key"] = date(2024, 11, 4), "monday"
    monday["traded_volume"] += 1
    indices = diwali.indices[diwali.indices_on(date(2024, 10, 31))].copy()
    indices["trade_date"] = date(2024, 11, 4)
    # The warehouse began with the Muhurat hour: its little trade is all that lies before Monday.
    _hour_of_muhurat(diwali)
    diwali.ohlc = pd.concat([diwali.ohlc.loc[diwali.rows()], monday])
    diwali.indices = pd.concat([diwali.indices, indices])
    report = diwali.check("ohlc", sessions=1)
    assert list(report.sessions) == [date(2024, 11, 4)]
    assert (report.passed, broken_names(report)) == (True, set())


def test_what_was_observed_is_told_for_regular_and_short_sessions_apart(diwali):
    _scale_turnover(0.001)(diwali, diwali.sessions[-1])
    seen = {r.name: r.observed for r in diwali.check("ohlc", sessions=2).results}
    assert 0.5 < float(seen["turnover_vs_recent"]) < 2
    assert 0.0005 < float(seen["turnover_vs_recent_short"]) < 0.002


def test_ordinary_sessions_pass(market, broken_names):
    report = market.check("ohlc", sessions=10)
    assert (report.passed, broken_names(report)) == (True, set())
    assert list(report.sessions) == market.sessions


def test_the_first_session_ever_has_nothing_to_compare_with(first_day, broken_names):
    report = first_day.check("ohlc")
    assert (report.passed, broken_names(report)) == (True, set())
    seen = {r.name: r.observed for r in report.results}
    assert seen["securities_vs_trailing"] == "nothing to compare"
    assert seen["stale_copy_share"] == "0"


def test_an_ipo_day_and_two_splits_pass(market, broken_names):
    rows = market.rows(part=0.01)
    market.ohlc.loc[rows[0], ["previous_close_price", "return_1d", "high_52w", "low_52w"]] = None
    market.ohlc.loc[rows[1:], "return_1d"] = -0.5
    report = market.check("ohlc")
    assert (report.passed, broken_names(report)) == (True, set())


def test_a_crash_of_the_whole_market_passes(market, broken_names):
    market.ohlc.loc[market.rows(), "return_1d"] -= 0.12
    market.indices.loc[market.indices_on(), "return_1d"] -= 0.13
    report = market.check("ohlc")
    assert (report.passed, broken_names(report)) == (True, set())


def test_fault_24_rows_of_an_older_date_make_no_session_of_it(first_day, broken_names):
    stale = first_day.ohlc.head(7).copy()
    stale["trade_date"] = date(2024, 4, 22)
    first_day.ohlc = pd.concat([first_day.ohlc.iloc[7:], stale])
    report = first_day.check("ohlc")
    assert list(report.sessions) == [date(2024, 4, 26)]
    assert (report.passed, broken_names(report)) == (True, set())


def test_as_of_looks_no_further(market, broken_names):
    _jumps(market, market.sessions[-1])
    before = market.sessions[-2]
    report = market.check("ohlc", as_of=market.sessions[-1] - timedelta(days=1))
    assert report.sessions[-1] == before
    assert report.passed


def test_a_defect_outside_the_asked_sessions_is_not_looked_at(market):
    market.ohlc.loc[market.rows(market.sessions[-3]), "return_1d"] = np.nan
    assert market.check("ohlc", sessions=2).passed
    (failure,) = market.check("ohlc", sessions=3).failures
    assert failure.where == (market.sessions[-3].isoformat(),)


def test_limits_can_be_replaced(market):
    strict = OhlcThresholds(indices=Limit(20, None, "this market has twenty"))
    report = market.check("ohlc", thresholds=Thresholds(ohlc=strict))
    (failure,) = report.failures
    assert (failure.name, failure.observed, failure.expected) == ("indices", "12", ">= 20")


def test_an_empty_mart_is_a_failure(market, broken_names):
    market.ohlc, market.indices = market.ohlc.head(0), market.indices.head(0)
    report = market.check("ohlc")
    assert broken_names(report) == {"sessions_in_mart"}
    assert not report.passed
