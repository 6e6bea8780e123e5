"""What a news site shows of a share at a moment: its stories, and what stands between them."""

import html
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from ingestion.calendar import IST
from sandbox.market import Market
from sandbox.news import Story, stories

_REACH = timedelta(days=30)
_LONGEST = 45  # stories on one page
_ADVERT_EVERY = 5
_RELATED_AFTER = 8
_OFFERS = (
    "4 BHK Sky Villas in Velgaon Starting @ 3 Cr* | Book...",
    "Learn Candle Charts in 9 Days - Results Might Surprise You",
    "Codename Palmgrove | Invest today & Earn 6 Lac* Yearly...",
    "Were you born before 1970? This simple plan could...",
    "Affordable Health Cover for Parents: Free Quote...",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a page: a story, an offer, a story of another share, or a heading alone."""

    kind: Literal["story", "advert", "related", "heading", "empty"]
    title: str
    url: str = ""
    summary: str = ""
    byline: str = ""
    said: str = ""


def security_of(market: Market, symbol: str, now: datetime) -> int | None:
    """The share that has the symbol at the moment (naive IST)."""
    for security in market.securities:
        identity = market.identity_on(security.id, now.date())
        if identity and identity.symbol == symbol:
            return security.id
    return None


def short_name(market: Market, security_id: int, now: datetime) -> str | None:
    """The name of a company as newspapers write it."""
    identity = market.identity_on(security_id, now.date())
    return identity.company_name.removesuffix(" Limited") if identity else None


def largest(market: Market, day: date, count: int) -> str:
    """The largest companies of a day as a list of `symbol=name`."""
    named = [market.identity_on(security.id, day) for security in market.securities]
    known = [identity for identity in named if identity][:count]
    return ",".join(f"{one.symbol}={one.company_name.removesuffix(' Limited')}" for one in known)


def published(market: Market, now: datetime) -> list[Story]:
    """What has been published in the last weeks, newest first; `now` is naive IST."""
    moment = now.replace(tzinfo=IST).astimezone(UTC)
    found = stories(market, (now - _REACH).date(), now.date())
    return [story for story in reversed(found) if story.published_at <= moment]


def rows_of(market: Market, security_id: int, now: datetime) -> list[Row]:
    """The page of a share: stories with offers between them, related news, an empty row last."""
    about: list[Story] = []
    other: list[Story] = []
    for story in published(market, now):
        mine = security_id in story.security_ids or story.kind == "market"
        (about if mine else other).append(story)
    rows: list[Row] = []
    for number, story in enumerate(about[:_LONGEST], start=1):
        rows.append(_story(story, now, "story"))
        if number % _ADVERT_EVERY == 0:
            offer = _OFFERS[number // _ADVERT_EVERY % len(_OFFERS)]
            rows.append(Row("advert", offer, f"https://offers.example/{number}", byline="Ad"))
        if number == _RELATED_AFTER:
            rows.append(Row("heading", "Related News"))
            rows += [_story(story, now, "related") for story in other[:2]]
    return [*rows, Row("empty", "")]


def ago(story: Story, now: datetime) -> str:
    """The age of a story as the page says it; of old ones the date."""
    age = now - story.published_at.astimezone(IST).replace(tzinfo=None)
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} minutes ago" if minutes != 1 else "1 minute ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} hours ago" if minutes >= 120 else "1 hour ago"
    if age < timedelta(days=2):
        return "yesterday"
    if age < timedelta(days=7):
        return f"{age.days} days ago"
    return story.published_at.astimezone(IST).strftime("%b %-d, %Y")


def text(value: str) -> str:
    """The value as text of a page or an attribute."""
    return html.escape(value, quote=True)


def _story(story: Story, now: datetime, kind: Literal["story", "related"]) -> Row:
    return Row(kind, story.title, story.url, story.summary, story.publisher, ago(story, now))
