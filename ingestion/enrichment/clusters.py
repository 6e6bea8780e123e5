"""Near-duplicates: the same story by another publisher, or a headline that was reworded.

    clusters = Clusters(valence, day_of)
    clusters.place(clusters.headline("k1", moment, normalised("Infosys falls 3%")))

Leader clustering in the order of arrival: a headline joins the most similar leader within 48 hours,
or becomes one. Which leaders are compared, `leaders.py` says, so that a headline costs the same
however many there are. Similar letters are not enough: two headlines stay apart when they differ in
a number, in a name on both sides, or in the direction of the words that differ.
The same input in the same order gives the same clusters; `VERSION` changes with the rules.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from rapidfuzz import fuzz, process

from ingestion.enrichment.leaders import STOP, Day, Headline, common_words, sorted_words

VERSION = "clusters-1"
WINDOW = timedelta(hours=48)
THRESHOLD = 74.0  # measured on pairs: see tests/ingestion/enrichment/test_clusters.py
_ENDINGS = frozenset(["", "s", "es", "d", "ed", "ing", "e", "er", "y", "ies", "ied"])
_DASHES = "-|\N{EN DASH}\N{EM DASH}"
_NAME_AT_END = re.compile(rf"\s+[{_DASHES}]\s+[^{_DASHES}]{{2,40}}$")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a headline belongs: its leader's key; similarity from 0 to 1; how it was found.

    `method` is leader, same_key, same_text or similar.
    """

    cluster_key: str
    similarity: float
    method: str


class Clusters:
    """Places headlines one after the other; the days around each are given by `day_of`."""

    def __init__(self, valence: Mapping[str, float], day_of: Callable[[date], Day]) -> None:
        """`valence`: the tone of words; `day_of`: what is known of a day (UTC) of publication."""
        self._valence = valence
        self._day_of = day_of

    def headline(self, news_key: str, published_at: datetime, text: str) -> Headline:
        """A headline with the names in its text (`normalised`)."""
        return Headline(news_key, published_at, text, frozenset(self._names(text.split())))

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
            if not self.apart(headline, leader):
                found_here = (-score, leader.published_at, leader.news_key)
                best = min(best, found_here) if best else found_here
        if best:
            return Placement(best[2], round(-best[0] / 100, 4), "similar")
        return Placement(headline.news_key, 1.0, "leader")

    def _similar(self, headline: Headline, days: list[Day]) -> list[tuple[Headline, float]]:
        near, texts = [], []
        for day in days:
            for number in day.alike(headline):
                if _near(day.leaders[number], headline):
                    near.append(day.leaders[number])
                    texts.append(day.sorted_texts[number])
        found = process.extract(
            sorted_words(headline.text),
            texts,
            scorer=fuzz.ratio,
            processor=None,
            score_cutoff=THRESHOLD,
            limit=None,
        )
        return [(near[place], score) for _, score, place in found]

    def apart(self, one: Headline, other: Headline) -> bool:
        """Whether two similar headlines are about different things all the same."""
        here, there = set(one.text.split()), set(other.text.split())
        ours, theirs = here - there - STOP, there - here - STOP
        names = (one.names & ours, other.names & theirs)
        if all(names) and _unpaired(names[0], theirs) and _unpaired(names[1], ours):
            return True
        if any(map(_has_digit, ours)) and any(map(_has_digit, theirs)):
            return True
        tones = [sum(self._valence.get(word, 0.0) for word in side) for side in (ours, theirs)]
        return tones[0] * tones[1] < 0

    def _names(self, words: Iterable[str]) -> set[str]:
        """The words that may be names: not common, without a tone, no numbers."""
        return {
            word
            for word in words
            if word not in self._valence
            and word not in STOP
            and word not in common_words()
            and not _has_digit(word)
        }


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


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _unpaired(names: Iterable[str], others: Iterable[str]) -> bool:
    """Whether one of the names is no other form of a word among the others."""
    return any(not any(_same_stem(name, word) for word in others) for name in names)


def _same_stem(one: str, other: str) -> bool:
    """Whether two words differ in their ending only: "jumped" and "jumps"."""
    if one[:4] != other[:4]:
        return False
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
    return shared >= 4 and {one[shared:], other[shared:]} <= _ENDINGS


def _near(leader: Headline, headline: Headline) -> bool:
    return abs(leader.published_at - headline.published_at) <= WINDOW
