"""Which headlines are the same story, on hand-made pairs and on the simulated press."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from ingestion.enrichment.clusters import Clusters, Placement, normalised
from ingestion.enrichment.leaders import Day
from ingestion.enrichment.sentiment import HeadlineSentiment
from sandbox.market import Market
from sandbox.news import stories

NOON = datetime(2025, 9, 1, 12)
SAME = [
    (
        "Infosys Q2 profit rises 11%, beats estimates",
        "Infosys Q2 net profit rises 11%, beats estimate",
    ),
    (
        "HDFC Bank shares fall 3% after results",
        "HDFC Bank stock falls 3% after results",
    ),
    (
        "SEBI issues notice to Zee promoters - Mint",
        "SEBI issues notice to Zee promoters | The Hindu",
    ),
    (
        "L&T bags Rs 7,000 crore order",
        "L&T bags ₹7000 crore order",
    ),
    (
        "Sensex, Nifty end flat in choppy trade",
        "Sensex and Nifty end flat in choppy trade: details",
    ),
    (
        "Tata Motors\N{RIGHT SINGLE QUOTATION MARK} sales up 12% in May",
        "TATA MOTORS SALES UP 12% IN MAY",
    ),
    (
        "Zomato jumps 8% on record volumes",
        "Zomato jumped 8% on record volumes",
    ),
]
APART = [
    (
        "HDFC Bank Q4 profit rises 12%, beats estimates",
        "ICICI Bank Q4 profit rises 12%, beats estimates",
    ),
    (
        "Infosys Q2 profit rises 11%, beats estimates",
        "Infosys Q3 profit rises 11%, beats estimates",
    ),
    (
        "TCS shares rise 3% in early trade",
        "TCS shares fall 3% in early trade",
    ),
    (
        "Brokerage raises target price of Trent to Rs 700",
        "Brokerage raises target price of Titan to Rs 700",
    ),
    (
        "Wipro to buy back shares worth Rs 9,500 crore",
        "Wipro to buy back shares worth Rs 12,000 crore",
    ),
    (
        "Gold rate today in Mumbai",
        "Silver futures touch new peak",
    ),
    (
        "Nifty ends above 25,000",
        "Nifty ends above 26,000",
    ),
]


@pytest.fixture(scope="module")
def valence() -> dict[str, float]:
    return HeadlineSentiment.default().analyzer.lexicon


def clustered(valence, *headlines: tuple[str, datetime, str]) -> list[Placement]:
    clusters = Clusters(valence, defaultdict(Day).__getitem__)
    return [clusters.place(clusters.headline(*headline)) for headline in headlines]


def headline(key: str, title: str, at: datetime = NOON) -> tuple[str, datetime, str]:
    return key, at, normalised(title)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_reworded_headline_joins_its_leader(valence, one, other):
    first, second = clustered(valence, headline("a", one), headline("b", other))
    assert (first.cluster_key, first.method) == ("a", "leader")
    assert second.cluster_key == "a"


@pytest.mark.parametrize(("one", "other"), APART)
def test_headlines_that_only_look_alike_stay_apart(valence, one, other):
    assert [p.method for p in clustered(valence, headline("a", one), headline("b", other))] == [
        "leader",
        "leader",
    ]


def test_the_same_text_after_more_than_48_hours_is_another_story(valence):
    text = "Stocks to watch today"
    late = NOON + timedelta(hours=48)
    inside, outside = headline("b", text, late), headline("c", text, late + timedelta(seconds=1))
    placed = clustered(valence, headline("a", text), inside, outside)
    assert [place.cluster_key for place in placed] == ["a", "a", "c"]


def test_a_key_keeps_its_cluster_when_its_title_is_changed(valence):
    placed = clustered(
        valence,
        headline("a", "Infosys falls 3%"),
        headline("b", "Infosys falls by 3%"),
        headline("b", "An altogether different matter"),
    )
    assert [place.cluster_key for place in placed] == ["a", "a", "a"]
    assert placed[2].method == "same_key"


def test_the_name_of_the_publisher_is_no_part_of_a_headline():
    assert normalised("Infosys falls - The Economic Times") == "infosys falls"
    assert normalised("Infosys falls - Mint", "Mint") == "infosys falls"
    assert normalised("A - B deal signed", "Mint") == "a b deal signed"
    assert (
        normalised("  M&M\N{RIGHT SINGLE QUOTATION MARK}s  Q1:  ₹1,200 cr ") == "m and m q1 1200 cr"
    )


def test_the_copies_in_the_simulated_press_are_found_and_little_else(market: Market, valence):
    """What the threshold was chosen on: recall of copies, and joins of other shares."""
    told = {story.story_id: story for story in stories(market, date(2025, 9, 1), date(2025, 9, 20))}
    ordered = sorted(told.values(), key=lambda story: (story.published_at, story.story_id))
    placed = dict(
        zip(
            [story.story_id for story in ordered],
            clustered(
                valence,
                *(
                    headline(s.story_id, s.title, s.published_at.replace(tzinfo=None))
                    for s in ordered
                ),
            ),
            strict=True,
        )
    )
    copies = [story for story in ordered if story.copy_of in told]
    found = sum(
        placed[story.story_id].cluster_key == placed[story.copy_of].cluster_key
        for story in copies
        if story.copy_of
    )
    strangers = [
        (told[key].title, told[place.cluster_key].title)
        for key, place in placed.items()
        if told[key].kind == "company"
        and told[key].security_ids[:1] != told[place.cluster_key].security_ids[:1]
    ]
    assert found / len(copies) > 0.9
    assert strangers == []
