"""Numbers as an Indian market reader writes them: lakh and crore grouping, signs, dashes.

Every function takes None (unknown, shown as a dash) and rounds half away from zero.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal
UNKNOWN = "\u2013"
MINUS = "\u2212"  # as wide as the plus sign, so that columns line up; a hyphen is not
_THIN = "\u202f"


def _rounded(value: Number, decimals: int) -> Decimal | None:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite():
        return None
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def group(digits: str) -> str:
    """Digits grouped 3, then 2 and 2: '12345678' is '1,23,45,678'."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


def number(value: Number | None, decimals: int = 2, *, signed: bool = False) -> str:
    """`value` grouped the Indian way; with `signed`, a plus before what is above zero."""
    rounded = None if value is None else _rounded(value, decimals)
    if rounded is None:
        return UNKNOWN
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{group(whole)}{'.' + fraction if fraction else ''}"


def percent(ratio: Number | None, decimals: int = 2, *, signed: bool = True) -> str:
    """A fraction as a percentage: 0.0123 is '+1.23 %'."""
    if ratio is None:
        return UNKNOWN
    shown = number(Decimal(str(ratio)) * 100, decimals, signed=signed)
    return shown if shown == UNKNOWN else f"{shown}{_THIN}%"


def crore(value: Number | None, decimals: int = 2) -> str:
    """An amount that is in crore rupees already: '₹ 1,02,345.60 cr'."""
    shown = number(value, decimals)
    return shown if shown == UNKNOWN else f"₹{_THIN}{shown}{_THIN}cr"


def lakh(value: int | None) -> str:
    """A count in lakh, hundred thousands: 38671332 is '386.71'."""
    return UNKNOWN if value is None else number(Decimal(value) / 100_000)


def direction(value: Number | None) -> str:
    """'up', 'down' or 'flat': the class that colours a figure, and never the only sign of it."""
    if value is None or value == 0:
        return "flat"
    return "up" if value > 0 else "down"


def arrow(value: Number | None) -> str:
    """The shape beside a figure, for readers who see no colour."""
    return {"up": "▲", "down": "▼", "flat": ""}[direction(value)]


def day(value: date | None) -> str:
    """'Fri 26 Apr 2024'."""
    return UNKNOWN if value is None else f"{value:%a} {value.day} {value:%b %Y}"


def short_day(value: date) -> str:
    """'26 Apr', for axes and column heads."""
    return f"{value.day} {value:%b}"


def moment_day(value: date | None) -> str:
    """'26 Apr 2024'."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """'26 Apr 2024, 15:59' of a naive time, in whichever zone the caller says beside it."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y, %H:%M}"
