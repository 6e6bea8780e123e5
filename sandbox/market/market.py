"""The simulated market: built once from a seed, then only read."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from ingestion.calendar import IST, TradingCalendar, default_calendar
from sandbox.market.actions import plan_actions
from sandbox.market.arrays import Small
from sandbox.market.events import Event
from sandbox.market.hours import Hours, hours_of
from sandbox.market.identities import add_isin_changes, identity_numbers, make_securities
from sandbox.market.indices import Indices, make_indices
from sandbox.market.life import plan_lives
from sandbox.market.model import DailyBar, Identity, IndexBar, Quote, Security
from sandbox.market.plan import Plan
from sandbox.market.prices import Bars, make_bars
from sandbox.market.quotes import quotes_as_of
from sandbox.market.rare import plan_rare
from sandbox.market.returns import log_returns
from sandbox.market.universe import Universe, make_universe


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Market:
    """Securities, events, bars and indices of every session; the same for the same arguments.

    Session numbers count the market's sessions from 0; security ids are the columns of `bars`.
    """

    seed: int
    calendar: TradingCalendar
    sessions: tuple[date, ...]
    securities: tuple[Security, ...]
    events: tuple[Event, ...]
    universe: Universe
    plan: Plan
    bars: Bars
    indices: Indices
    identity_no: Small

    @classmethod
    def build(
        cls,
        seed: int = 20,
        securities: int = 400,
        start: date = date(2021, 1, 1),
        end: date = date(2026, 12, 31),
        calendar: TradingCalendar | None = None,
    ) -> "Market":
        """Simulate all sessions of `calendar` (the project's own by default) in start..end."""
        calendar = calendar or default_calendar()
        sessions = tuple(calendar.sessions(start, end))
        if not sessions:
            raise ValueError(f"no session between {start} and {end}: choose a longer period")
        seeds = np.random.SeedSequence(seed).spawn(6)
        invent, live, move, act, trade, rare = (np.random.default_rng(child) for child in seeds)
        universe = make_universe(invent, securities)
        plan = Plan.empty(sessions, universe.start_price)
        first_series = plan_lives(live, universe, plan)
        returns = log_returns(move, universe, len(sessions))
        plan_actions(act, universe, plan, returns, calendar)
        plan_rare(rare, universe, plan, returns, calendar)
        add_isin_changes(plan)
        activity = np.array([hours_of(calendar, day).activity for day in sessions])
        bars = make_bars(trade, universe, plan, returns, activity)
        made = make_securities(universe, plan, first_series)
        return cls(
            seed=seed,
            calendar=calendar,
            sessions=sessions,
            securities=made,
            events=tuple(sorted(plan.events, key=lambda e: (e.date, e.security_id))),
            universe=universe,
            plan=plan,
            bars=bars,
            indices=make_indices(universe, plan, bars),
            identity_no=identity_numbers(made, sessions),
        )

    def __repr__(self) -> str:
        return (
            f"Market(seed={self.seed}, {len(self.securities)} securities, "
            f"{self.sessions[0]}..{self.sessions[-1]})"
        )

    def session_number(self, day: date) -> int:
        """The number of the last session on or before `day`; LookupError before the first."""
        number = bisect_right(self.sessions, day) - 1
        if number < 0:
            raise LookupError(
                f"the market starts on {self.sessions[0]}: build it with an earlier start "
                f"or set the clock later than {day}"
            )
        return number

    def hours(self, day: date) -> Hours:
        """The trading hours of the session on `day`."""
        return hours_of(self.calendar, day)

    def session_as_of(self, moment: datetime) -> date:
        """The session that the quotes of `moment` (IST) belong to: today's from its opening on."""
        return self.sessions[self.number_as_of(moment)]

    def number_as_of(self, moment: datetime) -> int:
        """`session_as_of` as a session number."""
        now = as_ist(moment)
        number = self.session_number(now.date())
        day = self.sessions[number]
        if day == now.date() and now < self.hours(day).opens:
            return self.session_number(day - timedelta(days=1))
        return number

    def identity_on(self, security_id: int, day: date) -> Identity | None:
        """What a security is called on `day`; None when it is not listed then."""
        security = self.securities[security_id]
        gone = security.last_session is not None and day > security.last_session
        if day < security.listed_on or gone:
            return None
        return [known for known in security.identities if known.since <= day][-1]

    def events_between(self, start: date, end: date) -> tuple[Event, ...]:
        """All events dated start..end, both included, oldest first."""
        return tuple(event for event in self.events if start <= event.date <= end)

    def bars_on(self, day: date) -> list[DailyBar]:
        """One bar per security that traded on the session `day`, as an archive would list them."""
        number = self.number_on(day)
        bars = self.bars
        return [
            self._bar(number, int(security), bars)
            for security in np.flatnonzero(self.plan.traded[number])
        ]

    def _bar(self, number: int, security: int, bars: Bars) -> DailyBar:
        identity = self.identity_at(number, security)
        vwap, volume = int(bars.vwap[number, security]), int(bars.volume[number, security])
        return DailyBar(
            security_id=security,
            trade_date=self.sessions[number],
            symbol=identity.symbol,
            series=identity.series,
            isin=identity.isin,
            company_name=identity.company_name,
            open=int(bars.open[number, security]) / 100,
            high=int(bars.high[number, security]) / 100,
            low=int(bars.low[number, security]) / 100,
            close=int(bars.close[number, security]) / 100,
            previous_close=int(bars.previous[number, security]) / 100,
            vwap=vwap / 100,
            volume=volume,
            turnover=vwap * volume / 100,
            trades=int(bars.trades[number, security]),
        )

    def identity_at(self, number: int, security_id: int) -> Identity:
        """The identity of a security on the session `number`."""
        which = int(self.identity_no[number, security_id])
        return self.securities[security_id].identities[which]

    def index_bars_on(self, day: date) -> list[IndexBar]:
        """One bar per index that exists on the session `day`."""
        number = self.number_on(day)
        indices = self.indices
        return [
            IndexBar(
                name=rule.name,
                trade_date=day,
                open=float(indices.open[number, place]),
                high=float(indices.high[number, place]),
                low=float(indices.low[number, place]),
                close=float(indices.close[number, place]),
                previous_close=float(indices.previous[number, place]),
                volume=int(indices.volume[number, place]),
                turnover=float(indices.turnover[number, place]),
            )
            for place, rule in enumerate(indices.rules)
            if rule.launched is None or rule.launched <= day
        ]

    def constituents(self, index_name: str, day: date) -> list[int]:
        """Ids of the living securities in an index on `day`; KeyError for an unknown index."""
        names = [rule.name for rule in self.indices.rules]
        if index_name not in names:
            raise KeyError(f"no index {index_name!r}; this market has {', '.join(names)}")
        number = self.session_number(day)
        period = int(self.indices.review[number])
        inside = self.indices.members[period, names.index(index_name)] & self.plan.alive[number]
        return [int(security) for security in np.flatnonzero(inside)]

    def quotes_as_of(self, moment: datetime) -> list[Quote]:
        """Every row of the quote feed at `moment` (IST when it has no zone), indices first."""
        return quotes_as_of(self, as_ist(moment))

    def number_on(self, day: date) -> int:
        """The number of the session on `day`; LookupError when it is none."""
        number = self.session_number(day)
        if self.sessions[number] != day:
            raise LookupError(
                f"{day} is no session of this market; ask for {self.sessions[number]}"
            )
        return number


def as_ist(moment: datetime) -> datetime:
    """`moment` as Indian time without a zone; a moment without a zone is taken as Indian."""
    return moment.astimezone(IST).replace(tzinfo=None) if moment.tzinfo else moment
