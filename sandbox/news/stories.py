"""The stories of every day of the simulated market, each day drawn from a seed of its own.

What is published on a day is the same whatever range is asked for: a day's writing depends on the
market and the day alone, and repeats of a story are looked for in the two days before as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zlib import crc32

import numpy as np

from ingestion.calendar import IST
from sandbox.market import Market
from sandbox.market.industries import GROUPS
from sandbox.news import words
from sandbox.news.happenings import Happening, happenings
from sandbox.news.story import Kind, Story
from sandbox.news.tone import tone_of

_REPEATED_WITHIN_DAYS = 2
_STREAM = 0x6E657773  # a stream of random numbers that the market itself does not use
_PER_DAY, _FALLS_WITH_RANK = 1.6, -0.55
_WEEKEND = 0.3
_REPEATED = 0.22
_SEASON_DAYS = 36


def stories(market: Market, first: date, last: date) -> tuple[Story, ...]:
    """All stories published from `first` to `last` (days in India, both included), in their order.

    Days outside the market have none.
    """
    found = [
        story
        for number in range(-_REPEATED_WITHIN_DAYS, (last - first).days + 1)
        for story in _written_on(market, first + timedelta(days=number))
        if first <= story.published_at.astimezone(IST).date() <= last
    ]
    return tuple(sorted(found, key=lambda story: (story.published_at, story.story_id)))


@dataclass(slots=True)
class _Desk:
    """Who writes on one day: numbers the stories and knows what the market knows."""

    market: Market
    day: date
    open_day: bool
    generator: np.random.Generator
    written: int = 0

    def moment(self) -> datetime:
        """When a story is published, naive IST: before, during and after the session."""
        if not self.open_day:
            hour = self.generator.uniform(8.0, 21.0)
        else:
            part = self.generator.random()
            edges = (7.0, 9.25) if part < 0.25 else (9.25, 15.5) if part < 0.7 else (15.52, 22.5)
            hour = self.generator.uniform(*edges)
        return datetime.combine(self.day, datetime.min.time()) + timedelta(seconds=int(hour * 3600))

    def company(self, happening: Happening) -> Story | None:
        """A story about a company; None when it is not listed on the day."""
        identity = self.market.identity_on(happening.security_id, self.day)
        if identity is None:
            return None
        published, about = self.moment(), (happening.security_id,)
        tone = tone_of(self.generator, self.market, published, about, happening.lean)
        text = words.pick(self.generator, happening.titles(words.step_of(tone)))
        name = identity.company_name.removesuffix(" Limited")
        title = self.filled(text, name=name, quarter=_quarter(self.day), **happening.fields)
        group = GROUPS[int(self.market.universe.group[happening.security_id])]
        topics = (*happening.topics, words.TOPIC_OF_GROUP[group], "Financial Markets")
        return self.story("company", title, published, about, tone, topics)

    def sector(self, group: str) -> Story:
        """A story about a group of industries, naming its largest companies' shares."""
        number = GROUPS.index(group)
        largest = np.flatnonzero(self.market.universe.group == number)[:8]
        about, published = tuple(int(item) for item in largest), self.moment()
        tone = tone_of(self.generator, self.market, published, about)
        text = words.pick(self.generator, words.SECTOR[words.step_of(tone)])
        title = self.filled(text, sector=words.TOPIC_OF_GROUP[group])
        topics = (words.TOPIC_OF_GROUP[group], "Financial Markets")
        return self.story("sector", title, published, about, tone, topics)

    def whole_market(self) -> Story:
        """A story about the market as a whole."""
        published = self.moment()
        tone = tone_of(self.generator, self.market, published, ())
        title = words.pick(self.generator, words.MARKET[words.step_of(tone)])
        economy = words.pick(self.generator, ("Economy - Macro", "Economy - Monetary"))
        return self.story("market", title, published, (), tone, ("Financial Markets", economy))

    def filled(self, text: str, **fields: object) -> str:
        """A template with its fields; figures are drawn."""
        return text.format(
            pct=int(self.generator.integers(4, 75)),
            crore=f"{int(self.generator.integers(90, 9000)):,}",
            weekday=f"{self.day + timedelta(days=int(self.generator.integers(2, 6))):%A}",
            **fields,
        )

    def story(
        self,
        kind: Kind,
        title: str,
        published: datetime,
        about: tuple[int, ...],
        tone: float,
        topics: tuple[str, ...],
    ) -> Story:
        """A story of some publisher, with the relevance of each of its topics."""
        self.written += 1
        story_id = f"{self.day:%Y%m%d}{self.written:04d}"
        title = words.decorated(self.generator, title, tone)
        publisher, domain = self.publisher()
        relevance = self.generator.uniform(0.12, 1.0, len(topics))
        return Story(
            story_id=story_id,
            published_at=published.replace(tzinfo=IST).astimezone(UTC),
            title=title,
            summary=words.pick(self.generator, words.SUMMARY).format(
                title=title, publisher=publisher
            ),
            publisher=publisher,
            publisher_domain=domain,
            url=_url(domain, title, story_id),
            security_ids=about,
            tone=tone,
            topics=tuple(
                (topic, round(float(share), 6))
                for topic, share in zip(dict.fromkeys(topics), relevance, strict=False)
            ),
            kind=kind,
        )

    def repeated(self, story: Story) -> Story:
        """The story by another publisher, up to 44 hours later, in slightly other words."""
        publisher, domain = self.publisher(other_than=story.publisher)
        same_words = self.generator.random() < 0.25
        title = story.title if same_words else words.reworded(self.generator, story.title)
        story_id = f"{story.story_id}r"
        late = timedelta(seconds=int(self.generator.uniform(0.1, 44.0) * 3600))
        return Story(
            story_id=story_id,
            published_at=story.published_at + late,
            title=title,
            summary=f"{title}. First seen at {story.publisher}.",
            publisher=publisher,
            publisher_domain=domain,
            url=_url(domain, title, story_id),
            security_ids=story.security_ids,
            tone=story.tone,
            topics=story.topics,
            kind=story.kind,
            copy_of=story.story_id,
        )

    def publisher(self, other_than: str = "") -> tuple[str, str]:
        """One of the publishers."""
        others = [item for item in words.PUBLISHERS if item[0] != other_than]
        return others[int(self.generator.integers(len(others)))]


@lru_cache(maxsize=4096)
def _written_on(market: Market, day: date) -> tuple[Story, ...]:
    """What is written on a day, its repeats by others included, whenever those appear."""
    if not market.sessions[0] <= day <= market.sessions[-1]:
        return ()
    generator = np.random.default_rng([_STREAM, market.seed, day.toordinal()])
    desk = _Desk(market, day, market.calendar.is_session(day), generator)
    written = list(_originals(desk))
    again = generator.random(len(written)) < _REPEATED
    return (
        *written,
        *(desk.repeated(story) for story, twice in zip(written, again, strict=True) if twice),
    )


def _originals(desk: _Desk) -> Iterator[Story]:
    market, busy = desk.market, 1.0 if desk.open_day else _WEEKEND
    rank = np.arange(len(market.securities)) + 1.0
    talked_of = desk.generator.poisson(busy * _PER_DAY * rank**_FALLS_WITH_RANK)
    for happening in (
        *happenings(market, desk.day),
        *(Happening.results(security) for security in _with_results(market, desk.day)),
        *(Happening.talk(int(security)) for security in np.repeat(np.arange(len(rank)), talked_of)),
    ):
        if story := desk.company(happening):
            yield story
    for group in desk.generator.choice(GROUPS, 2 if desk.open_day else 1, replace=False):
        yield desk.sector(str(group))
    for _ in range(4 if desk.open_day else 1):
        yield desk.whole_market()


def _with_results(market: Market, day: date) -> list[int]:
    """The companies that report on a day: once a quarter, from the tenth of its first month on."""
    begins = date(day.year, day.month - (day.month - 1) % 3, 10)
    place = (day - begins).days
    if not 0 <= place < _SEASON_DAYS:
        return []
    return [
        security.id
        for security in market.securities
        if crc32(f"{market.seed} {security.id} {begins}".encode()) % _SEASON_DAYS == place
    ]


def _quarter(day: date) -> int:
    """Which quarter of the Indian financial year the results of these days are of."""
    return (3, 4, 1, 2)[(day.month - 1) // 3]


def _url(domain: str, title: str, story_id: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].rstrip("-")
    return f"https://www.{domain}/markets/{slug}-{story_id}.html"
