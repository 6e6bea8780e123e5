"""What to ask the exchange for: the files of a daily run, or of a range of years."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.calendar import TradingCalendar
from ingestion.sources.nse_files import (
    ACTIONS,
    CURRENT,
    DATASETS,
    DATED,
    ArchiveFile,
    corporate_actions,
    current,
    dated,
)

_SUNDAY = 6
_ANNOUNCED = timedelta(days=20)  # so far ahead the feed tells what will go ex


@dataclass(frozen=True, slots=True)
class Task:
    """Files of which one is enough, best first; `recheck`: ask again although it landed well."""

    files: tuple[ArchiveFile, ...]
    recheck: bool = False


def daily(
    calendar: TradingCalendar,
    day: date,
    today: date,
    *,
    recheck: int,
    fill: int,
    datasets: Sequence[str] = DATASETS,
) -> list[Task]:
    """The newest session, the sessions before it that may have changed or be missing, and masters.

    Args:
        recheck: so many sessions before `day` are asked again for changed content.
        fill: so many sessions before `day` are asked for where they are missing.
    """
    if not may_trade(calendar, day):
        return []
    before = _sessions_before(calendar, day, max(recheck, fill))
    tasks = []
    for age, session in reversed(list(enumerate(before, start=1))):
        tasks += _of_day(session, datasets, recheck=age <= recheck)
    tasks += _of_day(day, datasets)
    first = before[-1] if before else day
    return [*tasks, *undated(first, day, today, datasets)]


def of_range(days: Sequence[date], datasets: Sequence[str] = DATASETS) -> list[Task]:
    """The dated files of some days, oldest day first."""
    return [task for day in days for task in _of_day(day, datasets)]


def undated(
    first: date, last: date, today: date, datasets: Sequence[str] = DATASETS
) -> Iterator[Task]:
    """The masters as they stand, and the corporate actions of a range and of the days ahead."""
    for dataset in CURRENT:
        if dataset in datasets:
            yield from (Task((file,)) for file in current(dataset, today))
    if ACTIONS in datasets:
        ahead = last + _ANNOUNCED if last + _ANNOUNCED >= today else last
        for file in corporate_actions(first, ahead, today):
            yield Task((file,))


def days_to_ask(
    calendar: TradingCalendar, first: date, last: date, *, closed_too: bool = False
) -> list[date]:
    """The days of a range that may be sessions.

    Before the calendar begins every weekday and Saturday may be one: the exchange knows.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if closed_too or may_trade(calendar, day)]


def may_trade(calendar: TradingCalendar, day: date) -> bool:
    """Whether a file may be there for `day`, as far as is known."""
    if day < calendar.first:
        return day.weekday() != _SUNDAY
    return calendar.is_session(day)


def closed_since(calendar: TradingCalendar, day: date, sessions: int) -> list[date]:
    """The days before `day` that the calendar calls closed, back to so many sessions before it."""
    before = _sessions_before(calendar, day, sessions)
    if not before:
        return []
    span = (before[-1] + timedelta(days=n) for n in range((day - before[-1]).days))
    return [other for other in span if not may_trade(calendar, other)]


def _sessions_before(calendar: TradingCalendar, day: date, count: int) -> list[date]:
    """The newest first."""
    found: list[date] = []
    while len(found) < count:
        day -= timedelta(days=1)
        if may_trade(calendar, day):
            found.append(day)
    return found


def _of_day(day: date, datasets: Sequence[str], *, recheck: bool = False) -> list[Task]:
    found = [dated(dataset, day) for dataset in DATED if dataset in datasets]
    return [Task(files, recheck) for files in found if files]
