"""Plans corporate actions: splits, bonuses (also both at once), consolidations and dividends."""

from bisect import bisect_left
from datetime import date, timedelta

import numpy as np

from ingestion.calendar import TradingCalendar
from sandbox.market.arrays import Floats
from sandbox.market.events import Bonus, Consolidation, Dividend, Split
from sandbox.market.life import open_sessions
from sandbox.market.plan import Plan
from sandbox.market.universe import Universe

# Rates per security and year.
_SPLIT = 0.035
_BONUS = 0.03
_BOTH = 0.25  # of the splits come with a bonus on the same ex-date
_PAYS_DIVIDENDS = 0.6
_BONUSES = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 5), (5, 1), (1, 10))
_FACES = (10.0, 5.0, 2.0, 1.0)
_SPLIT_ABOVE, _BONUS_ABOVE, _CONSOLIDATE_BELOW = 300.0, 120.0, 70.0
# Settlement one day after the trade: ex-date and record date became the same day.
_SAME_DAY_SINCE = date(2023, 1, 27)


def plan_actions(
    generator: np.random.Generator,
    universe: Universe,
    plan: Plan,
    returns: Floats,
    calendar: TradingCalendar,
) -> None:
    """Add the corporate actions of every security to `plan`, sized by its expected price."""
    for company in universe.companies:
        actions = _Actions(generator, universe, plan, returns, company.id, calendar)
        actions.plan_capital()
        if generator.random() < _PAYS_DIVIDENDS:
            actions.plan_dividends()


def record_date(day: date, calendar: TradingCalendar) -> date:
    """The record date of an ex-date: it followed one session later before T+1."""
    same = day >= _SAME_DAY_SINCE or day >= calendar.last
    return day if same else calendar.next_session(day)


class _Actions:
    """The corporate actions of one security, planned in the order of their dates."""

    def __init__(
        self,
        generator: np.random.Generator,
        universe: Universe,
        plan: Plan,
        returns: Floats,
        security: int,
        calendar: TradingCalendar,
    ) -> None:
        self._random = generator
        self._plan = plan
        self._security = security
        self._calendar = calendar
        self._face = float(universe.face_value[security])
        alive = np.where(plan.alive[:, security], returns[:, security].clip(-0.2, 0.2), 0.0)
        path = np.exp(np.cumsum(alive))
        self._price: Floats = float(plan.issue_price[security]) * path

    def plan_capital(self) -> None:
        """Splits, bonuses and consolidations, far enough apart to be told from each other."""
        days = open_sessions(self._plan, self._security, margin=15)
        rate = (_SPLIT + _BONUS) * self._plan.years
        last = -30
        for number in np.sort(self._random.permutation(days)[: int(self._random.poisson(rate))]):
            if number - last < 30:
                continue
            before = self._plan.factor[number, self._security]
            self._change_capital(int(number))
            changed = self._plan.factor[number, self._security]
            if changed != before:
                self._price[number:] /= changed
                last = int(number)

    def _change_capital(self, number: int) -> None:
        price = float(self._price[number])
        wants_split = self._random.random() < _SPLIT / (_SPLIT + _BONUS)
        if price < _CONSOLIDATE_BELOW and self._face < 10.0:
            self._consolidate(number)
        elif wants_split and price > _SPLIT_ABOVE and self._face > 1.0:
            self._split(number)
            if self._random.random() < _BOTH:
                self._give_bonus(number)
        elif price > _BONUS_ABOVE:
            self._give_bonus(number)

    def _split(self, number: int) -> None:
        new_face = float(self._random.choice([face for face in _FACES if face < self._face]))
        day, record = self._dates(number)
        event = Split(self._security, day, record, self._face, new_face)
        self._plan.add_capital_change(number, event)
        self._face = new_face

    def _consolidate(self, number: int) -> None:
        day, record = self._dates(number)
        event = Consolidation(self._security, day, record, self._face, 10.0)
        self._plan.add_capital_change(number, event)
        self._face = 10.0

    def _give_bonus(self, number: int) -> None:
        new, held = _BONUSES[int(self._random.integers(len(_BONUSES)))]
        day, record = self._dates(number)
        self._plan.add_capital_change(number, Bonus(self._security, day, record, new, held))

    def plan_dividends(self) -> None:
        """A final dividend in most years after the annual meeting, sometimes an interim one."""
        years = range(self._plan.sessions[0].year, self._plan.sessions[-1].year + 1)
        for year in years:
            for kind, month, chance in (("Interim", 2, 0.35), ("Final", 8, 0.9)):
                wanted = date(year, month, 1) + timedelta(days=int(self._random.integers(-20, 25)))
                fraction = float(self._random.uniform(0.002, 0.02))
                if self._random.random() < chance:
                    self._pay(wanted, fraction, kind)

    def _pay(self, wanted: date, fraction: float, kind: str) -> None:
        sessions = self._plan.sessions
        if not sessions[0] < wanted <= sessions[-1]:
            return
        number = bisect_left(sessions, wanted)
        open_on = (
            self._plan.traded[number, self._security]
            and number > (self._plan.first[self._security])
        )
        amount = round(float(self._price[number]) * fraction * 10.0) / 10.0
        if open_on and amount > 0:
            day, record = self._dates(number)
            self._plan.add_dividend(number, Dividend(self._security, day, record, amount, kind))

    def _dates(self, number: int) -> tuple[date, date]:
        day = self._plan.sessions[number]
        return day, record_date(day, self._calendar)
