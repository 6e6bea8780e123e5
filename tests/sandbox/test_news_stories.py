"""The press of the simulated market: the same for ever, and seeded to what shares do next."""

from collections import Counter
from datetime import date, time, timedelta

import numpy as np
import pytest
from rapidfuzz.fuzz import token_set_ratio
from scipy.stats import spearmanr

from ingestion.calendar import IST
from sandbox.market import Market
from sandbox.news import Story, stories
from sandbox.news.stories import _written_on
from sandbox.news.tone import session_of

FIRST, LAST = date(2024, 4, 1), date(2024, 6, 30)


@pytest.fixture(scope="module")
def quarter(small_market: Market) -> tuple[Story, ...]:
    return stories(small_market, FIRST, LAST)


def test_the_same_market_tells_the_same_stories(quarter: tuple[Story, ...]) -> None:
    _written_on.cache_clear()
    day = date(2024, 5, 17)
    one = Market.build(seed=5, securities=40, start=date(2024, 5, 1), end=date(2024, 6, 28))
    two = Market.build(seed=5, securities=40, start=date(2024, 5, 1), end=date(2024, 6, 28))
    assert stories(one, day, day) == stories(two, day, day) != ()
    other = Market.build(seed=6, securities=40, start=date(2024, 5, 1), end=date(2024, 6, 28))
    assert stories(other, day, day) != stories(one, day, day)


def test_a_day_reads_the_same_whatever_range_is_asked(
    small_market: Market, quarter: tuple[Story, ...]
) -> None:
    for day in (date(2024, 5, 3), date(2024, 5, 5), LAST):
        own = [story for story in quarter if story.published_at.astimezone(IST).date() == day]
        _written_on.cache_clear()
        assert stories(small_market, day, day) == tuple(own)
        assert own


def test_ids_and_addresses_are_unique_and_times_are_utc(quarter: tuple[Story, ...]) -> None:
    assert max(Counter(story.story_id for story in quarter).values()) == 1
    assert max(Counter(story.url for story in quarter).values()) == 1
    assert all(story.published_at.utcoffset() == timedelta(0) for story in quarter)
    assert [story.published_at for story in quarter] == sorted(s.published_at for s in quarter)
    assert all(-1 <= story.tone <= 1 for story in quarter)
    assert all(0 < share <= 1 for story in quarter for _, share in story.topics)


def test_the_tone_of_a_share_goes_before_its_next_session(
    small_market: Market, quarter: tuple[Story, ...]
) -> None:
    bars, numbers = small_market.bars, []
    for story in quarter:
        if story.kind != "company" or story.copy_of:
            continue
        published = story.published_at.astimezone(IST).replace(tzinfo=None)
        number, security = session_of(small_market, published) + 1, story.security_ids[0]
        if small_market.plan.traded[number, security]:
            move = np.log(bars.close[number, security] / bars.reference[number, security])
            numbers.append((story.tone, float(move)))
    assert len(numbers) > 500
    found = spearmanr(*zip(*numbers, strict=True))
    assert 0.3 < found.statistic < 0.8
    assert found.pvalue < 1e-10


def test_some_stories_are_told_again_within_two_days(quarter: tuple[Story, ...]) -> None:
    by_id = {story.story_id: story for story in quarter}
    pairs = [
        (by_id[story.copy_of], story)
        for story in quarter
        if story.copy_of and story.copy_of in by_id
    ]
    assert 0.1 < len(pairs) / len(quarter) < 0.3
    for original, again in pairs:
        assert timedelta(0) < again.published_at - original.published_at < timedelta(hours=48)
        assert again.publisher != original.publisher
        assert token_set_ratio(original.title, again.title) > 70
    assert any(original.title != again.title for original, again in pairs)
    assert any(original.title == again.title for original, again in pairs)


def test_news_also_comes_after_hours_and_on_closed_days(
    small_market: Market, quarter: tuple[Story, ...]
) -> None:
    moments = [story.published_at.astimezone(IST) for story in quarter]
    assert sum(moment.time() > time(15, 30) for moment in moments) > 100
    closed = [m for m in moments if not small_market.calendar.is_session(m.date())]
    assert len(closed) > 50
    assert any(m.time() < time(9, 15) for m in moments)


def test_events_of_the_market_make_the_news(small_market: Market) -> None:
    events = small_market.events_between(date(2023, 6, 1), date(2024, 11, 30))
    told = {type(event).__name__: event for event in events}
    for name, words in {"Dividend": "dividend", "Bonus": "bonus", "SymbolChange": "is now"}.items():
        event = told[name]
        about = [
            story
            for story in stories(small_market, event.date, event.date)
            if event.security_id in story.security_ids and words in story.title
        ]
        assert about, name


def test_titles_are_as_awkward_as_real_ones(quarter: tuple[Story, ...]) -> None:
    titles = " ".join(story.title for story in quarter)
    for sign in ("🚀", "शेयर", "“", "&", "₹"):
        assert sign in titles
