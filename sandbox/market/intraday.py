"""Bars of a session that is not over: a deterministic path through open, high, low and close."""

from dataclasses import dataclass

import numpy as np

from sandbox.market.arrays import Floats


@dataclass(frozen=True, slots=True)
class Day:
    """One session for many securities or indices: one number each; prices in steps of `tick`."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    value: Floats


def partial(day: Day, progress: float, seed: tuple[int, ...], tick: float) -> Day:
    """The day as it looks when `progress` (0 to 1) of the trading time has passed.

    The high and the low are reached at moments drawn from `seed`; between such points the price
    moves in straight lines. Whatever the moment, low <= open, last <= high, all within the day.
    """
    if progress >= 1.0:
        return day
    drawn = np.random.default_rng(seed).uniform(0.08, 0.92, (2, len(day.open)))
    high_first = drawn[0] <= drawn[1]
    early, late = drawn.min(axis=0), drawn.max(axis=0)
    first = np.where(high_first, day.high, day.low)
    second = np.where(high_first, day.low, day.high)
    last = _line(progress, 0.0, early, day.open, first)
    last = np.where(progress > early, _line(progress, early, late, first, second), last)
    last = np.where(progress > late, _line(progress, late, 1.0, second, day.close), last)
    last = np.clip(np.round(last / tick) * tick, day.low, day.high)
    passed = [np.where(progress > early, first, last), np.where(progress > late, second, last)]
    seen = np.array([day.open, last, *passed])
    done = _volume_share(progress)
    volume = np.floor(day.volume * done)
    return Day(
        open=day.open,
        high=seen.max(axis=0),
        low=seen.min(axis=0),
        close=last,
        volume=volume,
        value=day.value * np.divide(volume, np.maximum(day.volume, 1.0)),
    )


def _line(
    at: float, start: Floats | float, end: Floats | float, low: Floats, high: Floats
) -> Floats:
    return np.asarray(low + (high - low) * (at - start) / (end - start))


def _volume_share(progress: float) -> float:
    """How much of the day's volume is done: much at the opening, most towards the close."""
    return float(0.35 * progress**0.6 + 0.65 * progress**1.6)
