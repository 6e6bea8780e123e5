"""Writes many lines at once: characters and what to keep of them, side by side in numpy."""

import io
import zipfile
from datetime import date

import numpy as np
import numpy.typing as npt

from sandbox.market.arrays import Bools, Ints

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_Chars = npt.NDArray[np.uint8]


class Lines:
    """Text of `count` lines, put together column by column; `join` gives the bytes of all."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._chars: list[_Chars] = []
        self._keep: list[Bools] = []

    def literal(self, text: bytes, where: Bools | None = None) -> "Lines":
        """The same text in every line, or only in the lines `where`."""
        chars = np.broadcast_to(np.frombuffer(text, dtype=np.uint8), (self._count, len(text)))
        keep = np.ones(self._count, dtype=np.bool_) if where is None else where
        return self._add(chars, np.broadcast_to(keep[:, None], chars.shape))

    def words(self, words: npt.NDArray[np.bytes_]) -> "Lines":
        """One word per line; `words` has dtype S."""
        chars = np.ascontiguousarray(words).view(np.uint8).reshape(self._count, -1)
        return self._add(chars, chars != 0)

    def number(
        self, values: Ints, decimals: int = 0, *, trim: bool = False, where: Bools | None = None
    ) -> "Lines":
        """Numbers that are not negative, given in units of the last decimal.

        `trim` drops trailing zeros of the decimals and a bare point; lines not `where` stay empty.
        """
        width = max(len(str(int(values.max(initial=0)))), decimals + 1)
        digits = np.empty((width, self._count), dtype=np.uint8)
        keep = np.empty((width, self._count), dtype=np.bool_)
        rest, power = values, 1
        for place in range(width):
            higher = rest // 10
            digits[width - 1 - place] = rest - higher * 10
            keep[width - 1 - place] = True if place <= decimals else values >= power
            rest, power = higher, power * 10
        point = np.ones(self._count, dtype=np.bool_)
        if trim and decimals:
            trailing = np.ones(self._count, dtype=np.bool_)
            for row in range(width - 1, width - 1 - decimals, -1):
                trailing &= digits[row] == 0
                keep[row] = ~trailing
            point = ~trailing
        digits += 48
        if decimals:
            cut = width - decimals
            digits = np.insert(digits, cut, ord("."), axis=0)
            keep = np.insert(keep, cut, point, axis=0)
        if where is not None:
            keep &= where
        return self._add(digits.T, keep.T)

    def join(self) -> bytes:
        """All lines one after the other."""
        return bytes(np.concatenate(self._chars, axis=1)[np.concatenate(self._keep, axis=1)])

    def _add(self, chars: _Chars, keep: Bools) -> "Lines":
        self._chars.append(chars)
        self._keep.append(keep)
        return self


def zipped(member: str, content: bytes, day: date) -> bytes:
    """A zip of one member, stamped with the evening of `day`: the same bytes every time."""
    target = io.BytesIO()
    info = zipfile.ZipInfo(member, (day.year, day.month, day.day, 18, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, content, compresslevel=1)
    return target.getvalue()
