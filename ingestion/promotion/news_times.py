"""When a headline was published, as exactly as the text beside it says.

Texts are absolute ("2024-05-03T09:15:00Z", "Fri, 03 May 2024 09:15:00 GMT"), relative to the
moment of the fetch ("2 hours ago", "yesterday"), or dates alone. What is known to a day only
stands at midnight of that day in India, so that its date is right where sessions are counted.
A moment after the fetch cannot be right, so it is none; the text as shown is kept beside it.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from ingestion.calendar import IST

_CLOCKS_DIFFER = timedelta(minutes=10)
_FIRST_YEAR = 1990
_LONGEST = 200  # signs; no time needs more
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    **dict.fromkeys(("", "z", "gmt", "ut", "utc"), 0),
    "ist": 330, "bst": 60, "cet": 60, "cest": 120, "sgt": 480, "hkt": 480, "jst": 540,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "pst": -480, "pdt": -420,
}  # fmt: skip
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*\(?(?P<zone>z\b|[a-z]{2,5}\b(?:\s*[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{1,2}(?::?\d{2})?)?\)?"
)
_AFTER = rf"(?:(?:,|\s|t|at|\||·|•|-)*{_CLOCK})?"
_DATES = tuple(
    re.compile(rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?{form}{_AFTER}", re.ASCII)
    for form in (
        r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})",
        r"(?P<day>\d{1,2})[-/.](?P<number>\d{1,2})[-/.](?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH}(?:,?[\s-]*(?P<year>\d{{4}}))?",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s*(?P<year>\d{{4}}))?",
    )
)
_AGO = re.compile(
    r"(?P<count>\d{1,4}|an?|one)\s*(?P<unit>s|m|h|d|w|mo|y|secs?|seconds?|mins?|minutes?|hrs?|hours?"
    r"|days?|wks?|weeks?|months?|yrs?|years?)\s+ago",
    re.ASCII,
)
_UNITS: tuple[tuple[str, timedelta, str | None], ...] = (
    ("mo", timedelta(days=30), None),  # the longest names first: `mo` is no `m`
    ("s", timedelta(seconds=1), "minute"),
    ("m", timedelta(minutes=1), "minute"),
    ("h", timedelta(hours=1), "hour"),
    ("d", timedelta(days=1), "day"),
    ("w", timedelta(weeks=1), None),
    ("y", timedelta(days=365), None),
)
_WORDS = {"just now": 0, "now": 0, "moments ago": 0}
_DAYS = {"today": 0, "yesterday": 1}


class Published(NamedTuple):
    """`at` as 'YYYY-MM-DD HH:MM:SS' UTC; precision second, minute, hour or day.

    A time without a precision is known to a week or worse ("2 months ago").
    """

    at: str | None
    precision: str | None


UNKNOWN = Published(None, None)


def read_time(text: str | None, fetched_at: datetime) -> Published:
    """The moment that a text means; `UNKNOWN` where it means none that can be."""
    said = " ".join((text or "")[:_LONGEST].lower().split())
    if not said:
        return UNKNOWN
    found = _relative(said, fetched_at) or _absolute(said, fetched_at)
    if found is None:
        return UNKNOWN
    moment, precision = found
    if moment > fetched_at + _CLOCKS_DIFFER or moment.year < _FIRST_YEAR:
        return UNKNOWN
    return Published(moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), precision)


def _relative(said: str, fetched_at: datetime) -> tuple[datetime, str | None] | None:
    if said in _WORDS:
        return fetched_at, "minute"
    if said in _DAYS:
        return _day_before(fetched_at, timedelta(days=_DAYS[said])), "day"
    ago = _AGO.search(said)
    if not ago:
        return None
    count = int(ago["count"]) if ago["count"].isdigit() else 1
    _, length, precision = next(unit for unit in _UNITS if ago["unit"].startswith(unit[0]))
    past = timedelta(seconds=min(count * length.total_seconds(), 50 * 365 * 86400))
    if precision in ("minute", "hour"):
        return fetched_at - past, precision
    return _day_before(fetched_at, past), precision


def _absolute(said: str, fetched_at: datetime) -> tuple[datetime, str | None] | None:
    for form in _DATES:
        if found := form.search(said):
            try:
                return _moment(found.group, fetched_at)
            except (ValueError, OverflowError):
                return None
    return None


def _moment(part: Callable[[str], str | None], fetched_at: datetime) -> tuple[datetime, str]:
    """Date and clock as they stand; without a zone that is known, only the day is certain."""
    names = part("number") if _has(part, "number") else None
    month = int(names) if names else _MONTHS.index(str(part("month"))[:3]) + 1
    day = _date(part("year"), month, int(part("day") or 0), fetched_at)
    hour = part("hour")
    if hour is None:
        return _midnight(day), "day"
    zone = _zone(part("zone"))
    if zone is None:
        return _midnight(day), "day"
    hours = int(hour) % 12 + (12 if "p" in (part("half") or "") else 0)
    clock = time(
        hours if part("half") else int(hour), int(part("minute") or 0), int(part("second") or 0)
    )
    precision = "second" if part("second") else "minute"
    return datetime.combine(day, clock, tzinfo=zone), precision


def _date(year: str | None, month: int, day: int, fetched_at: datetime) -> date:
    """A date without a year is the last one of that name."""
    if year:
        return date(int(year), month, day)
    today = fetched_at.astimezone(IST).date()
    this = date(today.year, month, day)
    return this if this <= today else date(today.year - 1, month, day)


def _zone(text: str | None) -> timezone | None:
    """The offset that a name or a number means; None for none and for a name nobody knows."""
    if text is None:
        return None
    named, sign, number = re.fullmatch(r"([a-z]*)\s*([+-]?)([\d:]*)", text).groups()  # type: ignore[union-attr]
    if named not in _ZONES:
        return None
    minutes = _ZONES[named]
    if number:
        digits = number.replace(":", "")
        hours, rest = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
        minutes += (int(hours) * 60 + int(rest)) * (-1 if sign == "-" else 1)
    return timezone(timedelta(minutes=minutes))


def _has(part: Callable[[str], str | None], name: str) -> bool:
    try:
        part(name)
    except IndexError:
        return False
    return True


def _day_before(moment: datetime, past: timedelta) -> datetime:
    return _midnight((moment - past).astimezone(IST).date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=IST)
