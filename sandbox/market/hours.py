"""Session hours of the cash market: regular, Muhurat and special days; all times are IST."""

from dataclasses import dataclass
from datetime import date, datetime, time

from ingestion.calendar import TradingCalendar

# Diwali 2025 was the first Muhurat session held in the afternoon.
_AFTERNOON_MUHURAT = {date(2025, 10, 21)}


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening, last trade, and the minute of the last update of a session; `activity` against 1."""

    opens: datetime
    closes: datetime
    final: datetime
    activity: float

    def progress(self, moment: datetime) -> float:
        """The share of trading time that has passed at `moment`, 0 to 1."""
        passed = (moment - self.opens) / (self.closes - self.opens)
        return min(1.0, max(0.0, passed))


def hours_of(calendar: TradingCalendar, day: date) -> Hours:
    """The hours of the session on `day`; naive IST."""
    kind = calendar.session_type(day)
    if kind == "muhurat" and day in _AFTERNOON_MUHURAT:
        return _hours(day, time(13, 45), time(14, 45), time(15, 0), 0.05)
    if kind == "muhurat":
        return _hours(day, time(18, 15), time(19, 15), time(19, 30), 0.05)
    # Budget days trade like any other; the other special days are drills with next to no volume.
    if kind == "special" and "budget" not in calendar.description(day).lower():
        return _hours(day, time(9, 15), time(12, 30), time(13, 0), 0.03)
    return _hours(day, time(9, 15), time(15, 30), time(16, 0), 1.0)


def _hours(day: date, opens: time, closes: time, final: time, activity: float) -> Hours:
    return Hours(
        opens=datetime.combine(day, opens),
        closes=datetime.combine(day, closes),
        final=datetime.combine(day, final),
        activity=activity,
    )
