"""The simulated market: determinism, prices, and the bars around every kind of event."""

import hashlib
import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from sandbox.market import DailyBar, Market
from sandbox.market.events import (
    Bonus,
    Consolidation,
    Delisting,
    Dividend,
    IsinChange,
    Listing,
    SeriesChange,
    Split,
    Suspension,
    SymbolChange,
)
from sandbox.market.isin import check_digit, make_isin

FINGERPRINT = """
import hashlib
from datetime import date, datetime
from sandbox.market import Market
market = Market.build(seed={seed}, securities=60, start=date(2024, 1, 1), end=date(2024, 6, 30))
digest = hashlib.sha256(repr(market.events).encode())
for array in (market.bars.open, market.bars.high, market.bars.low, market.bars.close,
              market.bars.volume, market.bars.vwap):
    digest.update(array.tobytes())
digest.update(repr(market.quotes_as_of(datetime(2024, 5, 2, 11, 7))).encode())
digest.update(repr(market.index_bars_on(date(2024, 5, 2))).encode())
print(digest.hexdigest())
"""


def bar_of(market: Market, security_id: int, day: date) -> DailyBar | None:
    return next((bar for bar in market.bars_on(day) if bar.security_id == security_id), None)


def last_close_before(market: Market, security_id: int, day: date) -> float:
    number = market.session_number(day) - 1
    while not market.plan.traded[number, security_id]:
        number -= 1
    return float(market.bars.close[number, security_id]) / 100


@pytest.mark.parametrize(("seed", "hash_seed"), [(20, "1"), (20, "77"), (21, "1")])
def test_the_same_seed_gives_the_same_bytes_in_another_process(seed: int, hash_seed: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FINGERPRINT.format(seed=seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    here = Market.build(seed=20, securities=60, start=date(2024, 1, 1), end=date(2024, 6, 30))
    digest = hashlib.sha256(repr(here.events).encode())
    bars = here.bars
    for array in (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.vwap):
        digest.update(array.tobytes())
    digest.update(repr(here.quotes_as_of(datetime(2024, 5, 2, 11, 7))).encode())
    digest.update(repr(here.index_bars_on(date(2024, 5, 2))).encode())
    assert (told == digest.hexdigest()) is (seed == 20)


def test_every_bar_is_coherent(market: Market) -> None:
    bars, traded = market.bars, market.plan.traded
    body_low, body_high = np.minimum(bars.open, bars.close), np.maximum(bars.open, bars.close)
    assert (bars.low <= body_low)[traded].all()
    assert (bars.high >= body_high)[traded].all()
    assert ((bars.low <= bars.vwap) & (bars.vwap <= bars.high))[traded].all()
    assert (bars.low[traded] > 0).all()
    assert (bars.volume[traded] > 0).all()
    assert (bars.volume[~traded] == 0).all()
    assert (bars.trades <= bars.volume).all()


def test_prices_move_in_ticks(market: Market) -> None:
    before = market.session_number(date(2024, 6, 7)) + 1
    coarse = market.bars.close[:before][market.plan.traded[:before]]
    assert (coarse % 5 == 0).all()
    fine = market.bars.close[before:][market.plan.traded[before:]]
    assert (fine % 5 != 0).any()
    reference = market.bars.reference[before:][market.plan.traded[before:]]
    assert (fine[reference >= 250_00] % 5 == 0).all()


def test_no_close_leaves_the_price_band(market: Market) -> None:
    bars, plan = market.bars, market.plan
    change = bars.close / bars.reference - 1.0
    first = np.zeros_like(plan.traded)
    for security, number in enumerate(plan.first):
        first[number, security] = number > 0
    inside = np.abs(change) <= plan.band + 1e-9
    assert (inside | first | ~plan.traded).all()
    assert (np.abs(change) > 0.0475)[plan.band == 0.05].any(), "no share ever hit its limit"


def test_previous_close_is_the_raw_last_close(market: Market) -> None:
    bars, plan = market.bars, market.plan
    assert (bars.previous[1:] == bars.close[:-1])[plan.alive[1:] & plan.alive[:-1]].all()


@pytest.mark.parametrize("kind", [Split, Bonus, Consolidation])
def test_the_raw_price_changes_by_the_factor_on_the_ex_date(
    market: Market, kind: type[Split] | type[Bonus] | type[Consolidation]
) -> None:
    events = [event for event in market.events if isinstance(event, kind)]
    assert len(events) >= 3
    for event in events:
        number = market.session_number(event.date)
        factor = float(market.plan.factor[number, event.security_id])
        bar = bar_of(market, event.security_id, event.date)
        assert bar is not None
        before = last_close_before(market, event.security_id, event.date)
        assert bar.previous_close == before
        band = float(market.plan.band[number, event.security_id])
        # Half a tick for the rounding of the bounds.
        assert abs(bar.close * factor / before - 1.0) <= band + 0.05 * factor / before
        assert abs(bar.open * factor / before - 1.0) <= band + 0.05 * factor / before


def test_events_of_one_ex_date_multiply(market: Market) -> None:
    splits = {(e.security_id, e.date): e for e in market.events if isinstance(e, Split)}
    both = [
        (splits[(e.security_id, e.date)], e)
        for e in market.events
        if isinstance(e, Bonus) and (e.security_id, e.date) in splits
    ]
    assert both
    for split, bonus in both:
        number = market.session_number(split.date)
        factor = market.plan.factor[number, split.security_id]
        assert factor == pytest.approx(split.factor * bonus.factor)
        assert split.factor == split.old_face / split.new_face
        assert bonus.factor == 1 + bonus.new_shares / bonus.held


def test_face_values_follow_from_each_other(market: Market) -> None:
    face = {security.id: security.face_value for security in market.securities}
    changes = [e for e in market.events if isinstance(e, Split | Consolidation)]
    for event in changes:
        assert event.old_face == face[event.security_id]
        face[event.security_id] = event.new_face


def test_the_isin_changes_one_session_after_the_split_and_never_for_a_bonus(
    market: Market,
) -> None:
    last = market.sessions[-1]
    due = {
        (e.security_id, market.calendar.next_session(e.date))
        for e in market.events
        if isinstance(e, Split | Consolidation) and e.date < last
    }
    changes = [e for e in market.events if isinstance(e, IsinChange)]
    assert {(e.security_id, e.date) for e in changes} == due
    for change in changes:
        day_before = market.calendar.previous_session(change.date)
        before = market.identity_on(change.security_id, day_before)
        after = market.identity_on(change.security_id, change.date)
        assert before is not None
        assert after is not None
        assert (before.isin, after.isin) == (change.old_isin, change.new_isin)
        assert before.isin[:9] == after.isin[:9]


def test_isins_carry_a_valid_check_digit_and_are_unique(market: Market) -> None:
    isins = [{identity.isin for identity in s.identities} for s in market.securities]
    for isin in set().union(*isins):
        assert len(isin) == 12
        assert isin[-1] == str(check_digit(isin[:-1]))
    assert sum(len(own) for own in isins) == len(set().union(*isins))


def test_the_check_digit_is_that_of_the_standard() -> None:
    # The example of ISO 6166 itself, which is no Indian security.
    assert check_digit("US037833100") == 5
    with pytest.raises(ValueError, match="10400"):
        make_isin(10400)


def test_a_symbol_never_means_two_securities_at_a_time(market: Market) -> None:
    number = dict.fromkeys(range(0, len(market.sessions), 40)) | {len(market.sessions) - 1: None}
    for day in (market.sessions[place] for place in number):
        symbols = [
            known.symbol
            for security in market.securities
            if (known := market.identity_on(security.id, day))
        ]
        assert len(symbols) == len(set(symbols)) > 300


def test_a_rename_keeps_isin_and_price(market: Market) -> None:
    renames = [e for e in market.events if isinstance(e, SymbolChange)]
    assert renames
    for event in renames:
        before = market.identity_on(event.security_id, market.calendar.previous_session(event.date))
        after = market.identity_on(event.security_id, event.date)
        assert before is not None
        assert after is not None
        assert (before.symbol, after.symbol) == (event.old_symbol, event.new_symbol)
        assert before.isin == after.isin
        bar = bar_of(market, event.security_id, event.date)
        if bar is not None:
            assert bar.symbol == event.new_symbol
            expected = last_close_before(market, event.security_id, event.date)
            assert bar.previous_close == expected


def test_series_follow_their_moves(market: Market) -> None:
    moves = [e for e in market.events if isinstance(e, SeriesChange)]
    seen = {(move.old_series, move.new_series) for move in moves}
    assert {("EQ", "BE"), ("BE", "EQ"), ("BE", "BZ"), ("BZ", "EQ"), ("SM", "EQ")} <= seen
    for move in moves:
        before = market.identity_on(move.security_id, market.calendar.previous_session(move.date))
        after = market.identity_on(move.security_id, move.date)
        assert before is not None
        assert after is not None
        assert (before.series, after.series) == (move.old_series, move.new_series)


def test_suspended_and_departed_shares_do_not_trade(market: Market) -> None:
    suspensions = [e for e in market.events if isinstance(e, Suspension)]
    delistings = [e for e in market.events if isinstance(e, Delisting)]
    assert suspensions
    assert delistings
    for event in suspensions:
        start, stop = market.session_number(event.date), market.session_number(event.last)
        assert not market.plan.traded[start : stop + 1, event.security_id].any()
    for gone in delistings:
        number = market.session_number(gone.date)
        assert market.plan.traded[:number, gone.security_id].any()
        assert not market.plan.traded[number:, gone.security_id].any()
        assert market.identity_on(gone.security_id, gone.date) is None
        assert market.securities[gone.security_id].last_session == market.sessions[number - 1]


def test_a_newcomer_starts_from_its_issue_price(market: Market) -> None:
    listings = [e for e in market.events if isinstance(e, Listing)]
    newcomers = [e for e in listings if e.date > market.sessions[0]]
    assert len(listings) == len(market.securities)
    assert len(newcomers) > 10
    for event in newcomers:
        number = market.session_number(event.date)
        assert not market.plan.traded[:number, event.security_id].any()
        bar = bar_of(market, event.security_id, event.date)
        assert bar is not None
        assert (bar.previous_close, bar.symbol) == (event.issue_price, event.symbol)
        assert market.identity_on(event.security_id, event.date - timedelta(days=1)) is None


def test_dividends_lower_the_opening(market: Market) -> None:
    gaps, yields = [], []
    for event in market.events:
        if isinstance(event, Dividend):
            number = market.session_number(event.date)
            reference = float(market.bars.reference[number, event.security_id])
            gaps.append(float(market.bars.open[number, event.security_id]) / reference - 1.0)
            yields.append(event.amount * 100.0 / reference)
    assert len(gaps) > 500
    # On average the opening falls by the dividend; the noise of the mean is far smaller.
    assert np.mean(gaps) == pytest.approx(-np.mean(yields), abs=0.25 * float(np.mean(yields)))


def test_short_sessions_have_next_to_no_volume(market: Market) -> None:
    turnover = (market.bars.volume * market.bars.vwap).sum(axis=1)
    short = [
        number
        for number, day in enumerate(market.sessions)
        if market.hours(day).activity < 0.5 and number > 5
    ]
    assert len(short) >= 5
    for number in short:
        assert turnover[number] < 0.15 * turnover[number - 1]
        kind = market.calendar.session_type(market.sessions[number])
        assert kind in {"muhurat", "special"}


def test_muhurat_is_an_evening_and_the_feed_says_so(small_market: Market) -> None:
    day = date(2024, 11, 1)
    assert small_market.hours(day).opens.time() == time(18, 15)
    afternoon = datetime.combine(day, time(16, 30))
    assert small_market.session_as_of(afternoon) == date(2024, 10, 31)
    late = small_market.quotes_as_of(datetime.combine(day, time(22, 0)))
    stamps = [quote.updated_at for quote in late if quote.updated_at.date() == day]
    assert stamps
    assert min(stamps) >= datetime.combine(day, time(18, 15))
    assert max(stamps) == datetime.combine(day, time(19, 30))


def test_fat_tails_and_common_moves(market: Market) -> None:
    plain = market.plan.traded & (market.plan.band == 0.20)
    returns = np.log(market.bars.close / market.bars.reference)[plain]
    centred = returns - returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 > 4.0
    large = np.log(market.bars.close / market.bars.reference)[1:, :20]
    correlation = np.corrcoef(large.T)
    assert np.median(correlation[np.triu_indices(20, 1)]) > 0.1


@pytest.mark.parametrize(("securities", "days"), [(1, 1), (3, 4), (12, 40), (2500, 3)])
def test_any_size_of_market_can_be_built(securities: int, days: int) -> None:
    start = date(2024, 3, 11)
    market = Market.build(securities=securities, start=start, end=start + timedelta(days=days))
    quotes = market.quotes_as_of(datetime.combine(market.sessions[-1], time(20, 0)))
    assert len([quote for quote in quotes if not quote.is_index]) >= 0.9 * securities


def test_a_market_without_sessions_is_refused() -> None:
    with pytest.raises(ValueError, match="longer period"):
        Market.build(start=date(2024, 4, 27), end=date(2024, 4, 28))


def test_days_outside_are_refused_with_the_next_step(small_market: Market) -> None:
    with pytest.raises(LookupError, match="earlier start"):
        small_market.quotes_as_of(datetime(2022, 12, 31, 12, 0))
    with pytest.raises(LookupError, match="ask for 2024-01-25"):
        small_market.bars_on(date(2024, 1, 26))
    with pytest.raises(KeyError, match="NIFTY 50"):
        small_market.constituents("NIFTY 51", date(2024, 1, 25))
