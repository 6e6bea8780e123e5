"""One story of one publisher, as every simulated news service takes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["company", "market", "sector"]


@dataclass(frozen=True, slots=True)
class Story:
    """What was published, and what it is really about.

    Attributes:
        published_at: UTC, aware.
        publisher_domain: without `www.`; all of them lie below `.example`.
        security_ids: the shares the story is about, the one that the tone is of first; none for
            a story of the market.
        tone: what the writer means, from -1 (very bad) to 1; the words of the title follow it.
        topics: (Alpha Vantage's name of the topic, relevance from 0 to 1).
        copy_of: the `story_id` that this one repeats in slightly other words, if it does.
    """

    story_id: str
    published_at: datetime
    title: str
    summary: str
    publisher: str
    publisher_domain: str
    url: str
    security_ids: tuple[int, ...]
    tone: float
    topics: tuple[tuple[str, float], ...]
    kind: Kind
    copy_of: str | None = None
