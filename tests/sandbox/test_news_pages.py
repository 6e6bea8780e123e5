"""The simulated news sites answer as the real ones do, and change their layout when asked."""

from datetime import datetime, timedelta

import feedparser
import pytest
import requests

from sandbox.exchange import Exchange
from sandbox.exchange.press import largest, rows_of

NOW = datetime(2025, 10, 16, 20, 0)


@pytest.fixture(scope="module")
def site(market):
    with Exchange(market, now=NOW) as server:
        yield server


@pytest.fixture
def symbol(market):
    return largest(market, NOW.date(), 1).split("=")[0]


def test_the_rest_of_a_page_comes_piece_by_piece(site, market, symbol):
    url = f"{site.url}/quote/{symbol}.NS/news/"
    page = requests.get(url, timeout=10).text
    assert page.count("<section") == 12
    found, following = 12, "more?offset=12&layout=storyitem"
    assert following.replace("&", "&amp;") in page
    while following:
        part = requests.get(url + following, timeout=10).json()
        found, following = found + part["html"].count("<section"), part["next"]
    assert found == len(rows_of(market, 0, NOW))


def test_offers_related_rows_and_an_empty_one_stand_between_the_stories(market):
    kinds = {row.kind for row in rows_of(market, 0, NOW)}
    assert kinds == {"story", "advert", "related", "heading", "empty"}


def test_a_layout_is_scripted_over_http_like_any_fault(site, symbol):
    path = f"/quote/{symbol}.NS/news/"
    fault = {"path": path, "fault": "page_layout", "options": {"layout": "unknown"}}
    assert requests.post(f"{site.url}/_sandbox/faults", json=fault, timeout=10).status_code == 201
    assert "storyitem" not in requests.get(site.url + path, timeout=10).text.split("<script>")[0]
    assert "storyitem" in requests.get(site.url + path, timeout=10).text
    assert requests.get(f"{site.url}/quote/NOBODY.NS/news/", timeout=10).status_code == 404


def test_the_feed_has_the_habits_of_google_news(site, market):
    name = largest(market, NOW.date(), 1).split("=")[1]

    def entries(moment):
        site.set_clock(moment)
        reply = requests.get(f"{site.url}/rss/search", params={"q": f'"{name}" stock'}, timeout=10)
        return {entry.source.title + entry.title: entry for entry in feedparser.parse(
            reply.content).entries}  # fmt: skip

    now, later = entries(NOW), entries(NOW + timedelta(days=2))
    assert len(now) > 10
    for entry in now.values():
        assert entry.title.endswith(f" - {entry.source.title}")
        assert entry.link == f"https://news.google.com/rss/articles/{entry.id}?oc=5"
        assert entry.id.startswith("CBMi")
        assert entry.published.endswith(" GMT")
        assert not entry.guidislink
    both = now.keys() & later.keys()
    assert both
    assert any(now[title].id != later[title].id for title in both)  # and some keep theirs
    assert any(now[title].id == later[title].id for title in both)
    site.set_clock(NOW)
