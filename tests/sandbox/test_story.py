"""The months of the demo show every kind of event that a history must survive."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.archives import UNPLANNED, feed_faults
from sandbox.archives.actions import announced_on
from sandbox.market import Market
from sandbox.market.events import (
    Bonus,
    Consolidation,
    Delisting,
    Demerger,
    Event,
    IsinChange,
    Listing,
    NameChange,
    Rights,
    SeriesChange,
    Split,
    Suspension,
    SymbolChange,
)

FIRST, LAST = date(2024, 7, 1), date(2025, 10, 24)
README = Path(__file__).parents[2] / "sandbox/archives/README.md"


@pytest.fixture(scope="module")
def events(market: Market) -> tuple[Event, ...]:
    return market.events_between(FIRST, LAST)


@pytest.mark.parametrize(
    "kind",
    [
        *(Split, Bonus, Consolidation, Rights, Demerger, IsinChange, SymbolChange, NameChange),
        *(Listing, Delisting, Suspension, SeriesChange),
    ],
)
def test_every_kind_of_event_happens(events: tuple[Event, ...], kind: type[Event]) -> None:
    assert any(isinstance(event, kind) for event in events)


def test_splits_and_bonuses_come_at_once_and_late_and_not_at_all_and_misnamed(
    market: Market, events: tuple[Event, ...]
) -> None:
    changes = [event for event in events if isinstance(event, Split | Bonus)]
    pairs = Counter((event.security_id, event.date) for event in changes)
    assert max(pairs.values()) == 2
    late = [e for e in changes if announced_on(market, e.security_id, e.date) > e.date]
    assert late
    assert all(announced_on(market, e.security_id, e.date) <= LAST for e in late)
    faults = feed_faults(market)
    assert set(faults.missing) & set(changes)
    assert {event for event, _ in faults.mis_keyed} & set(changes)


def test_sessions_of_every_kind_occur(market: Market) -> None:
    days = [day for day in market.sessions if FIRST <= day <= LAST]
    kinds = Counter(market.calendar.session_type(day) for day in days)
    assert kinds["muhurat"] == 2
    assert kinds["special"] >= 1
    assert FIRST < UNPLANNED < LAST
    assert len(days) == 329


def test_a_company_is_renamed_and_splits_on_a_saturday(market: Market) -> None:
    [split] = [e for e in market.events_between(date(2025, 2, 1), date(2025, 2, 1))
               if isinstance(e, Split)]  # fmt: skip
    now = market.identity_on(split.security_id, split.date)
    then = market.identity_on(split.security_id, FIRST)
    assert now is not None
    assert then is not None
    assert (then.symbol, now.symbol) == ("M&N", "CORADRUMOT")
    monday = market.identity_on(split.security_id, split.date + timedelta(days=2))
    assert monday is not None
    assert monday.isin != now.isin


def test_the_readme_names_symbols_of_this_market(market: Market) -> None:
    symbols = {known.symbol for security in market.securities for known in security.identities}
    text = README.read_text(encoding="utf-8").split("## What the demo's months show")[1]
    named = {word.strip("(.,;'") for word in text.split()}
    named = {word.removesuffix("'s") for word in named if len(word) > 9 and word.isupper()}
    assert len(named) >= 12
    assert named <= symbols
