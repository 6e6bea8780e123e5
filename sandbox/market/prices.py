"""Turns planned returns into traded prices in whole paise: bands, ticks, bars, volumes."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox.market.arrays import Floats, Ints, Small
from sandbox.market.plan import Plan
from sandbox.market.universe import Universe

# Since this day shares below 250 rupees trade in steps of one paisa instead of five.
FINE_TICK_SINCE = date(2024, 6, 10)
_FINE_TICK_BELOW = 250_00.0
_LOWEST = 10_00.0  # paise; a share this cheap only recovers, so that ticks stay small


@dataclass(frozen=True, slots=True)
class Bars:
    """Raw prices in paise, shape (sessions, securities); a session without trade repeats the close.

    `previous` is the raw last close, never adjusted. `reference` is what bands and returns are
    measured from: the last close divided by the factor of the ex-date, less what rights and
    demergers take. `adjustment` is the product
    of all factors so far: `price * adjustment` is comparable over time.
    """

    open: Small
    high: Small
    low: Small
    close: Small
    previous: Small
    vwap: Small
    volume: Ints
    trades: Small
    reference: Floats
    adjustment: Floats


@dataclass(frozen=True, slots=True)
class _Closes:
    close: Floats
    previous: Floats
    reference: Floats
    tick: Floats
    lower: Floats
    upper: Floats


def make_bars(
    generator: np.random.Generator,
    universe: Universe,
    plan: Plan,
    returns: Floats,
    activity: Floats,
) -> Bars:
    """All bars of the market; `activity` is the liveliness of each session against a full one."""
    closes = _closes(plan, returns)
    shape = closes.close.shape
    adjustment = np.asarray(np.cumprod(plan.factor, axis=0), dtype=np.float64)
    opens = _opens(generator, universe, plan, closes)
    high, low = _ranges(generator, universe, closes, opens)
    locked = ((closes.close >= closes.upper) | (closes.close <= closes.lower)) & (plan.band <= 0.05)
    opens, high, low = (np.where(locked, closes.close, side) for side in (opens, high, low))
    quiet = ~plan.traded
    opens, high, low = (np.where(quiet, closes.close, side) for side in (opens, high, low))
    vwap = np.clip(np.round((opens + high + low + 2.0 * closes.close) / 5.0), low, high)
    move = np.abs(np.log(closes.close / closes.reference))
    busy = np.exp(generator.normal(-6.6, 0.45, shape)) * (1.0 + 14.0 * move)
    turnover = universe.shares * adjustment * closes.close * busy * activity[:, None]
    volume = np.where(quiet, 0.0, np.maximum(1.0, np.floor(turnover / vwap)))
    per_trade = generator.uniform(20.0, 90.0, shape)
    trades = np.where(quiet, 0.0, np.maximum(1.0, np.floor(volume / per_trade)))
    return Bars(
        open=_paise(opens),
        high=_paise(high),
        low=_paise(low),
        close=_paise(closes.close),
        previous=_paise(closes.previous),
        vwap=_paise(vwap),
        volume=volume.astype(np.int64),
        trades=trades.astype(np.int32),
        reference=closes.reference,
        adjustment=adjustment,
    )


def _paise(values: Floats) -> Small:
    return np.rint(values).astype(np.int32)


def _closes(plan: Plan, returns: Floats) -> _Closes:
    """Walk through the sessions: the only part where each session needs the one before it."""
    shape = returns.shape
    close, previous, reference, tick, lower, upper = (np.empty(shape) for _ in range(6))
    raw = plan.issue_price * 100.0
    ref = raw.copy()
    moves = np.exp(returns)
    first = np.array(plan.first)
    for number, day in enumerate(plan.sessions):
        ref = ref / plan.factor[number]
        for event in plan.revaluations.get(number, ()):
            ref[event.security_id] = 100.0 * event.after(ref[event.security_id] / 100.0)
        fine = (ref < _FINE_TICK_BELOW) & (day >= FINE_TICK_SINCE)
        step = np.where(fine, 1.0, 5.0)
        # A newcomer may double on its first day; everything else stays within its band.
        band = np.where((first == number) & (number > 0), 0.6, plan.band[number])
        floor = np.ceil(ref * (1.0 - band) / step - 1e-9) * step
        ceiling = np.floor(ref * (1.0 + band) / step + 1e-9) * step
        move = moves[number]
        move = np.where(ref < _LOWEST, np.maximum(move, 1.0 / move), move)
        target = (ref - plan.dividend[number] * 100.0) * move
        value = np.clip(np.round(target / step) * step, floor, ceiling)
        value = np.where(plan.traded[number], value, raw)
        previous[number], reference[number] = raw, ref
        tick[number], lower[number], upper[number] = step, floor, ceiling
        close[number] = value
        raw = value
        ref = np.where(plan.traded[number], value, ref)
    return _Closes(close, previous, reference, tick, lower, upper)


def _opens(
    generator: np.random.Generator, universe: Universe, plan: Plan, closes: _Closes
) -> Floats:
    """The opening takes part of the day's move overnight, and some noise of its own."""
    base = closes.reference - plan.dividend * 100.0
    share = generator.uniform(0.0, 0.7, closes.close.shape)
    noise = 0.35 * universe.volatility * generator.standard_normal(closes.close.shape)
    gap = share * np.log(closes.close / base) + noise
    opens = np.round(base * np.exp(gap) / closes.tick) * closes.tick
    return np.asarray(np.clip(opens, closes.lower, closes.upper))


def _ranges(
    generator: np.random.Generator, universe: Universe, closes: _Closes, opens: Floats
) -> tuple[Floats, Floats]:
    """(high, low): beyond open and close, within the band, on the tick."""
    reach = 0.5 * universe.volatility
    shape = closes.close.shape
    above = np.exp(reach * np.abs(generator.standard_normal(shape)))
    below = np.exp(-reach * np.abs(generator.standard_normal(shape)))
    top, bottom = np.maximum(opens, closes.close), np.minimum(opens, closes.close)
    high = np.round(top * above / closes.tick) * closes.tick
    low = np.round(bottom * below / closes.tick) * closes.tick
    high = np.maximum(top, np.minimum(high, closes.upper))
    low = np.minimum(bottom, np.maximum(low, closes.lower))
    return high, low
