"""A trading calendar that reaches further back than the project's own."""

from datetime import date

from ingestion.calendar import TradingCalendar, default_calendar


def long_calendar(first: date = date(1996, 1, 1)) -> TradingCalendar:
    """The project's calendar from `first` on: before its first year every weekday is a session."""
    known = default_calendar()
    return TradingCalendar(min(first, known.first), known.last, known.entries)
