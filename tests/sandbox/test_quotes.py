"""The quote feed's view: staleness, series moves, renames, gaps, and sessions under way."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from sandbox.market import Market, Quote
from sandbox.market.events import Bonus, SeriesChange, Split, Suspension, SymbolChange

EVENING = time(20, 0)


def quotes(market: Market, day: date, at: time = EVENING) -> dict[str, Quote]:
    rows = market.quotes_as_of(datetime.combine(day, at))
    by_identifier = {row.identifier: row for row in rows}
    assert len(by_identifier) == len(rows), "an identifier appears twice"
    return by_identifier


def moves_at_rest(market: Market) -> list[SeriesChange]:
    """Series moves of shares that trade around the move and make no second move soon."""
    found = []
    changes = [e for e in market.events if isinstance(e, SeriesChange | SymbolChange)]
    for event in changes:
        if not isinstance(event, SeriesChange) or event.date < date(2022, 3, 1):
            continue
        near = [
            other
            for other in changes
            if other.security_id == event.security_id and abs((other.date - event.date).days) < 45
        ]
        number = market.session_number(event.date)
        traded = market.plan.traded[number - 1 : number + 8, event.security_id]
        if len(near) == 1 and traded.all() and number + 8 < len(market.sessions):
            found.append(event)
    return found


def test_after_a_series_move_the_old_row_stays_a_week(market: Market) -> None:
    moves = moves_at_rest(market)
    assert len(moves) > 20
    for move in moves[:12]:
        last_day = market.calendar.previous_session(move.date)
        symbol = market.identity_on(move.security_id, move.date).symbol  # type: ignore[union-attr]
        old, new = f"{symbol}{move.old_series}N", f"{symbol}{move.new_series}N"
        first = quotes(market, move.date)
        assert first[old].updated_at.date() == last_day
        assert first[new].updated_at.date() == move.date
        assert first[new].previous_close == first[old].last
        # The feed looks percentages up by identifier, and the new one has no past.
        assert first[new].change_percent_30d is None
        before = quotes(market, last_day)
        assert first[old].last == before[old].last
        assert new not in before
        week_later = last_day + timedelta(days=7)
        assert old in quotes(market, market.sessions[market.session_number(week_later)])
        assert old not in quotes(market, market.calendar.next_session(week_later))


def test_after_a_rename_the_old_row_loses_its_meta(market: Market) -> None:
    seen = 0
    for event in market.events:
        if not isinstance(event, SymbolChange) or event.date < date(2022, 3, 1):
            continue
        day_before = market.calendar.previous_session(event.date)
        series = market.identity_on(event.security_id, day_before).series  # type: ignore[union-attr]
        rows = quotes(market, event.date)
        old = rows.get(f"{event.old_symbol}{series}N")
        if old is None or market.securities[event.security_id].meta_missing:
            continue
        seen += 1
        assert old.updated_at.date() < event.date
        assert (old.company_name, old.industry, old.isin) == (None, None, None)
    assert seen > 5


def test_a_suspended_share_goes_stale_and_then_away(market: Market) -> None:
    checked = 0
    for event in market.events:
        if not isinstance(event, Suspension) or (event.last - event.date).days < 12:
            continue
        start = market.session_number(event.date)
        if not market.plan.traded[start - 1, event.security_id]:
            continue
        name = market.identity_at(start - 1, event.security_id).identifier
        row = quotes(market, event.date)[name]
        assert row.updated_at.date() == market.sessions[start - 1]
        later = market.calendar.next_session(market.sessions[start - 1] + timedelta(days=7))
        assert name not in quotes(market, later)
        checked += 1
        if checked == 10:
            break
    assert checked == 10


def test_stale_rows_keep_the_figures_of_their_own_day(market: Market) -> None:
    day = date(2024, 4, 26)
    stale = [q for q in quotes(market, day).values() if q.updated_at.date() != day]
    assert stale
    for row in stale:
        assert row.security_id is not None
        own = {bar.security_id: bar for bar in market.bars_on(row.updated_at.date())}
        bar = own[row.security_id]
        assert (row.open, row.high, row.low, row.last) == (bar.open, bar.high, bar.low, bar.close)
        assert (day - row.updated_at.date()).days <= 7


def test_final_quotes_are_the_bars_of_the_day(market: Market) -> None:
    day = date(2024, 4, 26)
    rows = quotes(market, day)
    for bar in market.bars_on(day):
        row = rows[f"{bar.symbol}{bar.series}N"]
        assert (row.open, row.high, row.low, row.last) == (bar.open, bar.high, bar.low, bar.close)
        assert (row.volume, row.previous_close) == (bar.volume, bar.previous_close)
        assert row.value == pytest.approx(bar.turnover, rel=1e-12)
        assert row.change == round(bar.close - bar.previous_close, 2)
        assert row.change_percent == round(100 * row.change / bar.previous_close, 2)


def test_young_listings_have_no_past(market: Market) -> None:
    day = date(2024, 4, 26)
    rows = quotes(market, day)
    young = [
        security
        for security in market.securities
        if 0 < (day - security.listed_on).days < 365 and security.listed_on > market.sessions[0]
    ]
    assert young
    for security in young:
        row = rows[market.identity_at(market.session_number(day), security.id).identifier]
        assert row.change_percent_365d is None
        known = (day - security.listed_on).days > 40 and len(security.identities) == 1
        assert not known or row.change_percent_30d is not None


def test_the_year_range_is_in_terms_of_today(market: Market) -> None:
    day = date(2024, 4, 26)
    number = market.session_number(day)
    year = [d for d in market.sessions if date(2023, 4, 27) <= d <= day]
    for row in list(quotes(market, day).values())[40:80]:
        assert row.security_id is not None
        if row.updated_at.date() != day:
            continue
        highs = []
        for past in year:
            then = market.session_number(past)
            if market.plan.traded[then, row.security_id]:
                adjustment = market.bars.adjustment[:, row.security_id]
                factor = adjustment[then] / adjustment[number]
                highs.append(market.bars.high[then, row.security_id] * factor / 100)
        assert row.year_high == pytest.approx(max(highs), abs=0.006)
        assert row.year_low is not None
        assert row.year_low <= row.low <= row.high <= row.year_high


def test_the_percentage_of_30_days_ignores_splits(market: Market) -> None:
    checked = 0
    for event in market.events:
        if not isinstance(event, Split | Bonus) or event.date < date(2022, 3, 1):
            continue
        if event.factor < 2 or event.date > date(2026, 12, 20):
            continue
        number = market.session_number(event.date)
        identifier = market.identity_at(number, event.security_id).identifier
        row = quotes(market, event.date)[identifier]
        if row.change_percent_30d is not None:
            # A halved raw price would show as minus fifty or worse.
            assert row.change_percent_30d > -45
            checked += 1
        if checked == 20:
            break
    assert checked == 20


def test_before_the_opening_the_feed_shows_the_session_before(small_market: Market) -> None:
    early = small_market.quotes_as_of(datetime(2024, 4, 26, 9, 14, 59))
    evening = small_market.quotes_as_of(datetime(2024, 4, 25, 23, 0))
    assert early == evening
    assert small_market.session_as_of(datetime(2024, 4, 26, 9, 15)) == date(2024, 4, 26)


def test_weekends_and_holidays_show_the_session_before(small_market: Market) -> None:
    friday = small_market.quotes_as_of(datetime(2024, 4, 26, 21, 0))
    assert small_market.quotes_as_of(datetime(2024, 4, 28, 11, 0)) == friday
    holiday = small_market.quotes_as_of(datetime(2024, 1, 26, 11, 0))
    assert max(q.updated_at for q in holiday).date() == date(2024, 1, 25)


def test_a_session_under_way_grows_towards_its_end(small_market: Market) -> None:
    day = date(2024, 4, 26)
    final = quotes(small_market, day)
    moments = [time(9, 15), time(9, 40), time(11, 0), time(13, 30), time(15, 29), time(15, 30)]
    seen = [quotes(small_market, day, at) for at in moments]
    assert seen[2] == quotes(small_market, day, time(11, 0)), "the same moment, twice"
    moved = 0
    for identifier, end in final.items():
        if end.updated_at.date() != day:
            continue
        rows = [snapshot[identifier] for snapshot in seen]
        for row in rows:
            assert end.low <= row.low <= min(row.open, row.last)
            assert end.high >= row.high >= max(row.open, row.last)
            assert row.open == end.open
        for earlier, later in pairwise(rows):
            assert earlier.volume <= later.volume
            assert earlier.high <= later.high
            assert earlier.low >= later.low
            assert earlier.updated_at <= later.updated_at
        moved += rows[1].last != rows[3].last
        assert (rows[-1].last, rows[-1].volume) == (end.last, end.volume)
    assert moved > 0.8 * len(final)
    assert seen[0]["NIFTY 50"].volume == 0


def test_times_are_those_of_the_real_feed(small_market: Market) -> None:
    rows = quotes(small_market, date(2024, 4, 26))
    indices = {row.updated_at.time() for row in rows.values() if row.is_index}
    assert indices == {time(16, 0)}
    shares = [row.updated_at.time() for row in rows.values() if not row.is_index]
    assert all(time(15, 50) <= moment < time(16, 0) for moment in shares)
    assert len(set(shares)) > 10
    running = quotes(small_market, date(2024, 4, 26), time(11, 0))
    assert max(row.updated_at for row in running.values()) == datetime(2024, 4, 26, 11, 0)
