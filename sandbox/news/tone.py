"""What a story says is seeded to what the share does: mostly on the session after its own.

The session of a story is that of its day until 15:30 IST, else the next one; its tone then shares
a part with the return of the session after that, so that a table of tone against the next day's
return has something to find, and a smaller part with the return of its own session.
"""

from bisect import bisect_left
from datetime import datetime, time

import numpy as np

from sandbox.market import Market

CUT_OFF = time(15, 30)
_NEXT, _SAME, _NOISE = 0.75, 0.3, 0.65
_MARKET_VOLATILITY = 0.009


def session_of(market: Market, published: datetime) -> int:
    """The number of the session that news of `published` (naive IST) belongs to.

    News after the last session has the number behind it.
    """
    number = bisect_left(market.sessions, published.date())
    if number < len(market.sessions) and market.sessions[number] == published.date():
        return number + (published.time() > CUT_OFF)
    return number


def tone_of(
    generator: np.random.Generator,
    market: Market,
    published: datetime,
    securities: tuple[int, ...],
    lean: float = 0.0,
) -> float:
    """The tone of a story about the securities, or about the market when there are none.

    `lean` is what the event itself says, before the share says anything.
    """
    number = session_of(market, published)
    mixed = (
        lean
        + _NEXT * _move(market, number + 1, securities)
        + _SAME * _move(market, number, securities)
        + _NOISE * float(generator.standard_normal())
    )
    return round(float(np.tanh(0.7 * mixed)), 4)


def _move(market: Market, number: int, securities: tuple[int, ...]) -> float:
    """The move of a session in standard deviations; 0 where there is none."""
    if number >= len(market.sessions):
        return 0.0
    chosen = np.array(securities[:1] if len(securities) == 1 else securities or range(50))
    chosen = chosen[chosen < len(market.securities)]
    traded = chosen[market.plan.traded[number, chosen]]
    if not len(traded):
        return 0.0
    moves = np.log(market.bars.close[number, traded] / market.bars.reference[number, traded])
    if len(securities) == 1:
        scale = float(market.universe.volatility[securities[0]]) * 1.3
    else:
        scale = _MARKET_VOLATILITY
    return float(np.clip(np.mean(moves) / scale, -3.0, 3.0))
