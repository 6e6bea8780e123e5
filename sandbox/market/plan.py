"""The plan of a market: which security trades when, and every event of its life."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sandbox.market.arrays import Bools, Floats
from sandbox.market.events import (
    Bonus,
    Consolidation,
    Demerger,
    Dividend,
    Event,
    Rights,
    SeriesChange,
    Split,
)

# Daily price bands by series; in EQ the smaller companies have a narrower one.
BANDS = {"EQ": 0.20, "BE": 0.05, "BZ": 0.05, "SM": 0.10}
SMALL_FROM_RANK, SMALL_BAND = 150, 0.10


@dataclass(slots=True)
class Plan:
    """Arrays of shape (sessions, securities) and the events that filled them.

    `first` and `end` are session numbers per security: it lives in first <= number < end.
    `factor` divides the reference price at the opening, `dividend` (rupees) lowers it.
    `revaluations` are the events by session number that change the reference by its own height.
    """

    sessions: tuple[date, ...]
    first: list[int]
    end: list[int]
    issue_price: Floats
    alive: Bools
    traded: Bools
    factor: Floats
    dividend: Floats
    band: Floats
    events: list[Event] = field(default_factory=list)
    revaluations: dict[int, list[Rights | Demerger]] = field(default_factory=dict)

    @classmethod
    def empty(cls, sessions: tuple[date, ...], start_price: Floats) -> "Plan":
        """A plan in which all securities live and trade on all sessions and nothing happens."""
        shape = (len(sessions), len(start_price))
        band = np.full(shape, BANDS["EQ"])
        band[:, SMALL_FROM_RANK:] = SMALL_BAND
        return cls(
            sessions=sessions,
            first=[0] * shape[1],
            end=[shape[0]] * shape[1],
            issue_price=start_price.copy(),
            alive=np.ones(shape, dtype=np.bool_),
            traded=np.ones(shape, dtype=np.bool_),
            factor=np.ones(shape),
            dividend=np.zeros(shape),
            band=band,
        )

    @property
    def years(self) -> float:
        """The length of the market; never less than a day, so that rates stay finite."""
        return max(1, (self.sessions[-1] - self.sessions[0]).days) / 365.25

    def number_of(self, event: Event) -> int:
        """The session number of an event that lies inside the market."""
        return bisect_left(self.sessions, event.date)

    def add_capital_change(self, number: int, event: Split | Consolidation | Bonus) -> None:
        """Plan a change of the share count with its ex-date on session `number`."""
        self.factor[number, event.security_id] *= event.factor
        self.events.append(event)

    def add_dividend(self, number: int, event: Dividend) -> None:
        """Plan a dividend with its ex-date on session `number`."""
        self.dividend[number, event.security_id] += event.amount
        self.events.append(event)

    def add_revaluation(self, number: int, event: Rights | Demerger) -> None:
        """Plan rights or a demerger with its ex-date on session `number`."""
        self.revaluations.setdefault(number, []).append(event)
        self.events.append(event)

    def set_series(self, security: int, number: int, series: str) -> None:
        """From session `number` on the price band is that of `series`."""
        ordinary = self.band[0, security] if series == "EQ" else BANDS[series]
        self.band[number:, security] = ordinary

    def add_series_change(self, number: int, event: SeriesChange) -> None:
        """Plan a move to another series from session `number` on."""
        self.set_series(event.security_id, number, event.new_series)
        self.events.append(event)
