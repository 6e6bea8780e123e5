"""The exchange's price files of one session: legacy bhavcopy, UDiFF bhavcopy, full bhavdata."""

from datetime import date

import numpy as np

from sandbox.archives.rows import Book, Rows, rows_of
from sandbox.archives.text import MONTHS, Lines, zipped
from sandbox.market import Market
from sandbox.market.arrays import Ints

ISIN_SINCE = date(2011, 6, 22)
_PADDED_SINCE = date(2010, 1, 1)
_CRLF_DAY, _NESTED_DAY = date(2017, 7, 10), date(2020, 7, 13)
_LEGACY = "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP"
_UDIFF = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
    "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
    "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4\n"
)
_FULL = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
    "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER\n"
)


def legacy_name(day: date) -> str:
    """The name of the file inside its zip, such as `cm08JUL2024bhav.csv`."""
    return f"cm{day.day:02d}{MONTHS[day.month - 1]}{day.year}bhav.csv"


def udiff_name(day: date) -> str:
    """The name of the file inside its zip."""
    return f"BhavCopy_NSE_CM_0_0_0_{day:%Y%m%d}_F_0000.csv"


def sec_bhavdata_name(day: date) -> str:
    """The name of the file."""
    return f"sec_bhavdata_full_{day:%d%m%Y}.csv"


def legacy_bhavcopy(market: Market, day: date) -> bytes:
    """The zip of `cmDDMMMYYYYbhav.csv`, in the habits of its era; LookupError for no session."""
    book, rows = rows_of(market, day)
    member = legacy_name(day)
    month = MONTHS[day.month - 1]
    stamp = (
        f"{day.day}-{month}-{day.year}" if day < _PADDED_SINCE else f"{day:%d}-{month}-{day.year}"
    )
    tail, end = (b",", b"\n")
    if day == _CRLF_DAY:
        tail, end = (b"", b"\r\n")
    elif day == _NESTED_DAY:
        stamp, tail = f"{day:%d-%b-%y}", b""
        member = f"{member}/{member}"
    header = _LEGACY.encode()
    lines = Lines(len(rows.line))
    lines.words(book.symbol[rows.line]).literal(b",").words(book.series[rows.line])
    for price in (rows.open, rows.high, rows.low, rows.close, rows.last, rows.previous):
        lines.literal(b",").number(price, 2, trim=True)
    lines.literal(b",").number(rows.volume).literal(b",").number(rows.value, 2, trim=True)
    lines.literal(f",{stamp}".encode())
    if day >= ISIN_SINCE:
        header += b",TOTALTRADES,ISIN"
        lines.literal(b",").number(rows.trades).literal(b",").words(book.isin[rows.line])
    return zipped(member, header + tail + end + lines.literal(tail + end).join(), day)


def udiff_bhavcopy(market: Market, day: date) -> bytes:
    """The zip of the UDiFF file: 34 columns, two decimals; LookupError for no session."""
    book, rows = rows_of(market, day)
    iso = day.isoformat()
    lines = Lines(len(rows.line)).literal(f"{iso},{iso},CM,NSE,STK,".encode())
    lines.number(book.token[rows.line]).literal(b",").words(book.isin[rows.line])
    lines.literal(b",").words(book.symbol[rows.line]).literal(b",").words(book.series[rows.line])
    lines.literal(b",,,,,").words(book.name[rows.line])
    for price in (rows.open, rows.high, rows.low, rows.close):
        lines.literal(b",").number(price, 2)
    lines.literal(b",").number(rows.last, 2, where=rows.last > 0)
    lines.literal(b",").number(rows.previous, 2)
    lines.literal(b",,").number(_settlement(rows), 2).literal(b",,,").number(rows.volume)
    lines.literal(b",").number(rows.value, 2).literal(b",").number(rows.trades)
    lines.literal(b",F1,").number(book.lot[rows.line]).literal(b",,,,,\n")
    return zipped(udiff_name(day), _UDIFF.encode() + lines.join(), day)


def sec_bhavdata(market: Market, day: date) -> bytes:
    """The full bhavdata: blanks after commas, delivery, no ISIN; LookupError for no session.

    Some illiquid shares, the block deals and the bonds are missing, as in the real file.
    """
    book, rows = rows_of(market, day)
    kept = np.flatnonzero(rows.illiquid == 0)
    return _FULL.encode() + _full_lines(book, rows, kept, f", {day:%d-%b-%Y}")


def _full_lines(book: Book, rows: Rows, kept: Ints, stamp: str) -> bytes:
    line = rows.line[kept]
    known = ~book.no_delivery[line]
    volume, delivered = rows.volume[kept], rows.delivered[kept]
    # Huge volumes overflow the file's delivery column, as three real lines of 2020 show.
    known &= volume < 1_000_000_000
    lines = Lines(len(kept)).words(book.symbol[line]).literal(b", ").words(book.series[line])
    lines.literal(stamp.encode())
    for price in (rows.previous, rows.open, rows.high, rows.low):
        lines.literal(b", ").number(price[kept], 2)
    last = rows.last[kept]
    lines.literal(b", ").number(last, 2, where=last > 0)
    for price in (rows.close, rows.vwap):
        lines.literal(b", ").number(price[kept], 2)
    lakhs = (rows.value[kept] + 50_000) // 100_000
    lines.literal(b", ").number(volume).literal(b", ").number(lakhs, 2)
    lines.literal(b", ").number(rows.trades[kept]).literal(b", ").number(delivered, where=known)
    lines.literal(b"-", where=~known)
    share = np.rint(10_000.0 * delivered / volume).astype(np.int64)
    lines.literal(b", ").number(share, 2, where=known).literal(b"-", where=~known)
    return lines.literal(b"\n").join()


def _settlement(rows: Rows) -> Ints:
    """Close to the close, and no close: it must not be taken for one."""
    return rows.close - rows.close % 3 * 5 * (rows.close > 100)
