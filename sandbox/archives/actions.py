"""The corporate-action feed of the exchange, with the errors and gaps of the real one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TypeAlias

import numpy as np

from sandbox.archives.masters import face_value
from sandbox.archives.subjects import bonus_text, dividend_text, rights_text, split_text
from sandbox.market import Identity, Market
from sandbox.market.events import (
    Bonus,
    CapitalChange,
    Consolidation,
    Demerger,
    Dividend,
    Rights,
    Split,
)

Row: TypeAlias = dict[str, str | None]
_Told: TypeAlias = Split | Consolidation | Bonus | Dividend | Rights | Demerger
_NO_OPS = ("Annual General Meeting", "Buy Back", "Extra Ordinary General Meeting", "Redemption")
_PREFERENCE = ("Scheme Of Arrangement - Bonus Ncrps 1:10", "Bonus Ncrps 4:1")
_DUMMY_ISIN = "IN0000000000"


@dataclass(frozen=True, slots=True)
class FeedFaults:
    """What the feed gets wrong: `missing` events, and (event, wrong security) of mis-keyed ones."""

    missing: tuple[CapitalChange, ...]
    mis_keyed: tuple[tuple[Bonus, int], ...]


@lru_cache(maxsize=4)
def feed_faults(market: Market) -> FeedFaults:
    """One capital change missing per year with at least four; one mis-keyed bonus in two years."""
    missing: list[CapitalChange] = []
    mis_keyed: list[tuple[Bonus, int]] = []
    changes = [e for e in market.events if isinstance(e, Split | Bonus)]
    times = Counter((e.date, e.security_id) for e in changes)
    alone = [e for e in changes if times[e.date, e.security_id] == 1]
    for year, same in groupby(alone, key=lambda e: e.date.year):
        found = list(same)
        if len(found) < 4:
            continue
        missing.append(found[1])
        bonuses = [e for e in found[2:] if isinstance(e, Bonus)]
        if year % 2 == 0 and bonuses:
            number = market.number_on(bonuses[-1].date)
            others = np.flatnonzero(market.plan.traded[number])
            wrong = int(
                others[(int(np.searchsorted(others, bonuses[-1].security_id)) + 1) % len(others)]
            )
            mis_keyed.append((bonuses[-1], wrong))
    return FeedFaults(tuple(missing), tuple(mis_keyed))


def adjustment_corrections(market: Market, first: date, last: date) -> bytes:
    """The operator's CSV that sets right what the feed has wrong with an ex-date in first..last."""
    faults = feed_faults(market)
    lines: list[tuple[date, str]] = []
    for event in faults.missing:
        told = "the open fell by it, the feed has no row"
        lines.append(
            (event.date, _correction(market, event.security_id, event.date, event.factor, told))
        )
    for event, wrong in faults.mis_keyed:
        right, told = event.security_id, "the feed names another company"
        lines.append((event.date, _correction(market, right, event.date, event.factor, told)))
        told = "the open did not fall, the bonus is of another company"
        lines.append((event.date, _correction(market, wrong, event.date, 1.0, told)))
    chosen = [line for day, line in sorted(lines) if first <= day <= last]
    return "".join(["symbol,ex_date,share_factor,evidence\n", *chosen]).encode()


def _correction(market: Market, security: int, day: date, factor: float, told: str) -> str:
    symbol = market.identity_at(market.number_on(day), security).symbol
    return f'{symbol},{day},{factor:.12g},"{told}"\n'


def corporate_actions(
    market: Market, first: date, last: date, known_at: date, index: str = "equities"
) -> list[Row]:
    """The feed's rows with an ex-date in first..last, as an answer of the day `known_at`.

    An event is announced some ten days before its ex-date, a few are late. Every row carries the
    symbol and name of the day of the answer, however old the event. `index` is 'equities' (main
    board) or 'sme' (its own feed, in capitals).
    """
    rows: list[tuple[date, Row]] = []
    faults = feed_faults(market)
    wrong = dict(faults.mis_keyed)
    told = [
        event
        for event in market.events_between(first, last)
        if isinstance(event, _Told) and event not in faults.missing
    ]
    told.sort(key=lambda event: (event.date, event.security_id))
    for (day, security), same in groupby(told, key=lambda event: (event.date, event.security_id)):
        events = list(same)
        face = face_value(market, security, day - timedelta(days=1))
        draws = _draws(market, security, day)
        if known_at < announced_on(market, security, day):
            continue
        number = market.number_on(day)
        series = market.identity_at(number, security).series
        if (series in ("SM", "ST", "SZ")) != (index == "sme"):
            continue
        keyed = next((wrong[e] for e in events if isinstance(e, Bonus) and e in wrong), security)
        for subject, record, shown_face in _subjects(events, draws, face):
            row = _row(market, keyed, day, known_at, subject, record, shown_face, draws)
            rows.append((day, row))
    if index == "equities":
        rows += _no_ops(market, first, last, known_at)
    rows.sort(key=lambda row: (row[0], row[1]["symbol"] or ""))
    if index == "sme":
        return [{**row, "subject": (row["subject"] or "").upper()} for _, row in rows]
    return [row for _, row in rows]


def announced_on(market: Market, security: int, ex_date: date) -> date:
    """When the feed first shows what goes ex on a day; one in thirty only after it."""
    draws = _draws(market, security, ex_date)
    if draws[0] < 0.03:
        return ex_date + timedelta(days=1 + int(draws[1] * 6))
    return ex_date - timedelta(days=6 + int(draws[1] * 9))


def _draws(market: Market, security: int, day: date) -> list[float]:
    seed = (market.seed, 19, security + 1, day.toordinal())
    return [float(value) for value in np.random.default_rng(seed).random(8)]


def _subjects(
    events: list[_Told], draws: list[float], face: float
) -> Iterator[tuple[str, date, float]]:
    """(subject, record date, face value) of the rows that tell the events of one ex-date."""
    texts: list[tuple[str, date, float]] = []
    for event in events:
        if isinstance(event, Split | Consolidation):
            text = split_text(event, draws[2])
            texts.append((text, event.record_date, face))
            if draws[3] < 0.15:  # the same event again, under the face value after it
                texts.append((text, event.record_date, event.new_face))
        elif isinstance(event, Bonus):
            texts.append((bonus_text(event), event.record_date, face))
        elif isinstance(event, Rights):
            text = rights_text(event, draws[3])
            texts.append((text, event.record_date, face))
        elif isinstance(event, Demerger):
            texts.append(("Demerger", event.record_date, face))
        else:
            texts.append((dividend_text(event, draws[2], draws[3]), event.record_date, face))
    if len(events) > 1 and draws[4] < 0.4 and not any(isinstance(e, Dividend) for e in events):
        joint = "/" if draws[4] < 0.2 else " & "
        subjects = list(dict.fromkeys(text for text, _, _ in texts))
        texts = [(joint.join(subjects), texts[0][1], face)]
    if draws[5] < 0.01:
        texts = [(f"{text} (Purpose Revised)", record, shown) for text, record, shown in texts]
    yield from texts


def _row(
    market: Market,
    security: int,
    day: date,
    known_at: date,
    subject: str,
    record: date | None,
    face: float,
    draws: list[float],
) -> Row:
    then = market.identity_at(market.number_on(day), security)
    now = _latest(market, security, known_at)
    isin = then.isin
    if draws[6] < 0.005:
        isin = _DUMMY_ISIN
    elif draws[6] < 0.03:
        isin = market.securities[security].identities[0].isin
    closing = subject.startswith("Annual General Meeting") and draws[7] < 0.7
    return {
        "symbol": now.symbol,
        "series": "EQ" if then.series in ("EQ", "BE", "BZ") else then.series,
        "ind": "-",
        "faceVal": f"{face:g}",
        "subject": subject,
        "exDate": _text(day),
        "recDate": "-" if closing or record is None else _text(record),
        "bcStartDate": _text(day + timedelta(days=2)) if closing else "-",
        "bcEndDate": _text(day + timedelta(days=8)) if closing else "-",
        "ndStartDate": "-",
        "comp": now.company_name,
        "isin": isin,
        "ndEndDate": "-",
        "caBroadcastDate": None,
    }


def _latest(market: Market, security: int, known_at: date) -> Identity:
    """What a security is called when the answer is given; its last name when it is gone."""
    known = [i for i in market.securities[security].identities if i.since <= known_at]
    return known[-1] if known else market.securities[security].identities[0]


def _no_ops(market: Market, first: date, last: date, known_at: date) -> list[tuple[date, Row]]:
    """Rows that change no price: meetings, buy-backs, interest, preference shares as a bonus."""
    rows: list[tuple[date, Row]] = []
    until = min(last, known_at + timedelta(days=10))
    for number in range(_place(market, first), len(market.sessions)):
        day = market.sessions[number]
        if day > until:
            break
        draws = _draws(market, -1, day)
        traded = np.flatnonzero(market.plan.traded[number])
        subjects = [_NO_OPS[0] if draws[4] < 0.7 else _NO_OPS[int(draws[5] * len(_NO_OPS))]]
        subjects *= int(draws[0] * 3)
        if draws[2] < 0.012:
            subjects.append(_PREFERENCE[0] if draws[4] < 0.7 else _PREFERENCE[1])
        for place, subject in enumerate(subjects):
            security = int(traded[int(draws[1 + place] * len(traded))])
            if market.identity_at(number, security).series != "SM":
                face = face_value(market, security, day)
                row = _row(market, security, day, known_at, subject, day, face, draws)
                rows.append((day, row))
        if draws[3] < 0.2:
            rows.append((day, _interest(day)))
    return rows


def _place(market: Market, day: date) -> int:
    return int(
        np.searchsorted(np.array(market.sessions, dtype="datetime64[D]"), np.datetime64(day))
    )


def _interest(day: date) -> Row:
    return {
        "symbol": "699GZ2049",
        "series": "GS",
        "ind": "-",
        "faceVal": "100",
        "subject": "Interest Payment",
        "exDate": _text(day),
        "recDate": _text(day + timedelta(days=1)),
        "bcStartDate": "-",
        "bcEndDate": "-",
        "ndStartDate": "-",
        "comp": "GOVERNMENT OF INDIA",
        "isin": "IN0029990994",
        "ndEndDate": "-",
        "caBroadcastDate": None,
    }


def _text(day: date) -> str:
    return f"{day:%d-%b-%Y}"
