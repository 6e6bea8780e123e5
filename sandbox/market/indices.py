"""Computes the indices from their constituents, reviewed twice a year as NSE does."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox.market.arrays import Bools, Floats, Ints
from sandbox.market.index_rules import RULES, IndexRule
from sandbox.market.plan import Plan
from sandbox.market.prices import Bars
from sandbox.market.universe import Universe

_REVIEW_MONTHS = (4, 10)
_FEWEST = 3  # constituents; a small market goes without the narrow indices
_RANGE = 0.4  # constituents do not reach their highs together


@dataclass(frozen=True, slots=True)
class Indices:
    """Levels of shape (sessions, indices) in points, on the grid of 0.05 that NSE prints.

    `review` gives the review period of each session, `members` (periods, indices, securities) who
    is in; a member that no longer lives has no weight.
    """

    rules: tuple[IndexRule, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    previous: Floats
    volume: Ints
    turnover: Floats
    review: Ints
    members: Bools


def make_indices(universe: Universe, plan: Plan, bars: Bars) -> Indices:
    """All indices that find enough constituents in this market."""
    review = _review_periods(plan.sessions)
    size = universe.shares * bars.adjustment * bars.close
    members = np.array(
        [_choose(universe, plan, bars, size, int(start)) for start in _starts(review)]
    )
    enough = members[0].sum(axis=1) >= min(_FEWEST, size.shape[1])
    rules = tuple(rule for rule, keep in zip(RULES, enough, strict=True) if keep)
    members = members[:, enough]
    equal = np.array([rule.equal_weight for rule in rules])
    before = universe.shares * bars.adjustment * bars.reference * plan.alive
    moves = [side / bars.reference - 1.0 for side in (bars.open, bars.high, bars.low, bars.close)]
    traded = bars.volume.astype(np.float64)
    changes = np.empty((4, len(plan.sessions), len(rules)))
    volume, turnover = (np.empty((len(plan.sessions), len(rules))) for _ in range(2))
    for period, start in enumerate(_starts(review)):
        rows = slice(int(start), int(np.searchsorted(review, period, side="right")))
        mask = members[period].astype(np.float64).T
        weights = np.where(equal, plan.alive[rows] @ mask, before[rows] @ mask)
        for place, move in enumerate(moves):
            plain = (plan.alive[rows] * move[rows]) @ mask
            sized = (before[rows] * move[rows]) @ mask
            changes[place, rows] = np.where(equal, plain, sized) / np.maximum(weights, 1e-9)
        volume[rows] = traded[rows] @ mask
        turnover[rows] = (traded[rows] * bars.vwap[rows] / 100.0) @ mask
    return _levels(
        rules,
        changes,
        volume=volume,
        turnover=turnover,
        review=review,
        members=members,
    )


def _levels(
    rules: tuple[IndexRule, ...],
    changes: Floats,
    *,
    volume: Floats,
    turnover: Floats,
    review: Ints,
    members: Bools,
) -> Indices:
    base = np.array([rule.base for rule in rules])
    close = base * np.cumprod(1.0 + changes[3], axis=0)
    before = np.vstack([base, close[:-1]])
    opens = before * (1.0 + changes[0])
    top, bottom = np.maximum(opens, close), np.minimum(opens, close)
    high = top + _RANGE * np.maximum(before * (1.0 + changes[1]) - top, 0.0)
    low = bottom - _RANGE * np.maximum(bottom - before * (1.0 + changes[2]), 0.0)
    return Indices(
        rules=rules,
        open=_grid(opens),
        high=_grid(high),
        low=_grid(low),
        close=_grid(close),
        previous=_grid(before),
        volume=np.rint(volume).astype(np.int64),
        turnover=np.round(turnover, 2),
        review=review,
        members=members,
    )


def _grid(levels: Floats) -> Floats:
    return np.round(np.rint(levels * 20.0) / 20.0, 2)


def _review_periods(sessions: tuple[date, ...]) -> Ints:
    """The period number of each session; a new one begins with April and with October."""
    numbers = np.zeros(len(sessions), dtype=np.int64)
    for place in range(1, len(sessions)):
        fresh = sessions[place].month != sessions[place - 1].month
        begins = fresh and sessions[place].month in _REVIEW_MONTHS
        numbers[place] = numbers[place - 1] + int(begins)
    return numbers


def _starts(review: Ints) -> Ints:
    return np.flatnonzero(np.diff(review, prepend=-1))


def _choose(universe: Universe, plan: Plan, bars: Bars, size: Floats, start: int) -> Bools:
    """Who is in each index of RULES from session `start` on, by what was known before it."""
    last = max(0, start - 1)
    window = slice(max(0, last - 120), last + 1)
    comparable = bars.close[window] * bars.adjustment[window]
    eligible = plan.alive[start] & plan.alive[last] & plan.traded[last]
    order = np.argsort(np.where(eligible, -size[last], np.inf), kind="stable")
    order = order[: int(eligible.sum())]
    scores = {
        "momentum": comparable[-1] / comparable[0],
        "calm": -np.std(np.diff(np.log(comparable), axis=0, prepend=0.0)[1:], axis=0)
        if len(comparable) > 2
        else -universe.volatility,
    }
    industry = np.array([company.industry.text for company in universe.companies])
    chosen = np.zeros((len(RULES), size.shape[1]), dtype=np.bool_)
    for place, rule in enumerate(RULES):
        field = order[slice(*rule.ranks)]
        if rule.industries:
            field = field[np.isin(industry[field], list(rule.industries))]
        if rule.score:
            field = field[np.argsort(-scores[rule.score][field], kind="stable")]
        chosen[place, field[: rule.count]] = True
    return chosen
