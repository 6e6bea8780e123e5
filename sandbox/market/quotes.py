"""The quote feed's view of the market at one moment, with the staleness the real feed has."""

from bisect import bisect_left
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from sandbox.market.arrays import Floats, Ints
from sandbox.market.hours import Hours
from sandbox.market.intraday import Day, partial
from sandbox.market.model import Quote

if TYPE_CHECKING:
    from sandbox.market.market import Market

# A row that is no longer updated stays in the feed this long, and loses its meta a little earlier.
STALE_DAYS = 7
_META_DAYS = 5
_YEAR, _MONTH = timedelta(days=365), timedelta(days=30)


def quotes_as_of(market: "Market", moment: datetime) -> list[Quote]:
    """All rows at `moment` (naive IST): indices, the shares of the session, then stale rows."""
    number = market.number_as_of(moment)
    day = market.sessions[number]
    fresh = np.flatnonzero(market.plan.traded[number])
    rows = _indices(market, number, moment) + _shares(market, number, fresh, moment, day)
    seen = {row.identifier for row in rows}
    for back in range(number - 1, -1, -1):
        if (day - market.sessions[back]).days > STALE_DAYS:
            break
        candidates = np.flatnonzero(market.plan.traded[back])
        ids = [
            int(security)
            for security in candidates
            if market.identity_at(back, int(security)).identifier not in seen
        ]
        stale = _shares(market, back, np.array(ids, dtype=np.int64), moment, day)
        seen.update(row.identifier for row in stale)
        rows += stale
    return rows


def _shares(market: "Market", number: int, ids: Ints, moment: datetime, today: date) -> list[Quote]:
    """Rows of the securities `ids` as they stood on session `number`."""
    bars, hours = market.bars, market.hours(market.sessions[number])
    whole = Day(
        open=bars.open[number, ids].astype(np.float64),
        high=bars.high[number, ids].astype(np.float64),
        low=bars.low[number, ids].astype(np.float64),
        close=bars.close[number, ids].astype(np.float64),
        volume=bars.volume[number, ids].astype(np.float64),
        value=bars.vwap[number, ids].astype(np.float64),
    )
    seed = (market.seed, 7, number)
    everyone = np.random.default_rng(seed).uniform(size=(2, len(market.securities)))
    seen = partial(whole, hours.progress(moment), (*seed, *ids[:1].tolist()), tick=5.0)
    high, low = _year_range(market, number, ids, seen)
    last, previous = seen.close / 100.0, bars.previous[number, ids] / 100.0
    month = _change_since(market, number, ids, seen.close, _MONTH)
    year = _change_since(market, number, ids, seen.close, _YEAR)
    rows: list[Quote] = []
    for place, security_id in enumerate(int(security) for security in ids):
        security = market.securities[security_id]
        identity = market.identity_at(number, security_id)
        forgotten = _is_forgotten(market, number, security_id, today)
        no_meta = security.meta_missing or forgotten
        change = round(float(last[place] - previous[place]), 2)
        rows.append(
            Quote(
                identifier=identity.identifier,
                symbol=identity.symbol,
                security_id=security_id,
                company_name=None if no_meta else identity.company_name,
                industry=None if no_meta else security.published_industry,
                isin=None if no_meta else identity.isin,
                open=float(seen.open[place]) / 100,
                high=float(seen.high[place]) / 100,
                low=float(seen.low[place]) / 100,
                last=float(last[place]),
                previous_close=float(previous[place]),
                change=change,
                change_percent=round(100.0 * change / float(previous[place]), 2),
                change_percent_30d=month[place],
                change_percent_365d=year[place],
                volume=int(seen.volume[place]),
                # The product keeps its float noise, as in the real feed.
                value=float(whole.value[place]) / 100 * int(seen.volume[place]),
                year_high=float(high[place]),
                year_low=float(low[place]),
                updated_at=_update_time(hours, moment, everyone[:, security_id]),
            )
        )
    return rows


def _is_forgotten(market: "Market", number: int, security_id: int, today: date) -> bool:
    """Whether the feed has lost the meta of a row: its symbol is gone, or its series long left."""
    row = market.identity_at(number, security_id)
    now = market.identity_at(market.session_number(today), security_id)
    age = (today - market.sessions[number]).days
    return row.symbol != now.symbol or (row.series != now.series and age >= _META_DAYS)


def _update_time(hours: Hours, moment: datetime, drawn: Floats) -> datetime:
    """The second of the last update: mostly in the last minute, now and then some minutes ago."""
    late = min(int(-8.0 * np.log(drawn[0])) + 1, 59)
    minutes = max(0, int((drawn[1] - 0.85) / 0.15 * 8.0))
    back = timedelta(seconds=late, minutes=minutes)
    updated = min(moment, hours.final) - back
    return max(updated, hours.opens).replace(microsecond=0)


def _window_start(market: "Market", number: int, back: timedelta) -> int:
    """The first session after `back` before session `number`."""
    after = market.sessions[number] - back
    return bisect_left(market.sessions, after)


def _year_range(market: "Market", number: int, ids: Ints, seen: Day) -> tuple[Floats, Floats]:
    """(high, low) of 52 weeks in rupees, in today's terms after splits and bonuses."""
    bars = market.bars
    start = _window_start(market, number, _YEAR)
    now = bars.adjustment[number, ids]
    traded = market.plan.traded[start:number, ids]
    factor = bars.adjustment[start:number, ids] / now
    highs = np.where(traded, bars.high[start:number, ids] * factor, -np.inf)
    lows = np.where(traded, bars.low[start:number, ids] * factor, np.inf)
    high = np.maximum(highs.max(axis=0, initial=-np.inf), seen.high)
    low = np.minimum(lows.min(axis=0, initial=np.inf), seen.low)
    return np.round(high / 100.0, 2), np.round(low / 100.0, 2)


def _change_since(
    market: "Market", number: int, ids: Ints, close: Floats, back: timedelta
) -> list[float | None]:
    """Percent against `back` ago; None where the same identifier did not trade then."""
    day = market.sessions[number] - back
    if day < market.sessions[0]:
        return [None] * len(ids)
    then = market.session_number(day)
    bars = market.bars
    base = bars.close[then, ids] * bars.adjustment[then, ids] / bars.adjustment[number, ids]
    changes = np.round(100.0 * (close / base - 1.0), 2)
    known = market.plan.traded[then, ids]
    return [
        float(change)
        if is_known
        and market.identity_at(then, int(security)).identifier
        == market.identity_at(number, int(security)).identifier
        else None
        for change, is_known, security in zip(changes, known, ids, strict=True)
    ]


def _indices(market: "Market", number: int, moment: datetime) -> list[Quote]:
    indices, day = market.indices, market.sessions[number]
    hours = market.hours(day)
    whole = Day(
        open=indices.open[number],
        high=indices.high[number],
        low=indices.low[number],
        close=indices.close[number],
        volume=indices.volume[number].astype(np.float64),
        value=indices.turnover[number],
    )
    seen = partial(whole, hours.progress(moment), (market.seed, 11, number), tick=0.05)
    start = _window_start(market, number, _YEAR)
    rows: list[Quote] = []
    for place, rule in enumerate(indices.rules):
        if rule.launched is not None and day < rule.launched:
            continue
        last, previous = (round(float(v[place]), 2) for v in (seen.close, indices.previous[number]))
        highest = max(float(indices.high[start:number, place].max(initial=0.0)), seen.high[place])
        lowest = min(float(indices.low[start:number, place].min(initial=np.inf)), seen.low[place])
        ranged = rule.has_year_range
        rows.append(
            Quote(
                identifier=rule.name,
                symbol=rule.name,
                security_id=None,
                company_name=None,
                industry=None,
                isin=None,
                open=round(float(seen.open[place]), 2),
                high=round(float(seen.high[place]), 2),
                low=round(float(seen.low[place]), 2),
                last=last,
                previous_close=previous,
                change=last - previous,
                change_percent=round(100.0 * (last - previous) / previous, 2),
                change_percent_30d=_index_change(market, number, place, last, _MONTH),
                change_percent_365d=_index_change(market, number, place, last, _YEAR),
                volume=int(seen.volume[place]),
                value=round(float(seen.value[place]), 2),
                year_high=round(highest, 2) if ranged else None,
                year_low=round(lowest, 2) if ranged else None,
                updated_at=min(moment, hours.final).replace(microsecond=0),
            )
        )
    return rows


def _index_change(
    market: "Market", number: int, place: int, last: float, back: timedelta
) -> float | None:
    day = market.sessions[number] - back
    launched = market.indices.rules[place].launched
    if day < market.sessions[0] or (launched is not None and day < launched):
        return None
    then = float(market.indices.close[market.session_number(day), place])
    return round(100.0 * (last / then - 1.0), 2)
