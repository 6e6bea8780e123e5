"""The lines of one session's price files: every share that traded, and what trades beside."""

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sandbox.archives.beside import Beside, beside, instruments
from sandbox.market import Market
from sandbox.market.arrays import Bools, Ints

_Words = npt.NDArray[np.bytes_]
LOTS = (600, 800, 1000, 1200, 1600, 2000, 4000)  # of the SME series
# A Saturday on which the exchange tried out its systems without an entry in any calendar: only the
# files tell. A third of the shares traded a little, at the close of the day before.
UNPLANNED = date(2025, 3, 1)
_NO_DELIVERY = ("BE", "BZ", "T0", "BL")


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that ever had a line: symbol, series and so on, one element per line number.

    `start` is the line number of each security's first identity; other instruments follow last.
    `rank` is the place of a line in a file that is sorted by symbol and series.
    """

    start: Ints
    rank: Ints
    symbol: _Words
    series: _Words
    isin: _Words
    name: _Words
    token: Ints
    lot: Ints
    no_delivery: Bools


@dataclass(frozen=True, slots=True)
class Rows:
    """One session, sorted as the files are; prices in paise, value in paise, volume in shares.

    `line` points into the book. `delivered` is in shares; `last` is 0 where nobody knows it.
    """

    line: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    last: Ints
    previous: Ints
    vwap: Ints
    volume: Ints
    value: Ints
    trades: Ints
    delivered: Ints
    illiquid: Ints


@lru_cache(maxsize=4)
def book_of(market: Market) -> Book:
    """The book of a market; made once."""
    words: list[tuple[str, str, str, str]] = []
    numbers: list[tuple[int, int]] = []
    start: list[int] = []
    for security in market.securities:
        start.append(len(words))
        for known in security.identities:
            name = known.company_name.upper().replace("LIMITED", "LTD")[:24].rstrip()
            words.append((known.symbol, known.series, known.isin, name))
            is_sme = known.series in ("SM", "ST", "SZ")
            numbers.append((1000 + 7 * security.id, LOTS[security.id % len(LOTS)] if is_sme else 1))
    for place, other in enumerate(instruments(market)):
        words.append((other.symbol, other.series, other.isin, other.name))
        numbers.append((900_000 + place, 1))
    order = sorted(range(len(words)), key=lambda line: words[line][:2])
    rank = np.empty(len(words), dtype=np.int64)
    rank[order] = np.arange(len(words))
    symbol, series, isin, name_ = (np.array([w[at].encode() for w in words]) for at in range(4))
    return Book(
        start=np.array(start),
        rank=rank,
        symbol=symbol,
        series=series,
        isin=isin,
        name=name_,
        token=np.array([token for token, _ in numbers]),
        lot=np.array([lot for _, lot in numbers]),
        no_delivery=np.isin(series, [kind.encode() for kind in _NO_DELIVERY]),
    )


def rows_of(market: Market, day: date) -> tuple[Book, Rows]:
    """The book and the lines of the session `day`; LookupError when there was none."""
    if day == UNPLANNED and market.sessions[0] < day < market.sessions[-1]:
        return _trial(market, day)
    number, bars, book = market.number_on(day), market.bars, book_of(market)
    ids = np.flatnonzero(market.plan.traded[number])
    drawn = np.random.default_rng((market.seed, 13, number)).random((3, len(ids)))
    low, high, close = (
        side[number, ids].astype(np.int64) for side in (bars.low, bars.high, bars.close)
    )
    volume = bars.volume[number, ids].astype(np.int64)
    vwap = bars.vwap[number, ids].astype(np.int64)
    # The official close is the average of the last half hour: the last trade lies a little off.
    last = np.clip(close + 5 * np.rint((drawn[0] - 0.5) * 9.0).astype(np.int64), low, high)
    last[(drawn[1] < 0.02) & (volume < np.median(volume) / 20)] = 0
    illiquid = (ids % 7 == 3) & (ids >= 0.9 * len(market.securities)) & (drawn[1] < 0.9)
    shares = Rows(
        line=book.start[ids] + market.identity_no[number, ids],
        open=bars.open[number, ids].astype(np.int64),
        high=high,
        low=low,
        close=close,
        last=last,
        previous=bars.previous[number, ids].astype(np.int64),
        vwap=vwap,
        volume=volume,
        value=vwap * volume,
        trades=bars.trades[number, ids].astype(np.int64),
        delivered=np.ceil(volume * (0.2 + 0.75 * drawn[2])).astype(np.int64),
        illiquid=illiquid.astype(np.int64),
    )
    return book, _sorted(book, _joined(shares, beside(market, number), len(book.rank)))


def _trial(market: Market, day: date) -> tuple[Book, Rows]:
    """The lines of the unplanned session: flat, so that the chain of closes goes on unharmed."""
    book, number = book_of(market), market.session_number(day)
    ids = np.flatnonzero(market.plan.traded[number])[::3]
    price = market.bars.close[number, ids].astype(np.int64)
    volume = 1 + ids * 7 % 90
    prices = dict.fromkeys(("open", "high", "low", "close", "last", "previous", "vwap"), price)
    rows = Rows(
        line=book.start[ids] + market.identity_no[number, ids],
        volume=volume,
        value=price * volume,
        trades=np.ones_like(volume),
        delivered=volume,
        illiquid=np.zeros_like(volume),
        **prices,
    )
    return book, _sorted(book, rows)


def _sorted(book: Book, rows: Rows) -> Rows:
    order = np.argsort(book.rank[rows.line], kind="stable")
    return Rows(*(getattr(rows, field.name)[order] for field in fields(Rows)))


def _joined(shares: Rows, others: list[Beside], lines: int) -> Rows:
    if not others:
        return shares
    first = lines - len(others[0].siblings)
    more = Rows(
        line=np.array([first + other.place for other in others]),
        open=np.array([other.open for other in others]),
        high=np.array([other.high for other in others]),
        low=np.array([other.low for other in others]),
        close=np.array([other.close for other in others]),
        last=np.array([other.close for other in others]),
        previous=np.array([other.previous for other in others]),
        vwap=np.array([other.open for other in others]),
        volume=np.array([other.volume for other in others]),
        value=np.array([other.open * other.volume for other in others]),
        trades=np.array([other.trades for other in others]),
        delivered=np.array([other.volume for other in others]),
        illiquid=np.array([other.unlisted for other in others], dtype=np.int64),
    )
    return Rows(
        *(
            np.concatenate([getattr(shares, field.name), getattr(more, field.name)])
            for field in fields(Rows)
        )
    )
