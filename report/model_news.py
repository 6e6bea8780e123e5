"""What the page shows of the news, as values; titles and links are still as they were received."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Headline:
    """A story about one share: the first of its copies, and how it was found to be about it."""

    security_sk: object
    published_ist: datetime
    published_precision: str | None
    published_flag: str
    trade_date: date | None
    headline: str
    publisher: str | None
    link: str | None
    mapping_method: str
    matched_text: str | None
    sentiment_score: float | None
    copies: int


@dataclass(frozen=True, slots=True)
class Tone:
    """The stories about one share in one session, and their mean tone from -1 to 1."""

    security_sk: object
    trade_date: date
    stories: int
    sentiment_mean: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """How many stories, and their mean tone."""

    stories: int
    sentiment_mean: float | None


@dataclass(frozen=True, slots=True)
class SectorTone:
    """The news of one industry over each window of sessions, None where there were none."""

    industry: str
    securities: int
    windows: tuple[Told | None, ...]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A share by its stories over a few sessions; a story counts once in all of them."""

    symbol: str
    company_name: str | None
    stories: int
    news: int
    publishers: int
    positive: int
    negative: int
    sentiment_mean: float | None


@dataclass(frozen=True, slots=True)
class NextDay:
    """The tone of a session against the return of the next, of one bucket and period."""

    period: str
    sentiment_bucket: str
    n: int
    sessions: int
    sentiment_mean: float | None
    next_return_mean: float | None
    hit_rate: float | None
    rank_ic: float | None


@dataclass(frozen=True, slots=True)
class News:
    """All of it. `later` counts news that belong to sessions after the page's."""

    windows: tuple[tuple[date, ...], ...]
    headlines: tuple[Headline, ...]
    tones: tuple[Tone, ...]
    sectors: tuple[SectorTone, ...]
    mentioned: tuple[Mentioned, ...]
    next_day: tuple[NextDay, ...]
    items: int
    items_mapped: int
    later: int
