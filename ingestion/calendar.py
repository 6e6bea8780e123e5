"""The trading calendar of the National Stock Exchange of India, read from the dbt seed.

Source: the exchange's holiday lists and circulars 2016-2026, kept as facts in
`dbt_project/seeds/nse_trading_calendar.csv`, which dbt loads as well: one truth for both.
The seed lists exceptions only: a weekday that is not listed is a regular session, a weekend day
that is not listed is closed.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestion.errors import ConfigurationError

IST = ZoneInfo("Asia/Kolkata")
SEED = Path("dbt_project/seeds/nse_trading_calendar.csv")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One exceptional day: a holiday, or a session that the weekday does not promise."""

    day: date
    is_session: bool
    session_type: str | None
    description: str


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """Which days are sessions of the cash market; days outside `first`..`last` are refused."""

    first: date
    last: date
    entries: dict[date, CalendarEntry]

    @classmethod
    def from_csv(cls, path: Path) -> "TradingCalendar":
        """Read the seed: columns calendar_date, is_session, session_type, description."""
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        entries = [
            CalendarEntry(
                day=date.fromisoformat(row["calendar_date"]),
                is_session=row["is_session"].strip().lower() == "true",
                session_type=row["session_type"] or None,
                description=row["description"],
            )
            for row in rows
        ]
        years = [entry.day.year for entry in entries]
        return cls(
            first=date(min(years), 1, 1),
            last=date(max(years), 12, 31),
            entries={entry.day: entry for entry in entries},
        )

    def is_session(self, day: date) -> bool:
        """Whether the cash market trades on `day`, for however short a session."""
        self._require_covered(day)
        entry = self.entries.get(day)
        return entry.is_session if entry else day.weekday() < _SATURDAY

    def session_type(self, day: date) -> str | None:
        """'regular', 'muhurat', 'special', or None on a closed day."""
        if not self.is_session(day):
            return None
        entry = self.entries.get(day)
        return (entry.session_type if entry else None) or "regular"

    def opens_at(self, day: date) -> datetime:
        """When a session may have begun at the earliest (IST); Muhurat: afternoon or evening."""
        muhurat = self.session_type(day) == "muhurat"
        return datetime.combine(day, time(13, 45) if muhurat else time(9, 15), tzinfo=IST)

    def closes_at(self, day: date) -> datetime:
        """When a session is over (IST); a Muhurat session may end in the evening."""
        evening = self.session_type(day) == "muhurat"
        return datetime.combine(day, time(19, 30) if evening else time(15, 30), tzinfo=IST)

    def latest_opened(self, moment: datetime) -> date:
        """The newest session that has opened by `moment`: what a source can be asked for."""
        local = moment.astimezone(IST)
        day = local.date()
        if self.is_session(day) and local >= self.opens_at(day):
            return day
        return self.previous_session(day)

    def description(self, day: date) -> str:
        """Why `day` is exceptional; empty for a plain weekday or weekend."""
        entry = self.entries.get(day)
        return entry.description if entry else ""

    def sessions(self, start: date, end: date) -> list[date]:
        """All sessions from `start` to `end`, both included, oldest first."""
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        return [day for day in days if self.is_session(day)]

    def previous_session(self, day: date) -> date:
        """The last session strictly before `day`."""
        return self._walk(day, timedelta(days=-1))

    def next_session(self, day: date) -> date:
        """The first session strictly after `day`."""
        return self._walk(day, timedelta(days=1))

    def _walk(self, day: date, step: timedelta) -> date:
        day += step
        while not self.is_session(day):
            day += step
        return day

    def _require_covered(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise ConfigurationError(
                f"{day} lies outside the trading calendar ({self.first} to {self.last}). "
                f"Add the exchange's holiday list of {day.year} to {SEED.as_posix()}."
            )


@cache
def default_calendar() -> TradingCalendar:
    """The project's own calendar, from the seed below the project root."""
    from ingestion.settings import project_root

    return TradingCalendar.from_csv(project_root() / SEED)
