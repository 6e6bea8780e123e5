"""Dates as the exchange writes them, read without regard to the locale."""

import re
from datetime import date, datetime
from functools import lru_cache

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3})[-/ ](\d{4}|\d{2})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", re.ASCII)
_OPENED = 1992  # the exchange was founded


def plausible(moment: datetime) -> bool:
    """Whether a record can be of that time; keys have years of four digits."""
    return _OPENED <= moment.year < 2200


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[date, ...]:
    """All dates that a text can mean, the likeliest first; none where it is no date.

    `1-DEC-1994`, `13-Jul-20` and `2024-07-08` mean one. `10-04-2023` means 10 April; but the
    exchange wrote some days month first, so 4 October comes second.
    """
    if found := _ISO.fullmatch(text):
        return _dates((found[1], found[2], found[3]))
    if found := _NAMED.fullmatch(text):
        month = found[2].upper()
        if month not in _MONTHS:
            return ()
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        return _dates((year, str(_MONTHS.index(month) + 1), found[1]))
    if found := _NUMBERS.fullmatch(text):
        return _dates((found[3], found[2], found[1]), (found[3], found[1], found[2]))
    return ()


def _dates(*candidates: tuple[str, str, str]) -> tuple[date, ...]:
    found: list[date] = []
    for year, month, day in candidates:
        try:
            made = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if made not in found and _OPENED <= made.year < 2200:
            found.append(made)
    return tuple(found)
