"""The tone of a headline: VADER, with the words of the Indian market from a dbt seed.

    HeadlineSentiment.default().score("Trent hits upper circuit") -> Tone(compound=0.5, ...)

VADER's own lexicon knows tweets: there "shares" is kind, "crude" rude, "pledge" means nothing.
The seed `dbt_project/seeds/news_sentiment_terms.csv` (term, valence, term_group, reason) overrules
it. A term of several words counts as one; `*` in it stands for up to three words; a valence of 0
takes a word out. What was measured on headlines with known labels is in the README.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingestion.errors import ConfigurationError
from ingestion.objectstore import sha256
from ingestion.settings import project_root

SEED = Path("dbt_project/seeds/news_sentiment_terms.csv")
MODEL = "vader+terms"
POSITIVE_FROM = 0.15  # the cut points of Alpha Vantage, so that both feeds speak alike
NEGATIVE_FROM = -0.15
_GAP = r"(?:\W+[\w.%&'-]+){0,3}?\W+"
_WORD = re.compile(r"\w+")
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True, slots=True)
class Tone:
    """What VADER says of a text: `compound` in [-1, 1], and the share of each tone in it."""

    compound: float
    positive: float
    neutral: float
    negative: float

    @property
    def label(self) -> str:
        """positive, negative or neutral by the cut points of the marts."""
        if self.compound >= POSITIVE_FROM:
            return "positive"
        return "negative" if self.compound <= NEGATIVE_FROM else "neutral"


@dataclass(frozen=True, slots=True)
class HeadlineSentiment:
    """VADER with a list of terms; `version` names both."""

    analyzer: SentimentIntensityAnalyzer
    phrases: Mapping[str, tuple[re.Pattern[str], tuple[str, ...]]]  # by their first word
    version: str

    @classmethod
    def default(cls) -> "HeadlineSentiment":
        """The project's own list."""
        return _default()

    @classmethod
    def from_csv(cls, path: Path) -> "HeadlineSentiment":
        """VADER with the terms of one file.

        Raises:
            ConfigurationError: a line is no term with a valence between -4 and 4.
        """
        content = path.read_bytes()
        terms = _read_terms(path, content.decode("utf-8"))
        analyzer = SentimentIntensityAnalyzer()
        phrases = sorted((term for term in terms if " " in term), key=lambda t: (-len(t), t))
        for term, valence in terms.items():
            name = _joined(term)
            analyzer.lexicon.pop(name, None)
            if valence:
                analyzer.lexicon[name] = valence
        return cls(
            analyzer=analyzer,
            phrases={
                first: (_pattern(terms), tuple(map(_joined, terms)))
                for first, terms in _by_first_word(phrases).items()
            },
            version=f"{version('vaderSentiment')}+{sha256(content)[:12]}",
        )

    def score(self, text: str) -> Tone:
        """The tone of one headline."""
        scores = self.analyzer.polarity_scores(self._joined_up(text.replace(_APOSTROPHE, "'")))
        return Tone(scores["compound"], scores["pos"], scores["neu"], scores["neg"])

    def _joined_up(self, text: str) -> str:
        """The text with each term of several words as one word."""
        parts, done = [], 0
        for word in _WORD.finditer(text):
            known = self.phrases.get(word[0].lower())
            if word.start() < done or known is None:
                continue
            if found := known[0].match(text, word.start()):
                parts += [text[done : word.start()], f" {known[1][(found.lastindex or 1) - 1]} "]
                done = found.end()
        return "".join([*parts, text[done:]])


@cache
def _default() -> HeadlineSentiment:
    return HeadlineSentiment.from_csv(project_root() / SEED)


def _read_terms(path: Path, text: str) -> dict[str, float]:
    terms: dict[str, float] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            term, valence = " ".join(row["term"].lower().split()), float(row["valence"])
            if not term or not -4 <= valence <= 4 or term in terms:
                raise ValueError(term)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ConfigurationError(
                f"Line {number} of {path.name} is no new term with a valence between -4 and 4. "
                "Mend it: the columns are term, valence, term_group, reason."
            ) from None
        terms[term] = valence
    return terms


def _joined(term: str) -> str:
    return re.sub(r"[\s*]+", "_", term)


def _by_first_word(phrases: list[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for phrase in phrases:
        first = _WORD.search(phrase)
        assert first is not None
        grouped.setdefault(first[0], []).append(phrase)
    return grouped


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    """One alternative per term, the longest first; which one matched, its group says."""
    words = (
        _GAP.join(r"\W+".join(map(re.escape, part.split())) for part in phrase.split("*"))
        for phrase in phrases
    )
    return re.compile(r"(?:" + "|".join(f"({one})" for one in words) + r")(?!\w)", re.I)
