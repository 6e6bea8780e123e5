"""Plans the lives of securities: listings, delistings, suspensions, series moves and renames."""

from datetime import date, timedelta

import numpy as np

from sandbox.market.arrays import Ints
from sandbox.market.events import Delisting, Listing, SeriesChange, Suspension, SymbolChange
from sandbox.market.names import NameMaker
from sandbox.market.plan import Plan
from sandbox.market.universe import Universe

# Rates per security and year. The largest are exempt from what happens to small companies only.
_LISTING = 0.03
_DELISTING = 0.008
_SUSPENSION = 0.02
_SERIES_MOVE = 0.16
_RENAME = 0.012
_SME_SHARE = 0.06
_LARGE = 50


def plan_lives(generator: np.random.Generator, universe: Universe, plan: Plan) -> dict[int, str]:
    """Fill `plan` with everything but corporate actions; returns the first series of each id."""
    names = NameMaker(generator, taken=(company.symbol for company in universe.companies))
    first_series: dict[int, str] = {}
    for company in universe.companies:
        security = company.id
        small = security >= _LARGE
        sme = small and security >= 0.6 * len(universe.companies) and _hit(generator, _SME_SHARE)
        listed = _plan_listing(generator, plan, security)
        young = listed and not sme and bool(generator.random() < 0.5)
        series = "SM" if sme else "BE" if young else "EQ"
        first_series[security] = series
        plan.set_series(security, 0, series)
        _add_listing(generator, universe, plan, security, series)
        if small and _hit(generator, _DELISTING * plan.years):
            _plan_delisting(generator, plan, security)
        if small:
            _plan_suspensions(generator, plan, security)
        _plan_series(generator, plan, security, series, move=small)
        if _hit(generator, _RENAME * plan.years):
            old, old_name = company.symbol, company.name
            _plan_rename(generator, plan, security, old, old_name, names.company(company.industry))
        if sme or security >= 0.9 * len(universe.companies):
            quiet = generator.random(len(plan.sessions)) < 0.04
            plan.traded[:, security] &= ~quiet
            plan.traded[plan.first[security], security] = True
    return first_series


def open_sessions(plan: Plan, security: int, margin: int = 1) -> Ints:
    """Numbers of the sessions on which `security` trades, `margin` sessions after its first."""
    start = plan.first[security] + margin
    return np.flatnonzero(plan.traded[start:, security]) + start


def _hit(generator: np.random.Generator, probability: float) -> bool:
    return bool(generator.random() < probability)


def _plan_listing(generator: np.random.Generator, plan: Plan, security: int) -> bool:
    # A few of the largest are newcomers too, as real ones are.
    if not _hit(generator, min(0.5, _LISTING * plan.years)) or security < 10:
        return False
    number = int(generator.integers(1, max(2, int(len(plan.sessions) * 0.95))))
    if number >= len(plan.sessions):
        return False
    plan.first[security] = number
    plan.alive[:number, security] = False
    plan.traded[:number, security] = False
    return True


def _add_listing(
    generator: np.random.Generator, universe: Universe, plan: Plan, security: int, series: str
) -> None:
    number = plan.first[security]
    earlier = timedelta(days=int(generator.integers(400, 9000)))
    listed_on: date = plan.sessions[number] if number else plan.sessions[0] - earlier
    price = float(plan.issue_price[security])
    symbol = universe.companies[security].symbol
    plan.events.append(Listing(security, listed_on, symbol, series, price))


def _plan_delisting(generator: np.random.Generator, plan: Plan, security: int) -> None:
    days = open_sessions(plan, security, margin=30)
    if not days.size:
        return
    number = int(generator.choice(days))
    plan.end[security] = number
    plan.alive[number:, security] = False
    plan.traded[number:, security] = False
    reason = str(generator.choice(["VOLUNTARY", "COMPULSORY", "AMALGAMATION"]))
    plan.events.append(Delisting(security, plan.sessions[number], reason))


def _plan_suspensions(generator: np.random.Generator, plan: Plan, security: int) -> None:
    if not _hit(generator, min(0.5, _SUSPENSION * plan.years)):
        return
    days = open_sessions(plan, security, margin=5)
    if not days.size:
        return
    start = int(generator.choice(days))
    stop = min(start + int(generator.integers(3, 60)), plan.end[security])
    plan.traded[start:stop, security] = False
    plan.events.append(Suspension(security, plan.sessions[start], plan.sessions[stop - 1]))


def _plan_series(
    generator: np.random.Generator, plan: Plan, security: int, series: str, *, move: bool
) -> None:
    """Moves to and from the trade-to-trade series; a newcomer leaves it after ten sessions."""
    days = open_sessions(plan, security)
    moves: list[tuple[int, str]] = []
    if series == "BE" and days.size > 10:
        moves.append((int(days[9]), "EQ"))
    if series == "SM" and days.size > 300 and _hit(generator, 0.5):
        moves.append((int(generator.choice(days[250:])), "EQ"))
    if series == "EQ" and move:
        moves += _trips(generator, plan, days)
    for number, new_series in moves:
        change = SeriesChange(security, plan.sessions[number], series, new_series)
        plan.add_series_change(number, change)
        series = new_series


def _trips(generator: np.random.Generator, plan: Plan, days: Ints) -> list[tuple[int, str]]:
    """Trips EQ -> BE -> EQ, one in twelve of them through BZ, never overlapping."""
    moves: list[tuple[int, str]] = []
    place = 0
    for _ in range(int(generator.poisson(_SERIES_MOVE * plan.years))):
        place += int(generator.integers(1, max(2, days.size // 3)))
        stay = int(generator.integers(8, 90))
        if place >= days.size:
            break
        moves.append((int(days[place]), "BE"))
        if place + stay >= days.size:
            break
        if _hit(generator, 0.08):
            moves.append((int(days[place + stay // 2]), "BZ"))
        place += stay
        moves.append((int(days[place]), "EQ"))
    return moves


def _plan_rename(
    generator: np.random.Generator,
    plan: Plan,
    security: int,
    symbol: str,
    name: str,
    new: tuple[str, str],
) -> None:
    days = open_sessions(plan, security, margin=10)
    if days.size:
        when = plan.sessions[int(generator.choice(days))]
        plan.events.append(SymbolChange(security, when, symbol, new[0], name, new[1]))
