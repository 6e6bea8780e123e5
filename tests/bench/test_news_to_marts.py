"""How fast a day of landed news becomes marts, and what a headline costs in a growing corpus.

`make bench` prints seconds and ratios; on a shared machine only the ratios mean anything.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import Any

import duckdb
import numpy as np
import pytest

from ingestion.enrichment.clusters import Clusters, normalised
from ingestion.enrichment.leaders import Day
from ingestion.enrichment.sentiment import HeadlineSentiment
from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.objectstore import ObjectStore, s3_client
from sandbox.exchange.payload import row_of
from sandbox.market import Market
from sandbox.news import words

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
ARTICLES, HEADLINES, TICKERS = 2_000, 5_000, 50
SESSION = date(2025, 12, 1)
BUILD = ("build", "--resource-type", "seed", "--resource-type", "model")


def titles(generator: np.random.Generator, names: list[str], count: int) -> Iterator[str]:
    """Headlines as the simulated press words them; one in three repeats one of the last hundred."""
    templates = [text for row in (*words.COMPANY, *words.RESULTS) for text in row]
    told: list[str] = []
    for _ in range(count):
        if told and generator.random() < 0.33:
            yield words.reworded(generator, words.pick(generator, told[-100:]))
            continue
        figures = {
            "crore": int(generator.integers(50, 9000)),
            "pct": int(generator.integers(2, 80)),
            "quarter": int(generator.integers(1, 5)),
            "weekday": words.pick(generator, ["Monday", "Tuesday", "Friday"]),
        }
        name = words.pick(generator, names)
        told.append(words.pick(generator, templates).format(name=name, **figures))
        yield told[-1]


def land_a_day(store: ObjectStore, day: date, names: list[str], seed: int) -> None:
    """Two replies of a thousand articles and fifty feeds of a hundred headlines."""
    generator = np.random.default_rng(seed)
    noon = datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC)
    moments = (noon - timedelta(seconds=int(n)) for n in generator.integers(0, 80_000, 10**5))
    told = titles(generator, names, ARTICLES + HEADLINES)
    for part in range(ARTICLES // 1000):
        feed = [
            {
                "title": next(told),
                "url": f"https://globalyield.example/{day}/{part}/{n}",
                "time_published": f"{next(moments):%Y%m%dT%H%M%S}",
                "summary": "A summary of the usual length. " * 8,
                "source": "Global Yield",
                "overall_sentiment_score": 0.1,
                "topics": [{"topic": "Finance", "relevance_score": "0.7"}] * 3,
                "ticker_sentiment": [
                    {"ticker": t, "relevance_score": "0.4", "ticker_sentiment_score": "0.2"}
                    for t in ("INFY", "AAPL", "MSFT")
                ],
            }
            for n in range(1000)
        ]
        body = json.dumps({"items": "1000", "feed": feed}).encode()
        at = noon + timedelta(seconds=part)
        land(store, Fetched("alpha_vantage", "news", day, at, body, "application/json", 200))
    for ticker in range(TICKERS):
        items = "".join(
            f"<item><title>{escape(next(told))} - Mint</title>"
            f"<link>https://news.google.com/rss/articles/{day}-{ticker}-{n}</link>"
            f"<pubDate>{next(moments):%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
            '<source url="https://m.example">Mint</source></item>'
            for n in range(HEADLINES // TICKERS)
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()
        at = noon + timedelta(minutes=1, seconds=ticker)
        notes = {"ticker": f"S{ticker}", "query": "q"}
        kind = "application/rss+xml"
        land(store, Fetched("india_news", "google_feed", day, at, body, kind, notes=notes))


def test_a_day_of_news_to_marts(
    make_home: Callable[[str], Any], tell: Callable[..., None], calendar
):
    """On a home with a day of quotes; then the next days on top of what is there."""
    market = Market.build(
        securities=2500, start=date(2025, 7, 1), end=date(2025, 12, 31), calendar=calendar
    )
    names = [s.identities[-1].company_name for s in market.securities]
    home = make_home("news")
    store = ObjectStore(s3_client(), home.bucket)
    quotes = [row_of(quote) for quote in market.quotes_as_of(datetime(2025, 12, 1, 20))]
    at = datetime(2025, 12, 1, 14, 30, tzinfo=UTC)
    body = json.dumps(quotes).encode()
    land(store, Fetched("rapidapi", "quotes", SESSION, at, body, "application/json", 200))
    for prepare in (home.promote, home.load, lambda: home.dbt(*BUILD)):
        prepare()
    took = []
    for number in range(5):
        land_a_day(store, SESSION + timedelta(days=number), names, number)
        steps = {
            "promote": home.promote(),
            "enrich": home.enrich(),
            "load": home.load(),
            "dbt models": home.dbt(*BUILD),
        }
        took.append({name: run.seconds for name, run in steps.items()})
        tell(
            f"day {number + 1} of news: {ARTICLES} articles, {HEADLINES} headlines",
            **{f"{name} s": round(seconds, 1) for name, seconds in took[-1].items()},
            **{
                "seconds": round(sum(took[-1].values()), 1),
                "peak MB": round(max(run.peak_mb for run in steps.values())),
                "slowest models": home.slowest(6),
            },
        )
    with duckdb.connect(str(home.path), read_only=True) as con:
        [(news,)] = con.sql("select count(*) from marts.fct_news_articles").fetchall()
        [(mapped,)] = con.sql(
            "select count(distinct news_key) from marts.bridge_news_securities where is_counted"
        ).fetchall()
    assert news == 5 * (ARTICLES + HEADLINES)
    assert mapped / news > 0.9


@pytest.mark.parametrize("per_day", [5_000, 40_000], ids=["5,000 a day", "all within two days"])
def test_a_headline_costs_the_same_in_a_large_corpus(tell: Callable[..., None], per_day: int):
    """CPU per new headline, and how it grows when the corpus doubles: 1 is linear in the new."""
    names = [s.identities[-1].company_name for s in Market.build().securities]
    valence = HeadlineSentiment.default().analyzer.lexicon
    told = list(titles(np.random.default_rng(1), names, 41_000))
    days: dict[date, Day] = defaultdict(Day)
    clusters = Clusters(valence, days.__getitem__)
    start = datetime(2025, 1, 1)
    step = timedelta(days=1) / per_day
    figures, placed = {}, 0
    for corpus in (5_000, 10_000, 20_000, 40_000):
        while placed < corpus:
            _place(clusters, told[placed], placed, start + placed * step)
            placed += 1
        begun = time.process_time()
        for n in range(1_000):
            _place(clusters, told[corpus + n], placed + n, start + (placed + n) * step)
        figures[corpus] = (time.process_time() - begun) / 1_000 * 1e6
        placed += 1_000
    ratios = [
        round(figures[after] / figures[before], 2)
        for before, after in ((5_000, 10_000), (10_000, 20_000), (20_000, 40_000))
    ]
    tell(
        f"clustering, {per_day} headlines a day",
        **{f"µs per headline at {n}": round(value) for n, value in figures.items()},
        **{"growth per doubling": ratios},
    )
    if per_day == 5_000:
        assert figures[40_000] < 2 * figures[10_000]


def _place(clusters: Clusters, title: str, number: int, at: datetime) -> None:
    clusters.place(clusters.headline(f"{number:032x}", at, normalised(title)))
