"""Daily returns: one market factor, one factor per group of industries, one of the share's own."""

import numpy as np

from sandbox.market.arrays import Floats
from sandbox.market.industries import GROUPS
from sandbox.market.universe import Universe

_DRIFT = 0.0007
_DEGREES = 4.0  # of freedom: fat tails, with a variance of 2 that is scaled away


def log_returns(generator: np.random.Generator, universe: Universe, sessions: int) -> Floats:
    """Log returns without corporate actions, shape (sessions, securities), before price bands."""
    calm = _slow_volatility(generator, sessions)
    market = _DRIFT + 0.007 * calm * _fat(generator, (sessions,))
    groups = 0.005 * calm[:, None] * _fat(generator, (sessions, len(GROUPS)))
    own = universe.volatility * _fat(generator, (sessions, len(universe.companies)))
    fair = 0.5 * universe.volatility**2
    return np.asarray(market[:, None] * universe.beta + groups[:, universe.group] + own - fair)


def _fat(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return np.asarray(generator.standard_t(_DEGREES, shape) / np.sqrt(2.0))


def _slow_volatility(generator: np.random.Generator, sessions: int) -> Floats:
    """A multiplier around one that drifts over weeks: calm and nervous times."""
    shocks = generator.normal(0.0, 0.06, sessions)
    level = np.empty(sessions)
    state = 0.0
    for number, shock in enumerate(shocks):
        state = 0.97 * state + shock
        level[number] = state
    return np.exp(level)
