"""Derives from the events what each security is called on each session."""

from dataclasses import replace
from datetime import date
from itertools import groupby

import numpy as np

from sandbox.market.arrays import Small
from sandbox.market.events import (
    Consolidation,
    Event,
    IsinChange,
    Listing,
    NameChange,
    SeriesChange,
    Split,
    SymbolChange,
)
from sandbox.market.isin import make_isin
from sandbox.market.model import Identity, Security
from sandbox.market.plan import Plan
from sandbox.market.universe import Universe


def add_isin_changes(plan: Plan) -> None:
    """A change of face value brings a new ISIN, one session after its ex-date."""
    serial: dict[int, int] = {}
    changes: list[Event] = []
    for event in sorted(plan.events, key=lambda event: event.date):
        if not isinstance(event, Split | Consolidation):
            continue
        number = plan.number_of(event) + 1
        if number >= len(plan.sessions):
            continue
        old = serial.get(event.security_id, 1)
        serial[event.security_id] = old + 1
        issuer = event.security_id
        changes.append(
            IsinChange(
                issuer, plan.sessions[number], make_isin(issuer, old), make_isin(issuer, old + 1)
            )
        )
    plan.events += changes


def make_securities(
    universe: Universe, plan: Plan, first_series: dict[int, str]
) -> tuple[Security, ...]:
    """Every security with all the identities it has had, in the order of the universe."""
    by_security: dict[int, list[Event]] = {company.id: [] for company in universe.companies}
    for event in sorted(plan.events, key=lambda event: event.date):
        by_security[event.security_id].append(event)
    securities: list[Security] = []
    for company in universe.companies:
        listing = next(e for e in by_security[company.id] if isinstance(e, Listing))
        listed_on = min(event.date for event in by_security[company.id])
        first = Identity(
            since=listed_on,
            symbol=listing.symbol,
            series=first_series[company.id],
            isin=make_isin(company.id),
            company_name=company.name,
        )
        end = plan.end[company.id]
        securities.append(
            Security(
                id=company.id,
                identities=_follow(first, by_security[company.id]),
                industry=company.industry.text,
                published_industry=company.published_industry,
                meta_missing=company.meta_missing,
                listed_on=listed_on,
                last_session=plan.sessions[end - 1] if end < len(plan.sessions) else None,
                face_value=float(universe.face_value[company.id]),
            )
        )
    return tuple(securities)


def identity_numbers(securities: tuple[Security, ...], sessions: tuple[date, ...]) -> Small:
    """Which of its identities each security has on each session, shape (sessions, securities)."""
    days = np.array(sessions, dtype="datetime64[D]")
    numbers = np.zeros((len(sessions), len(securities)), dtype=np.int32)
    for security in securities:
        for identity in security.identities[1:]:
            numbers[np.searchsorted(days, np.datetime64(identity.since)) :, security.id] += 1
    return numbers


def _follow(first: Identity, events: list[Event]) -> tuple[Identity, ...]:
    identities = [first]
    for day, same_day in groupby(events, key=lambda event: event.date):
        now = identities[-1]
        for event in same_day:
            now = _after(now, event)
        if now != identities[-1]:
            identities.append(replace(now, since=day))
    return tuple(identities)


def _after(identity: Identity, event: Event) -> Identity:
    if isinstance(event, SeriesChange):
        return replace(identity, series=event.new_series)
    if isinstance(event, SymbolChange):
        return replace(identity, symbol=event.new_symbol, company_name=event.new_name)
    if isinstance(event, NameChange):
        return replace(identity, company_name=event.new_name)
    if isinstance(event, IsinChange):
        return replace(identity, isin=event.new_isin)
    return identity
