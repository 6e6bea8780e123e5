"""When a file of the exchange is asked for, given what was asked before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.archive_plan import daily, days_to_ask, of_range, undated
from ingestion.attempts import Attempt, Attempts, is_due
from ingestion.calendar import IST
from ingestion.outcomes import Outcome, record_attempt
from ingestion.sources import nse_files

DAY = date(2024, 4, 26)  # a Friday
[FULL] = nse_files.dated("sec_bhavdata", DAY)
[WINDOW, _] = nse_files.corporate_actions(date(2024, 3, 1), date(2024, 3, 1), date(2024, 12, 1))


def evening(day, hours=0):
    return datetime(day.year, day.month, day.day, 19, tzinfo=IST) + timedelta(hours=hours)


def tried(status, day, hours=0):
    return Attempt(DAY, evening(day, hours), status, "key")


@pytest.mark.parametrize(
    ("status", "asked", "now", "recheck", "due"),
    [
        ("ok", DAY, DAY + timedelta(1), False, False),
        ("unchanged", DAY, DAY + timedelta(1), False, False),
        ("ok", DAY, DAY + timedelta(1), True, True),  # it may have been corrected
        ("not_published", DAY, DAY, False, True),  # the evening is not over
        ("not_published", DAY, DAY + timedelta(9), False, True),
        ("stale", DAY, DAY + timedelta(1), False, True),
        ("failed", DAY + timedelta(40), DAY + timedelta(41), False, True),
        ("blocked", DAY, DAY, False, True),
        ("not_published", DAY + timedelta(11), DAY + timedelta(12), False, False),  # never was
        ("stale", DAY + timedelta(11), DAY + timedelta(40), True, False),
        ("not_published", DAY + timedelta(11), DAY + timedelta(42), False, True),  # long ago
    ],
)
def test_what_is_due(status, asked, now, recheck, due):
    assert is_due(FULL, [tried(status, asked)], evening(now), recheck=recheck) is due


def test_what_was_never_asked_for_is_due():
    assert is_due(FULL, [], evening(DAY))


def test_a_recheck_rests_for_half_a_day():
    assert not is_due(FULL, [tried("ok", DAY)], evening(DAY, hours=11), recheck=True)
    assert is_due(FULL, [tried("ok", DAY)], evening(DAY, hours=12), recheck=True)


def test_a_window_is_asked_daily_until_ten_days_after_its_end():
    end = WINDOW.trade_date
    assert is_due(WINDOW, [tried("ok", end)], evening(end + timedelta(1)))
    late = end + timedelta(10)
    assert not is_due(WINDOW, [tried("ok", late)], evening(end + timedelta(400)))
    assert not is_due(WINDOW, [tried("not_published", end)], evening(end, hours=1))  # it is empty


def test_attempts_are_read_from_the_names_of_the_records(store):
    now = datetime(2024, 4, 26, 13, 30, tzinfo=UTC)
    [fifty, _] = nse_files.current("index_constituents", DAY)
    for file, status in ((FULL, "not_published"), (FULL, "ok"), (fifty, "ok"), (WINDOW, "ok")):
        outcome = Outcome("fetch", "nse", file.dataset, file.trade_date, status, now)
        record_attempt(store, outcome, file.part)
        now += timedelta(seconds=1)
    found = Attempts.read(store)
    assert [attempt.status for attempt in found.of(FULL)] == ["not_published", "ok"]
    assert found.of(FULL)[1].attempted_at == datetime(2024, 4, 26, 13, 30, 1, tzinfo=UTC)
    assert [attempt.status for attempt in found.of(fifty)] == ["ok"]
    assert found.last_good(WINDOW).trade_date == WINDOW.trade_date
    only = Attempts.read(store, FULL)
    assert (len(only.of(FULL)), only.of(fifty)) == (2, [])


def test_a_daily_run_looks_back(calendar):
    tasks = daily(calendar, DAY, DAY, recheck=3, fill=10)
    full = {
        task.files[0].trade_date: task.recheck
        for task in tasks
        if task.files[0].dataset == "sec_bhavdata"
    }
    sessions = calendar.sessions(date(2024, 4, 1), DAY)[-11:]
    assert list(full) == sessions
    assert [day for day, recheck in full.items() if recheck] == sessions[-4:-1]
    asked = {file.dataset for task in tasks for file in task.files}
    assert asked == {*nse_files.DATASETS, "bhavcopy_legacy", "bhavcopy_udiff"} - {"bhavcopy"}


def test_before_the_calendar_begins_the_exchange_knows_its_sessions(calendar):
    days = days_to_ask(calendar, date(2015, 12, 21), date(2016, 1, 3))
    assert [f"{day:%a %d}" for day in days] == [
        *("Mon 21", "Tue 22", "Wed 23", "Thu 24", "Fri 25", "Sat 26"),  # Christmas too
        *("Mon 28", "Tue 29", "Wed 30", "Thu 31", "Fri 01"),
    ]  # 2 January 2016 is a Saturday that the calendar calls closed
    week = days_to_ask(calendar, date(2024, 4, 15), date(2024, 4, 21), closed_too=True)
    assert len(week) == 7


def test_a_range_of_the_nineties_is_asked_for_what_there_was(calendar):
    days = days_to_ask(calendar, date(1996, 11, 4), date(1996, 11, 8))
    files = [file for task in of_range(days) for file in task.files]
    assert {file.dataset for file in files} == {"bhavcopy_legacy"}
    assert files[0].path == "/content/historical/EQUITIES/1996/NOV/cm04NOV1996bhav.csv.zip"
    asked = [task.files[0] for task in undated(days[0], days[-1], DAY, ["corporate_actions"])]
    assert {file.part[:8] for file in asked} == {"equities"}
