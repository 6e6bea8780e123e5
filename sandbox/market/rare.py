"""Plans what happens to few companies, and what a history must survive all the same.

Rights, demergers, consolidations of cheap shares, suspensions of a year and more, symbols that a
later company takes over, second renames, and names that change without the symbol. All of it is
drawn after everything else from a seed of its own.
"""

from bisect import bisect_left
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from ingestion.calendar import TradingCalendar
from sandbox.market.actions import record_date
from sandbox.market.arrays import Floats
from sandbox.market.events import (
    Consolidation,
    Delisting,
    Demerger,
    Event,
    Listing,
    NameChange,
    Rights,
    SeriesChange,
    Split,
    Suspension,
    SymbolChange,
)
from sandbox.market.life import open_sessions
from sandbox.market.names import NameMaker
from sandbox.market.plan import Plan
from sandbox.market.universe import Universe

# Rates per security and year.
_RIGHTS, _CHEAP, _LONG, _NAME = 0.012, 0.03, 0.006, 0.008
_DEMERGED, _RECYCLED, _SECOND, _SPLIT_RENAMED = 0.35, 0.5, 0.4, 0.12
_RATIOS = ((1, 1), (1, 2), (1, 4), (2, 5), (3, 10), (1, 3), (29, 54))
_LARGE = 20  # the largest companies are left alone
_CHEAPER_THAN = 60.0
_RECYCLED_AFTER = timedelta(days=500)


def plan_rare(
    generator: np.random.Generator,
    universe: Universe,
    plan: Plan,
    returns: Floats,
    calendar: TradingCalendar,
) -> None:
    """Add the rare events to `plan`, away from everything that is planned already."""
    rare = _Rare(generator, universe, plan, returns, calendar)
    for security in range(_LARGE, len(universe.companies)):
        rare.consolidate(security)
        rare.suspend_for_long(security)
    rare.demerge()
    for security in range(_LARGE, len(universe.companies)):
        rare.offer_rights(security)
    rare.recycle_symbols()
    rare.rename()


class _Rare:
    def __init__(
        self,
        generator: np.random.Generator,
        universe: Universe,
        plan: Plan,
        returns: Floats,
        calendar: TradingCalendar,
    ) -> None:
        self._random = generator
        self._universe = universe
        self._plan = plan
        self._returns = returns
        self._calendar = calendar
        self._prices: dict[int, Floats] = {}
        self._own: dict[int, list[Event]] = {company.id: [] for company in universe.companies}
        for event in plan.events:
            self._own[event.security_id].append(event)

    def consolidate(self, security: int) -> None:
        """A reverse split of a share that has become cheap, after all its other splits."""
        number = self._day(security, _CHEAP)
        if number is None or not self._is_quiet(security, number, 20):
            return
        changes = [e for e in self._own[security] if isinstance(e, Split | Consolidation)]
        face = self._face(security, self._plan.sessions[-1])
        after_all = all(e.date < self._plan.sessions[number] for e in changes)
        if after_all and face < 10.0 and self._price(security)[number] < _CHEAPER_THAN:
            day = self._plan.sessions[number]
            record = record_date(day, self._calendar)
            event = Consolidation(security, day, record, face, 10.0)
            self._plan.add_capital_change(number, event)
            self._own[security].append(event)
            del self._prices[security]

    def suspend_for_long(self, security: int) -> None:
        """No trading for more than a year, then thirty sessions in BE."""
        start = self._day(security, _LONG)
        length = int(self._random.integers(260, 420))
        if start is None or start + length + 31 >= self._plan.end[security]:
            return
        sessions, stop = self._plan.sessions, start + length
        last_move = sessions[stop + 31]
        free = all(
            event.date < sessions[start]
            or (event.date > last_move and not isinstance(event, SeriesChange))
            for event in self._own[security]
        )
        ordinary = self._series(security, sessions[start]) == "EQ"
        if not (free and ordinary and self._plan.traded[stop : stop + 31, security].all()):
            return
        self._plan.traded[start:stop, security] = False
        self._add(Suspension(security, sessions[start], sessions[stop - 1]))
        for number, old, new in ((stop, "EQ", "BE"), (stop + 30, "BE", "EQ")):
            change = SeriesChange(security, sessions[number], old, new)
            self._plan.add_series_change(number, change)
            self._own[security].append(change)

    def demerge(self) -> None:
        """Some newcomers that start in BE come out of a company that is worth several of them."""
        for event in [e for e in self._plan.events if isinstance(e, Listing)]:
            first = self._plan.first[event.security_id]
            number = first - int(self._random.integers(12, 30))
            wanted = self._random.random() < _DEMERGED
            if event.series != "BE" or first == 0 or number < 25 or not wanted:
                continue
            order = _LARGE + self._random.permutation(len(self._universe.companies) - _LARGE)
            parent = next(
                (int(s) for s in order if self._fits(int(s), number, event.issue_price)), None
            )
            if parent is None:
                continue
            day = self._plan.sessions[number]
            record = record_date(day, self._calendar)
            made = Demerger(parent, day, record, event.security_id, event.issue_price)
            self._plan.add_revaluation(number, made)
            self._own[parent].append(made)

    def _fits(self, security: int, number: int, value: float) -> bool:
        if not self._plan.traded[number - 1 : number + 1, security].all():
            return False
        if any(isinstance(event, Demerger) for event in self._own[security]):
            return False
        price = float(self._price(security)[number])
        return 2.5 * value < price < 12.0 * value and self._is_quiet(security, number, 20)

    def offer_rights(self, security: int) -> None:
        """New shares for old ones, below the price; one offer in twelve lies above it."""
        number = self._day(security, _RIGHTS)
        new, held = _RATIOS[int(self._random.integers(len(_RATIOS)))]
        part = float(self._random.uniform(0.45, 0.9))
        dear = self._random.random() < 0.08
        if number is None or not self._is_quiet(security, number, 20):
            return
        day = self._plan.sessions[number]
        price, face = float(self._price(security)[number]), self._face(security, day)
        wanted = price * (1.4 if dear else part) - face
        premium = 0.0 if wanted < 1.0 else round(wanted * 4.0) / 4.0
        if premium > 50.0:
            premium = float(round(premium))
        record = record_date(day, self._calendar)
        event = Rights(security, day, record, new, held, face, premium)
        self._plan.add_revaluation(number, event)
        self._own[security].append(event)

    def recycle_symbols(self) -> None:
        """A later company takes the symbol of one that is gone: at its listing or by a rename."""
        gone = [e for e in self._plan.events if isinstance(e, Delisting)]
        later: list[Listing | SymbolChange] = [
            e
            for e in self._plan.events
            if e.security_id >= _LARGE
            and (isinstance(e, SymbolChange) or (isinstance(e, Listing) and not self._renamed(e)))
        ]
        for turn, event in enumerate(sorted(gone, key=lambda e: (e.date, e.security_id))):
            if self._random.random() >= _RECYCLED:
                continue
            kind = SymbolChange if turn % 2 else Listing
            since = event.date + _RECYCLED_AFTER
            takers = [e for e in later if e.date >= since and isinstance(e, kind)]
            if not takers:
                continue
            taker = takers[int(self._random.integers(len(takers)))]
            later.remove(taker)
            symbol = self._symbol(event.security_id, event.date)
            if isinstance(taker, Listing):
                self._swap(taker, replace(taker, symbol=symbol))
            else:
                self._swap(taker, replace(taker, new_symbol=symbol))

    def _renamed(self, event: Event) -> bool:
        return any(isinstance(e, SymbolChange) for e in self._own[event.security_id])

    def rename(self) -> None:
        """Second renames, renames of companies that also split, and names without a symbol."""
        taken = {e.new_symbol for e in self._plan.events if isinstance(e, SymbolChange)}
        taken |= {company.symbol for company in self._universe.companies}
        names = NameMaker(self._random, taken)
        for company in self._universe.companies[_LARGE:]:
            events = self._own[company.id]
            renames = [e for e in events if isinstance(e, SymbolChange)]
            split = any(isinstance(e, Split | Consolidation) for e in events)
            chance = _SECOND if renames else _SPLIT_RENAMED if split else 0.0
            if self._random.random() < chance:
                last = renames[-1] if renames else None
                number = self._later(company.id, last.date if last else None)
                symbol, name = names.company(company.industry)
                if number is not None and len(renames) < 2:
                    old = self._symbol(company.id, self._plan.sessions[number])
                    old_name = last.new_name if last else company.name
                    day = self._plan.sessions[number]
                    self._add(SymbolChange(company.id, day, old, symbol, old_name, name))
            elif not renames and (day_no := self._day(company.id, _NAME)) is not None:
                _, name = names.company(company.industry)
                day = self._plan.sessions[day_no]
                symbol = self._symbol(company.id, day)
                self._add(NameChange(company.id, day, symbol, company.name, name))

    def _later(self, security: int, after: date | None) -> int | None:
        """A session well after `after` on which nothing else happens to the symbol."""
        start = 60 + (bisect_left(self._plan.sessions, after) if after else 0)
        days = [d for d in open_sessions(self._plan, security, margin=10) if d > start]
        return int(self._random.choice(days)) if days else None

    def _day(self, security: int, rate: float) -> int | None:
        """A session for something of `rate` per year on which the security trades, or None."""
        if self._random.random() >= min(0.9, rate * self._plan.years):
            return None
        days = open_sessions(self._plan, security, margin=30)
        return int(self._random.choice(days)) if days.size else None

    def _is_quiet(self, security: int, number: int, margin: int) -> bool:
        """Whether nothing that touches the price is planned near session `number`."""
        sessions = self._plan.sessions
        start = sessions[max(0, number - margin)]
        stop = sessions[min(len(sessions) - 1, number + margin)]
        return not any(
            start <= event.date <= stop
            for event in self._own[security]
            if not isinstance(event, SeriesChange | SymbolChange)
        )

    def _price(self, security: int) -> Floats:
        """The price that is to be expected, without demergers and rights."""
        if security not in self._prices:
            plan = self._plan
            alive = plan.alive[:, security]
            moves = np.where(alive, self._returns[:, security].clip(-0.2, 0.2), 0.0)
            path = np.exp(np.cumsum(moves)) / np.cumprod(plan.factor[:, security])
            self._prices[security] = float(plan.issue_price[security]) * path
        return self._prices[security]

    def _face(self, security: int, day: date) -> float:
        face = float(self._universe.face_value[security])
        for event in sorted(self._own[security], key=lambda e: e.date):
            if isinstance(event, Split | Consolidation) and event.date <= day:
                face = event.new_face
        return face

    def _series(self, security: int, day: date) -> str:
        series = next(e.series for e in self._own[security] if isinstance(e, Listing))
        for event in sorted(self._own[security], key=lambda e: e.date):
            if isinstance(event, SeriesChange) and event.date < day:
                series = event.new_series
        return series

    def _symbol(self, security: int, day: date) -> str:
        symbol = next(e.symbol for e in self._own[security] if isinstance(e, Listing))
        for event in sorted(self._own[security], key=lambda e: e.date):
            if isinstance(event, SymbolChange) and event.date < day:
                symbol = event.new_symbol
        return symbol

    def _add(self, event: Event) -> None:
        self._plan.events.append(event)
        self._own[event.security_id].append(event)

    def _swap(self, old: Event, new: Event) -> None:
        for events in (self._plan.events, self._own[old.security_id]):
            events[events.index(old)] = new
