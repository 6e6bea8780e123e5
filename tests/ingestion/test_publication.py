"""When a session is expected, and from when on it is late."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.calendar import IST
from ingestion.errors import ConfigurationError
from ingestion.publication import PUBLICATIONS, next_due, overdue

FRIDAY, MONDAY = date(2025, 10, 24), date(2025, 10, 27)


def test_the_files_of_a_session_are_due_in_the_evening_of_the_next_session(calendar):
    assert next_due("official_prices", FRIDAY, calendar) == datetime(
        2025, 10, 27, 20, 30, tzinfo=IST
    )
    holiday_after_it = next_due("quotes", date(2025, 10, 21), calendar)
    assert holiday_after_it == datetime(2025, 10, 23, 17, 30, tzinfo=IST)


def test_news_are_due_in_the_morning_before_the_session(calendar):
    assert next_due("india_news", FRIDAY, calendar) == datetime(2025, 10, 27, 9, 0, tzinfo=IST)


def test_a_session_that_closes_late_moves_what_comes_after_its_close(calendar):
    muhurat = date(2025, 10, 21)
    assert calendar.session_type(muhurat) == "muhurat"
    by_name = {name: one.due_at(calendar, muhurat) for name, one in PUBLICATIONS.items()}
    assert by_name["quotes"] == datetime(2025, 10, 21, 21, 30, tzinfo=IST)
    assert by_name["official_prices"] == datetime(2025, 10, 22, 0, 30, tzinfo=IST)
    assert by_name["india_news"] == datetime(2025, 10, 21, 9, 0, tzinfo=IST)


@pytest.mark.parametrize(("minutes", "behind"), [(-1, 0), (1, 1)])
def test_a_session_is_not_missed_before_it_is_due(minutes, behind, calendar):
    """Quotes are built at half past four, when the files of the day are still to come."""
    now = next_due("official_prices", FRIDAY, calendar) + timedelta(minutes=minutes)
    assert overdue("official_prices", FRIDAY, MONDAY, now, calendar) == behind


def test_of_several_sessions_those_that_are_due_are_missed(calendar):
    now = datetime(2025, 10, 24, 12, 0, tzinfo=UTC)  # half past five in the afternoon there
    assert overdue("quotes", date(2025, 10, 17), FRIDAY, now, calendar) == 4  # one of them closed
    assert overdue("delivery", date(2025, 10, 17), FRIDAY, now, calendar) == 3
    assert overdue("quotes", MONDAY, FRIDAY, now, calendar) == 0


def test_the_times_of_a_day_have_one_minute_which_is_what_a_schedule_can_say():
    for one in PUBLICATIONS.values():
        assert len({moment.minute for moment in one.asked}) == 1
        assert list(one.asked) == sorted(one.asked)


def test_beyond_the_calendar_nothing_is_expected(calendar):
    with pytest.raises(ConfigurationError, match="Add the exchange's holiday list"):
        next_due("quotes", calendar.last, calendar)
