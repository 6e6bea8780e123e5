"""What trades beside the companies' shares: bonds, gold bonds, block deals, T+0, preference shares.

None of it belongs to a price history. The lines break what a history relies on, as real ones do:
the close of a T0 line lies outside its own range, a BL line follows the block deal before it.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.market.isin import check_digit

if TYPE_CHECKING:
    from sandbox.market import Market

T0_SINCE = date(2024, 3, 28)
_GOLD_SINCE = date(2016, 2, 1)
# Series, how many of them, the first rank by size, and after how many sessions each trades again.
_OF_COMPANIES = (("T0", 6, 5, 1), ("N2", 4, 11, 2), ("BL", 3, 7, 9), ("P1", 1, 60, 3))
_GOLD = 5


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that has a line of its own; `security` is the company it belongs to."""

    symbol: str
    series: str
    isin: str
    name: str
    every: int
    security: int | None


@dataclass(frozen=True, slots=True)
class Beside:
    """One line: prices in paise; `unlisted` is True where sec_bhavdata leaves the line out."""

    place: int
    siblings: tuple[Instrument, ...]
    open: int
    high: int
    low: int
    close: int
    previous: int
    volume: int
    trades: int
    unlisted: bool


@lru_cache(maxsize=4)
def instruments(market: "Market") -> tuple[Instrument, ...]:
    """All instruments of a market; companies that change their symbol have none."""
    steady = [s for s in market.securities if len({known.symbol for known in s.identities}) == 1]
    found: list[Instrument] = []
    for series, count, rank, every in _OF_COMPANIES:
        for security in [s for s in steady if s.id >= rank][:count]:
            known = security.identities[0]
            isin = known.isin
            if series in ("N2", "P1"):
                body = f"{known.isin[:7]}{'07' if series == 'N2' else '04'}01"
                isin = body + _digits(body, 11)
            name = known.company_name.upper()[:24]
            found.append(Instrument(known.symbol, series, isin, name, every, security.id))
    for place in range(_GOLD):
        body = f"IN00299900{place}"
        symbol = f"SGBZ{'QXYZV'[place]}9{place}"
        found.append(Instrument(symbol, "GB", body + _digits(body, 11), "2.50%GOLDBONDS", 1, None))
    return tuple(found)


def beside(market: "Market", number: int) -> list[Beside]:
    """The lines of session `number`."""
    day, siblings = market.sessions[number], instruments(market)
    lines: list[Beside] = []
    for place, instrument in enumerate(siblings):
        if (number + place) % instrument.every:
            continue
        known = instrument.security
        if known is None:
            if day >= _GOLD_SINCE:
                lines.append(_bond(place, siblings, number, 4_800_00))
        elif not market.plan.traded[number, known]:
            continue
        elif instrument.series == "T0":
            if day >= T0_SINCE:
                lines.append(_same_day(market, place, siblings, number, known))
        elif instrument.series == "BL":
            lines.append(_block(market, place, siblings, number, known))
        else:
            lines.append(_bond(place, siblings, number, 1_000_00))
    return lines


def _bond(place: int, siblings: tuple[Instrument, ...], number: int, par: int) -> Beside:
    price, before = (
        par + 25 * ((at * 7 + place * 13) % 60) for at in (number, number - siblings[place].every)
    )
    volume = 10 + (number * 31 + place * 17) % 400
    gold = siblings[place].security is None
    return Beside(
        place, siblings, price, price + 5, price - 5, price, before, volume, 3, unlisted=not gold
    )  # fmt: skip


def _same_day(
    market: "Market", place: int, siblings: tuple[Instrument, ...], number: int, security: int
) -> Beside:
    bars = market.bars
    price = int(bars.open[number, security])
    close, previous = (int(side[number, security]) for side in (bars.close, bars.previous))
    return Beside(
        place, siblings, price, price, price, close, previous, 1 + number % 9, 1, unlisted=False
    )  # fmt: skip


def _block(
    market: "Market", place: int, siblings: tuple[Instrument, ...], number: int, security: int
) -> Beside:
    closes, before = market.bars.close, max(0, number - siblings[place].every)
    price, previous = (
        int(closes[at, security]) // 100 * 99 // 5 * 5 for at in (number, before)
    )  # fmt: skip
    volume = 200_000 + number % 1000
    return Beside(
        place, siblings, price, price, price, price, previous, volume, 1, unlisted=True
    )  # fmt: skip


def _digits(body: str, length: int) -> str:
    """What completes `body` to an ISIN: zeros, then the check digit."""
    filled = body.ljust(length, "0")
    return filled[len(body) :] + str(check_digit(filled))
