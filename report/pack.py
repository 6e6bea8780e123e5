"""Series of numbers as short text, so that two years of many shares fit into one page.

Each value is the difference to the one before it, in base 64 with five bits a character: the
sixth says that another character follows, the lowest bit of the number is its sign. A gap is a
dot. `report/assets/shares.js` reads it back.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
GAP = "."
VOLUME_SCALE = 1000  # volumes are kept as logarithms: exact to a twentieth of a percent
Number = int | float | Decimal


def packed(values: Iterable[int | None]) -> str:
    """The values as text; None is a gap."""
    text, before = [], 0
    for value in values:
        if value is None:
            text.append(GAP)
            continue
        text.append(_digits(value - before))
        before = value
    return "".join(text)


def _digits(difference: int) -> str:
    rest = (abs(difference) << 1) | (difference < 0)
    digits = []
    while True:
        rest, digit = rest >> 5, rest & 31
        digits.append(ALPHABET[digit | (32 if rest else 0)])
        if not rest:
            return "".join(digits)


def scaled(values: Iterable[Number | None], scale: int) -> list[int | None]:
    """The values in whole parts of `scale`; what is unknown or infinite is a gap."""
    return [
        round(float(value) * scale) if value is not None and math.isfinite(value) else None
        for value in values
    ]


def logarithms(values: Iterable[Number | None]) -> list[int | None]:
    """Volumes as whole parts of a natural logarithm; none traded is a gap."""
    return [
        round(math.log(value) * VOLUME_SCALE) if value is not None and value > 0 else None
        for value in values
    ]


def changes(values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Where a series of steps changes: (position, value from there on); gaps change nothing."""
    found: list[tuple[int, float]] = []
    for position, value in enumerate(values):
        if value is not None and (not found or found[-1][1] != value):
            found.append((position, value))
    return found
