"""The tone of headlines, measured on labels, and how terms are read."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingestion.enrichment.sentiment import MODEL, SEED, HeadlineSentiment
from ingestion.errors import ConfigurationError
from ingestion.settings import project_root

LABELLED = project_root() / "dbt_project" / "seeds" / "news_labelled_headlines.csv"
HEADER = "term,valence,term_group,reason\n"


@pytest.fixture(scope="module")
def ours() -> HeadlineSentiment:
    return HeadlineSentiment.default()


@pytest.fixture(scope="module")
def labelled() -> list[dict[str, str]]:
    with LABELLED.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def accuracy(rows: list[dict[str, str]], label_of) -> float:
    return sum(label_of(row["headline"]) == row["label"] for row in rows) / len(rows)


def plain_vader(cut: float):
    """VADER as it comes, at its own cut point or at ours."""
    analyzer = SentimentIntensityAnalyzer()

    def label_of(headline: str) -> str:
        compound = analyzer.polarity_scores(headline)["compound"]
        if compound >= cut:
            return "positive"
        return "negative" if compound <= -cut else "neutral"

    return label_of


def test_the_labelled_set_is_large_varied_and_of_our_own(labelled):
    assert len(labelled) >= 300
    assert len({row["headline"] for row in labelled}) == len(labelled)
    counted = Counter((row["split"], row["label"]) for row in labelled)
    assert min(counted.values()) >= 15
    assert set(counted) == {
        (split, label)
        for split in ("dev", "held_out")
        for label in ("positive", "negative", "neutral")
    }


def test_our_terms_beat_plain_vader_on_headlines_they_were_not_made_with(labelled, ours):
    """The terms were written with `dev` only; `held_out` was written after them and left alone."""
    held_out = [row for row in labelled if row["split"] == "held_out"]
    own = accuracy(held_out, lambda headline: ours.score(headline).label)
    plain = max(accuracy(held_out, plain_vader(cut)) for cut in (0.05, 0.15))
    assert own >= 0.65
    assert own >= plain + 0.15


def test_a_wrong_direction_is_rare(labelled, ours):
    """Where ours errs, it mostly hears nothing: good taken for bad, or bad for good, is rare."""
    held_out = [row for row in labelled if row["split"] == "held_out"]
    opposite = sum(
        {row["label"], ours.score(row["headline"]).label} == {"positive", "negative"}
        for row in held_out
    )
    assert opposite / len(held_out) <= 0.07


@pytest.mark.parametrize(
    ("headline", "label"),
    [
        ("Trent hits upper circuit", "positive"),
        ("Trent hits lower circuit", "negative"),
        ("Vodafone Idea loss narrows", "positive"),
        ("Vodafone Idea loss widens", "negative"),
        ("ITC not hit by cigarette tax", "positive"),
        ("SEBI notice to promoters", "negative"),
        ("Promoter pledge rises to 99% of holding", "negative"),
        ("Tata Technologies lists at 140% premium", "positive"),
        ("HDFC Bank shares: record date for dividend", "neutral"),
        ("Crude oil in focus today", "neutral"),
        ("", "neutral"),
        ("टाटा मोटर्स 🚗", "neutral"),
    ],
)
def test_words_of_the_indian_market(ours, headline, label):
    assert ours.score(headline).label == label


def test_what_scored_a_headline_can_be_told_from_its_version(ours, tmp_path):
    same = HeadlineSentiment.from_csv(project_root() / SEED)
    other = tmp_path / "terms.csv"
    other.write_text(HEADER + "moonshot,3,price move,\n", encoding="utf-8")
    assert same.version == ours.version
    assert ours.version.startswith("3.3.2+")
    assert HeadlineSentiment.from_csv(other).version != ours.version
    assert MODEL == "vader+terms"


def test_a_term_of_several_words_counts_as_one_and_a_star_leaves_room(tmp_path: Path):
    file = tmp_path / "terms.csv"
    file.write_text(HEADER + "lists at * premium,3,x,y\npremium,-3,x,y\nlike,0,x,y\n")
    scorer = HeadlineSentiment.from_csv(file)
    assert scorer.score("Firm lists at 40% premium").compound > 0.5
    assert scorer.score("Firm pays premium").compound < -0.5
    assert scorer.score("like").compound == 0


@pytest.mark.parametrize("line", ["soars,9,x,y", "soars,much,x,y", ",1,x,y", "up,1,x,y\nUP,2,x,y"])
def test_a_line_that_is_no_term_is_named(tmp_path: Path, line: str):
    file = tmp_path / "terms.csv"
    file.write_text(HEADER + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"Line \d of terms.csv .* Mend it"):
        HeadlineSentiment.from_csv(file)


def test_the_readme_tells_how_well_the_tone_is_heard(labelled, ours):
    """The figures are those of the terms as they stand: other terms are other figures."""
    held_out = [row for row in labelled if row["split"] == "held_out"]
    order = ("positive", "neutral", "negative")
    heard = Counter((row["label"], ours.score(row["headline"]).label) for row in held_out)
    confusion = "; ".join(
        f"{label} {', '.join(str(heard[label, said]) for said in order)}" for label in order
    )
    right = accuracy(held_out, lambda headline: ours.score(headline).label)
    plain = accuracy(held_out, plain_vader(0.05))
    readme = (project_root() / "README.md").read_text(encoding="utf-8")
    assert confusion in readme
    assert f"{right:.0%} right against {plain:.0%}".replace("%", " %") in readme
