"""When each dataset is expected, in India: asked for first, and in the marts at the latest.

One table for the schedules of the DAGs and for what counts as late. The exchange's files of a
session come between 18:00 and 19:30 IST; a session that closes late (Muhurat) moves them.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ingestion.calendar import IST, TradingCalendar

_USUAL_CLOSE = time(15, 30)


@dataclass(frozen=True, slots=True)
class Publication:
    """One dataset, by the name that `rpt_data_freshness` gives it.

    Attributes:
        asked: times of day (IST) at which we ask; of several in one day all have the same minute.
        due: from this time on a session that is not in the marts is late.
    """

    asked: tuple[time, ...]
    due: time

    def due_at(self, calendar: TradingCalendar, day: date) -> datetime:
        """When a session should be in the marts; as much after its close as on other days."""
        at = datetime.combine(day, self.due, tzinfo=IST)
        usual = datetime.combine(day, _USUAL_CLOSE, tzinfo=IST)
        if at < usual:  # what comes before the session does not wait for its close
            return at
        return at + max(calendar.closes_at(day) - usual, timedelta(0))


_QUOTES = Publication(asked=(time(16, 10),), due=time(17, 30))
_FILES = Publication(asked=(time(18, 15),), due=time(20, 30))
PUBLICATIONS: dict[str, Publication] = {
    "quotes": _QUOTES,
    "index_quotes": _QUOTES,
    "official_prices": _FILES,
    "delivery": _FILES,
    "index_closes": _FILES,
    "corporate_actions": Publication(asked=(time(18, 45),), due=time(20, 30)),
    # Of news the session is the one that they come before: the first are there in the morning.
    "alpha_vantage_news": Publication(asked=(time(6, 30), time(17, 30)), due=time(9, 0)),
    "india_news": Publication(asked=(time(7, 0), time(17, 0)), due=time(9, 0)),
}


def overdue(
    dataset: str, newest: date, expected: date, now: datetime, calendar: TradingCalendar
) -> int:
    """How many sessions after the newest one, up to the one expected, should be there by now.

    Raises:
        ConfigurationError: the calendar does not know these days.
    """
    publication, after = PUBLICATIONS[dataset], newest + timedelta(days=1)
    missing = calendar.sessions(after, expected) if after <= expected else []
    return sum(publication.due_at(calendar, day) <= now for day in missing)


def next_due(dataset: str, newest: date, calendar: TradingCalendar) -> datetime:
    """When the session after the newest one that is there should be there.

    Raises:
        ConfigurationError: the calendar ends before that session.
    """
    return PUBLICATIONS[dataset].due_at(calendar, calendar.next_session(newest))
