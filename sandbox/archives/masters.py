"""The exchange's masters as they stood on a day: listed shares, symbol changes, holidays."""

from datetime import date
from functools import lru_cache
from typing import Any

from sandbox.archives.text import MONTHS
from sandbox.market import Market
from sandbox.market.events import Consolidation, Split, SymbolChange

# Changes of companies that were gone before the market began: the file never forgets.
_ANCIENT = (
    ("Zarvethik Spinners Limited", "ZARVSPIN", "ZARVETEX", date(1999, 11, 3)),
    ("Zarvethik Spinners Limited", "ZARVETEX", "ZARVIND", date(2002, 4, 22)),
)
_SELF = (
    (" ZOLVERA MF - Zolvera Dual Horizon FTF Sr. I Plan A", "ZDHA1", "ZDHA1", date(2003, 9, 17)),
)
_SEGMENTS = ("CM", "FO", "CD", "SLBS")


def equity_list(market: Market, day: date) -> bytes:
    """`EQUITY_L.csv`: main-board shares that are listed on `day`, sorted by symbol."""
    number = market.session_number(day)
    rows: list[str] = []
    for security in market.securities:
        known = market.identity_on(security.id, market.sessions[number])
        if known is None or known.series not in ("EQ", "BE", "BZ"):
            continue
        face = f"{face_value(market, security.id, day):g}"
        listed = _day(security.listed_on)
        rows.append(
            f"{known.symbol},{known.company_name},{known.series},{listed},{face},1,"
            f"{known.isin},{face}\n"
        )
    header = (
        "SYMBOL,NAME OF COMPANY, SERIES, DATE OF LISTING, PAID UP VALUE, MARKET LOT, "
        "ISIN NUMBER, FACE VALUE\n"
    )
    return (header + "".join(sorted(rows))).encode()


def face_value(market: Market, security_id: int, day: date) -> float:
    """Rupees per share on `day`, after the splits and consolidations so far."""
    face = market.securities[security_id].face_value
    for event in _face_changes(market).get(security_id, ()):
        if event.date <= day:
            face = event.new_face
    return face


@lru_cache(maxsize=4)
def _face_changes(market: Market) -> dict[int, list[Split | Consolidation]]:
    changes: dict[int, list[Split | Consolidation]] = {}
    for event in market.events:
        if isinstance(event, Split | Consolidation):
            changes.setdefault(event.security_id, []).append(event)
    return changes


def symbol_changes(market: Market, day: date) -> bytes:
    """`symbolchange.csv`: no header, sorted by company, with self-maps and chains."""
    number = market.session_number(day)
    rows = [*_ANCIENT, *_SELF]
    for event in market.events:
        if isinstance(event, SymbolChange) and event.date <= day:
            name = market.identity_at(number, event.security_id).company_name
            # One company in five has a blank before its name.
            blank = " " if event.security_id % 5 == 0 else ""
            rows.append((blank + name, event.old_symbol, event.new_symbol, event.date))
    lines = [f"{name},{old},{new},{_day(when)}\n" for name, old, new, when in sorted(rows)]
    return "".join(lines).encode()


def holidays(market: Market, year: int) -> dict[str, Any]:
    """The answer of the holiday master for `year`: weekdays and weekend days, by segment.

    Muhurat days are listed, although a session takes place on them.
    """
    days = [
        entry
        for entry in sorted(market.calendar.entries.values(), key=lambda entry: entry.day)
        if entry.day.year == year and (not entry.is_session or entry.session_type == "muhurat")
    ]
    rows = [
        {
            "tradingDate": f"{entry.day:%d-%b-%Y}",
            "weekDay": f"{entry.day:%A}",
            "description": entry.description.split(":")[0],
            "Sr_no": place,
        }
        for place, entry in enumerate(days, start=1)
    ]
    return {segment: [dict(row) for row in rows] for segment in _SEGMENTS}


def _day(day: date) -> str:
    return f"{day:%d}-{MONTHS[day.month - 1]}-{day.year}"
