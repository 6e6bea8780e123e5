"""Near-duplicates: the same story by another publisher, or a headline that was reworded.

    Clusters(valence, day_of).place(Headline("k1", moment, normalised("Infosys falls 3%")))

Leader clustering in the order of arrival: a headline joins the most similar leader within 48 hours,
or becomes one. Which leaders are compared is found by MinHash over its words, so that a headline
costs the same however many there are. Similar letters are not enough: two headlines stay apart when
they differ in a number, in a name on both sides, or in the direction of the words that differ.
The same input in the same order gives the same clusters; `VERSION` changes with the rules.
"""

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

VERSION = "clusters-1"
WINDOW = timedelta(hours=48)
THRESHOLD = 74.0  # measured on pairs: see tests/ingestion/enrichment/test_clusters.py
_ENDINGS = frozenset(["", "s", "es", "d", "ed", "ing", "e", "er", "y", "ies", "ied"])
_BANDS, _ROWS = 20, 3
_STOP = frozenset(
    """a an the of in on at to for and or as by its is are was with from""".split()  # noqa: SIM905
)
_DASHES = "-|\N{EN DASH}\N{EM DASH}"
_NAME_AT_END = re.compile(rf"\s+[{_DASHES}]\s+[^{_DASHES}]{{2,40}}$")
_COMMON = Path(__file__).parent / "common_words.txt"
_seeds = np.random.Generator(np.random.PCG64(20240428)).integers(
    1, 2**63, size=(2, _BANDS * _ROWS), dtype=np.uint64
)
_FACTORS, _SHIFTS = _seeds[0] | np.uint64(1), _seeds[1]


@dataclass(frozen=True, slots=True)
class Headline:
    """What is compared: a key, when it was published (UTC), the title from `normalised`."""

    news_key: str
    published_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a headline belongs: its leader's key; similarity from 0 to 1; how it was found.

    `method` is leader, same_key, same_text or similar.
    """

    cluster_key: str
    similarity: float
    method: str


@dataclass(slots=True)
class Day:
    """The headlines of a day of publication: where each is, and its leaders by what finds them."""

    placed: dict[str, tuple[str, str]] = field(default_factory=dict)
    leaders: list[Headline] = field(default_factory=list)
    texts: dict[str, int] = field(default_factory=dict)
    buckets: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def remember(self, headline: Headline, cluster_key: str) -> None:
        """Take over a headline that has its place."""
        self.placed[headline.news_key] = (cluster_key, headline.text)
        if cluster_key != headline.news_key:
            return
        number = len(self.leaders)
        self.leaders.append(headline)
        self.texts.setdefault(headline.text, number)
        for bucket in _buckets(headline.text):
            self.buckets[bucket].append(number)


class Clusters:
    """Places headlines one after the other; the days around each are given by `day_of`."""

    def __init__(self, valence: Mapping[str, float], day_of: Callable[[date], Day]) -> None:
        """`valence`: the tone of words; `day_of`: what is known of a day (UTC) of publication."""
        self._valence = valence
        self._day_of = day_of

    def place(self, headline: Headline) -> Placement:
        """Find the cluster of a headline and remember it there."""
        placement = self._find(headline)
        self._day_of(headline.published_at.date()).remember(headline, placement.cluster_key)
        return placement

    def known(self, headline: Headline) -> tuple[str, str] | None:
        """(cluster_key, text) of a key that is placed near this moment."""
        for day in self._days(headline.published_at):
            if found := day.placed.get(headline.news_key):
                return found
        return None

    def _days(self, moment: datetime) -> list[Day]:
        reach = range(-WINDOW.days, WINDOW.days + 1)
        return [self._day_of(moment.date() + timedelta(days=n)) for n in reach]

    def _find(self, headline: Headline) -> Placement:
        if found := self.known(headline):
            return Placement(found[0], 1.0, "same_key")
        days = self._days(headline.published_at)
        for day in days:
            number = day.texts.get(headline.text)
            if number is not None and _near(day.leaders[number], headline):
                return Placement(day.leaders[number].news_key, 1.0, "same_text")
        best: tuple[float, datetime, str] | None = None
        for leader, score in self._similar(headline, days):
            if not apart(headline.text, leader.text, self._valence):
                found_here = (-score, leader.published_at, leader.news_key)
                best = min(best, found_here) if best else found_here
        if best:
            return Placement(best[2], round(-best[0] / 100, 4), "similar")
        return Placement(headline.news_key, 1.0, "leader")

    def _similar(self, headline: Headline, days: list[Day]) -> list[tuple[Headline, float]]:
        buckets = _buckets(headline.text)
        near: list[Headline] = []
        for day in days:
            numbers = {number for bucket in buckets for number in day.buckets.get(bucket, ())}
            near += [
                leader
                for leader in (day.leaders[number] for number in sorted(numbers))
                if _near(leader, headline)
            ]
        found = process.extract(
            headline.text,
            [leader.text for leader in near],
            scorer=fuzz.token_sort_ratio,
            processor=None,
            score_cutoff=THRESHOLD,
            limit=None,
        )
        return [(near[place], score) for _, score, place in found]


def normalised(title: str, publisher: str | None = None) -> str:
    """Lower case, plain letters, single blanks; without the publisher's name at the end."""
    text = title.strip()
    if publisher and text.casefold().endswith(publisher.casefold()):
        text = text[: -len(publisher)].rstrip(" " + _DASHES)
    elif publisher is None:
        text = _NAME_AT_END.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]s?(?!\w)", "", text)
    text = re.sub(r"(?<=\d)[,](?=\d)", "", text).replace("&", " and ")
    return " ".join(re.findall(r"[^\W_]+(?:\.\d+)?", text))


def apart(one: str, other: str, valence: Mapping[str, float]) -> bool:
    """Whether two similar headlines are about different things all the same."""
    here, there = set(one.split()), set(other.split())
    ours, theirs = here - there - _STOP, there - here - _STOP
    pairs = [(a, b) for a in ours for b in theirs if _same_stem(a, b)]
    numbers = [{word for word in side if any(map(str.isdigit, word))} for side in (ours, theirs)]
    if all(numbers):
        return True
    paired = {word for pair in pairs for word in pair}
    names = [
        {word for word in side if word not in valence and word not in _common_words()} - paired
        for side in (ours - numbers[0], theirs - numbers[1])
    ]
    if all(names):
        return True
    tones = [sum(valence.get(word, 0.0) for word in side) for side in (ours, theirs)]
    return tones[0] * tones[1] < 0


def _same_stem(one: str, other: str) -> bool:
    """Whether two words differ in their ending only: "jumped" and "jumps"."""
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
    return shared >= 4 and {one[shared:], other[shared:]} <= _ENDINGS


def _near(leader: Headline, headline: Headline) -> bool:
    return abs(leader.published_at - headline.published_at) <= WINDOW


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """Words of headlines that name nobody."""
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


def _buckets(text: str) -> list[int]:
    """The MinHash of the words, in bands: texts that share most words share a bucket."""
    words = set(text.split()) - _STOP or {text}
    hashed = np.fromiter((zlib.crc32(word.encode()) for word in words), np.uint64, len(words))
    with np.errstate(over="ignore"):
        mixed = (hashed[:, None] * _FACTORS[None, :] + _SHIFTS[None, :]) >> np.uint64(32)
        rows = mixed.min(axis=0).reshape(_BANDS, _ROWS)
        bands = (rows * np.array([1, 2654435761, 40503], np.uint64)).sum(axis=1, dtype=np.uint64)
        keys = bands * np.uint64(32) + np.arange(_BANDS, dtype=np.uint64)
    return [int(key) for key in keys]
