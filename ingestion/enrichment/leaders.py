"""The leaders of the clusters of a day, and which of them a headline is worth comparing with.

Two headlines with different names in them are never the same story, so a leader is found by the
names it shares with a headline. Where there are many of those, or no names, it must share a bucket
of MinHash too: most of its words. So a headline is compared with few, however many there are.
"""

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

STOP = frozenset(
    """a an the of in on at to for and or as by its is are was with from""".split()  # noqa: SIM905
)
_BANDS, _ROWS = 20, 3
_FEW = 64  # so many leaders of a day are compared without a second look
_COMMON = Path(__file__).parent / "common_words.txt"
_seeds = np.random.Generator(np.random.PCG64(20240428)).integers(
    1, 2**63, size=(2, _BANDS * _ROWS), dtype=np.uint64
)
_FACTORS, _SHIFTS = _seeds[0] | np.uint64(1), _seeds[1]


@dataclass(frozen=True, slots=True)
class Headline:
    """What is compared: a key, when it was published (UTC), the title from `normalised`.

    `names` are its words that are neither common nor have a tone; see `names_in`.
    """

    news_key: str
    published_at: datetime
    text: str
    names: frozenset[str]


@dataclass(slots=True)
class Day:
    """The headlines of a day of publication: where each is, and its leaders by what finds them."""

    placed: dict[str, tuple[str, str]] = field(default_factory=dict)
    leaders: list[Headline] = field(default_factory=list)
    texts: dict[str, int] = field(default_factory=dict)
    sorted_texts: list[str] = field(default_factory=list)
    _named: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _nameless: set[int] = field(default_factory=set)
    # One leader per bucket is the rule; a list for each would be a burden for the collector.
    _buckets: dict[int, int | set[int]] = field(default_factory=dict)

    def remember(self, headline: Headline, cluster_key: str) -> None:
        """Take over a headline that has its place."""
        self.placed[headline.news_key] = (cluster_key, headline.text)
        if cluster_key != headline.news_key:
            return
        number = len(self.leaders)
        self.leaders.append(headline)
        self.texts.setdefault(headline.text, number)
        self.sorted_texts.append(sorted_words(headline.text))
        for name in headline.names:
            self._named[name].add(number)
        if not headline.names:
            self._nameless.add(number)
        for bucket in _buckets(headline.text):
            there = self._buckets.setdefault(bucket, number)
            if isinstance(there, set):
                there.add(number)
            elif there != number:
                self._buckets[bucket] = {there, number}

    def alike(self, headline: Headline) -> list[int]:
        """The numbers of the leaders that may be the same story, in their order."""
        if headline.names:
            found = set().union(*(self._named.get(name, ()) for name in headline.names))
        else:
            found = self._nameless
        if len(found) > _FEW:
            found = found & self._with_most_words(headline.text)
        return sorted(found)

    def _with_most_words(self, text: str) -> set[int]:
        found: set[int] = set()
        for bucket in _buckets(text):
            there = self._buckets.get(bucket)
            if isinstance(there, set):
                found |= there
            elif there is not None:
                found.add(there)
        return found


def sorted_words(text: str) -> str:
    """The words in alphabetical order: another order of words is no other story."""
    return " ".join(sorted(text.split()))


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words of headlines that name nobody."""
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


@lru_cache(maxsize=8)  # for some texts in a row: a headline is looked up in five days
def _buckets(text: str) -> tuple[int, ...]:
    """The MinHash of the words, in bands: texts that share most words share a bucket."""
    words = set(text.split()) - STOP or {text}
    hashed = np.fromiter((zlib.crc32(word.encode()) for word in words), np.uint64, len(words))
    with np.errstate(over="ignore"):
        mixed = (hashed[:, None] * _FACTORS[None, :] + _SHIFTS[None, :]) >> np.uint64(32)
        rows = mixed.min(axis=0).reshape(_BANDS, _ROWS)
        bands = (rows * np.array([1, 2654435761, 40503], np.uint64)).sum(axis=1, dtype=np.uint64)
        keys = bands * np.uint64(32) + np.arange(_BANDS, dtype=np.uint64)
    return tuple(int(key) for key in keys)
