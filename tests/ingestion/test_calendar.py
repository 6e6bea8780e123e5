"""The trading calendar: which days are sessions, and which of them has opened by a moment."""

from datetime import UTC, date, datetime

import pytest

from ingestion.calendar import IST, TradingCalendar
from ingestion.errors import ConfigurationError


def ist(text):
    return datetime.fromisoformat(text).replace(tzinfo=IST)


@pytest.mark.parametrize(
    ("day", "kind", "why"),
    [
        ("2024-04-26", "regular", ""),  # a Friday
        ("2024-04-27", None, ""),  # a Saturday
        ("2024-04-28", None, ""),  # a Sunday
        ("2024-01-26", None, "Republic Day"),
        ("2024-01-22", None, ""),  # a holiday that was declared the week before
        ("2024-01-20", "special", ""),  # the Saturday that stood in for it
        ("2024-05-18", "special", ""),  # a Saturday, disaster recovery drill
        ("2025-02-01", "special", "Budget"),  # a Saturday
        ("2023-11-12", "muhurat", "Muhurat"),  # a Sunday
        ("2024-11-01", "muhurat", "Muhurat"),  # a Friday, closed but for the evening
        ("2025-10-21", "muhurat", "Muhurat"),
        ("2025-10-22", None, "Diwali"),
    ],
)
def test_what_a_day_is(calendar, day, kind, why):
    day = date.fromisoformat(day)
    assert calendar.session_type(day) == kind
    assert calendar.is_session(day) == (kind is not None)
    assert why in calendar.description(day)


def test_the_sessions_of_a_week_with_a_holiday_and_of_one_with_a_saturday(calendar):
    diwali = calendar.sessions(date(2025, 10, 18), date(2025, 10, 24))
    assert [day.day for day in diwali] == [20, 21, 23, 24]
    drill = calendar.sessions(date(2024, 5, 17), date(2024, 5, 21))
    assert [day.day for day in drill] == [17, 18, 21]  # the 20th was an election day
    assert calendar.sessions(date(2024, 4, 27), date(2024, 4, 28)) == []
    assert calendar.sessions(date(2024, 4, 28), date(2024, 4, 26)) == []


def test_neighbours_step_over_closed_days(calendar):
    assert calendar.previous_session(date(2024, 4, 29)) == date(2024, 4, 26)
    assert calendar.next_session(date(2024, 4, 26)) == date(2024, 4, 29)
    assert calendar.previous_session(date(2024, 5, 19)) == date(2024, 5, 18)


@pytest.mark.parametrize(
    ("moment", "session"),
    [
        (ist("2024-04-26T09:14:59"), "2024-04-25"),
        (ist("2024-04-26T09:15:00"), "2024-04-26"),
        (ist("2024-04-26T23:59:59"), "2024-04-26"),
        (ist("2024-04-27T00:00:00"), "2024-04-26"),  # Saturday begins in India
        (ist("2024-04-29T00:00:00"), "2024-04-26"),  # Monday, before it opens
        (datetime(2024, 4, 25, 18, 30, tzinfo=UTC), "2024-04-25"),  # midnight in India
        (datetime(2024, 4, 26, 3, 44, 59, tzinfo=UTC), "2024-04-25"),
        (datetime(2024, 4, 26, 3, 45, tzinfo=UTC), "2024-04-26"),
        (ist("2024-05-18T09:15:00"), "2024-05-18"),  # a Saturday session
        (ist("2024-11-01T09:15:00"), "2024-10-31"),  # Muhurat: closed until the evening
        (ist("2024-11-01T18:15:00"), "2024-11-01"),
        (ist("2025-10-21T13:45:00"), "2025-10-21"),  # the Muhurat of an afternoon
        (ist("2024-01-26T12:00:00"), "2024-01-25"),  # a holiday
    ],
)
def test_the_newest_session_that_has_opened(calendar, moment, session):
    assert calendar.latest_opened(moment) == date.fromisoformat(session)


@pytest.mark.parametrize(
    ("day", "closes"), [("2024-04-26", "15:30"), ("2024-11-01", "19:30"), ("2024-05-18", "15:30")]
)
def test_when_a_session_is_over(calendar, day, closes):
    assert calendar.closes_at(date.fromisoformat(day)) == ist(f"{day}T{closes}:00")


@pytest.mark.parametrize("day", [date(2015, 12, 31), date(2027, 1, 1)])
def test_a_day_that_the_calendar_does_not_cover_is_refused(calendar, day):
    with pytest.raises(ConfigurationError, match=f"{day.year} to dbt_project/seeds"):
        calendar.is_session(day)
    with pytest.raises(ConfigurationError):
        calendar.latest_opened(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def test_walking_off_the_calendar_ends(calendar):
    with pytest.raises(ConfigurationError):
        calendar.next_session(date(2026, 12, 31))


def test_the_seed_covers_whole_years_and_every_row_is_an_exception(calendar):
    assert (calendar.first, calendar.last) == (date(2016, 1, 1), date(2026, 12, 31))
    for day, entry in calendar.entries.items():
        assert entry.description, day
        weekday = day.weekday() < 5
        kinds = {"muhurat", "special"} if entry.is_session else {None}
        assert entry.session_type in kinds, day
        assert not (weekday and entry.is_session) or entry.session_type == "muhurat", day


def test_a_calendar_is_read_from_its_columns(tmp_path):
    path = tmp_path / "calendar.csv"
    path.write_text(
        "calendar_date,is_session,session_type,description\n"
        '2030-01-05, TRUE ,special,"A Saturday, for once"\n'
        "2031-03-04,false,,Holi\n"
    )
    read = TradingCalendar.from_csv(path)
    assert (read.first, read.last) == (date(2030, 1, 1), date(2031, 12, 31))
    assert read.session_type(date(2030, 1, 5)) == "special"
    assert read.description(date(2030, 1, 5)) == "A Saturday, for once"
    assert not read.is_session(date(2031, 3, 4))
