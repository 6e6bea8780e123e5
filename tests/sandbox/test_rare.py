"""What happens to few companies: rights, demergers, long suspensions, recycled symbols, chains."""

from datetime import date

import pytest

from sandbox.market import Market
from sandbox.market.events import (
    Consolidation,
    Delisting,
    Demerger,
    Event,
    Listing,
    NameChange,
    Rights,
    SeriesChange,
    Split,
    Suspension,
    SymbolChange,
)


def of(market: Market, kind: type[Event]) -> list:
    found = [event for event in market.events if isinstance(event, kind)]
    assert found, f"the market has no {kind.__name__}"
    return found


def test_rights_lower_the_reference_to_the_price_after_the_offer(market: Market) -> None:
    kept = 0
    for event in of(market, Rights):
        number = market.number_on(event.date)
        before = int(market.bars.previous[number, event.security_id]) / 100
        offered, ratio = event.face + event.premium, event.new_shares / event.held
        expected = (before + ratio * offered) / (1 + ratio) if offered < before else before
        reference = float(market.bars.reference[number, event.security_id]) / 100
        assert reference == pytest.approx(expected)
        assert market.bars.adjustment[number, event.security_id] == pytest.approx(
            market.bars.adjustment[number - 1, event.security_id]
        )
        kept += offered >= before
    assert 0 < kept < len(of(market, Rights))


def test_a_demerged_company_lists_in_be_at_the_value_that_its_parent_lost(market: Market) -> None:
    listings = {event.security_id: event for event in of(market, Listing)}
    for event in of(market, Demerger):
        number = market.number_on(event.date)
        before = int(market.bars.previous[number, event.security_id]) / 100
        reference = float(market.bars.reference[number, event.security_id]) / 100
        assert before - reference == pytest.approx(event.value)
        child = listings[event.new_security_id]
        gap = market.number_on(child.date) - number
        assert 12 <= gap < 30
        assert child.series == "BE"
        first = next(b for b in market.bars_on(child.date) if b.security_id == child.security_id)
        assert first.previous_close == event.value
    parents = [event.security_id for event in of(market, Demerger)]
    assert len(parents) == len(set(parents))


def test_a_name_changes_and_the_symbol_stays(market: Market) -> None:
    for event in of(market, NameChange):
        before = market.identity_on(event.security_id, market.calendar.previous_session(event.date))
        after = market.identity_on(event.security_id, event.date)
        assert before is not None
        assert after is not None
        assert (before.company_name, after.company_name) == (event.old_name, event.new_name)
        assert before.symbol == after.symbol == event.symbol


def test_a_symbol_of_a_company_that_is_gone_names_another_one_years_later(market: Market) -> None:
    spells: dict[str, dict[int, list[date]]] = {}
    for security in market.securities:
        for known in security.identities:
            spells.setdefault(known.symbol, {}).setdefault(security.id, []).append(known.since)
    recycled = {symbol: owners for symbol, owners in spells.items() if len(owners) > 1}
    assert len(recycled) >= 2
    gone = {event.security_id: event.date for event in of(market, Delisting)}
    ways = set()
    for symbol, owners in recycled.items():
        [first] = [owner for owner in owners if owner in gone and len(owners) == 2]
        [second] = owners.keys() - {first}
        since = min(owners[second])
        assert (since - gone[first]).days >= 500
        ways.add(type(next(
            e for e in market.events
            if e.security_id == second and e.date == since
            and symbol in (getattr(e, "symbol", None), getattr(e, "new_symbol", None))
        )))  # fmt: skip
    assert ways == {Listing, SymbolChange}


def test_a_share_returns_after_more_than_a_year_in_trade_to_trade(market: Market) -> None:
    long = [e for e in of(market, Suspension) if (e.last - e.date).days > 365]
    assert long
    moves = {(e.security_id, e.date): e for e in of(market, SeriesChange)}
    for event in long:
        back = market.calendar.next_session(event.last)
        move = moves[event.security_id, back]
        assert (move.old_series, move.new_series) == ("EQ", "BE")
        bar = next(b for b in market.bars_on(back) if b.security_id == event.security_id)
        last = market.number_on(event.date) - 1
        assert bar.previous_close == int(market.bars.close[last, event.security_id]) / 100


def test_symbols_change_twice_and_of_companies_that_split(market: Market) -> None:
    renames: dict[int, list[SymbolChange]] = {}
    for event in of(market, SymbolChange):
        renames.setdefault(event.security_id, []).append(event)
    twice = [chain for chain in renames.values() if len(chain) == 2]
    assert twice
    for first, second in twice:
        assert (first.new_symbol, first.new_name) == (second.old_symbol, second.old_name)
        assert first.date < second.date
    split = {e.security_id for e in market.events if isinstance(e, Split | Consolidation)}
    assert len(split & renames.keys()) >= 3


def test_companies_disappear_into_others(market: Market) -> None:
    assert any(event.reason == "AMALGAMATION" for event in of(market, Delisting))
