"""Alpha Vantage's NEWS_SENTIMENT, errors included: they come with status 200.

Source: https://www.alphavantage.co/query. Scores within an article are text, the overall one is a
number; times are UTC; topics and tickers that stand in one request must all be met.
"""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import crc32

import numpy as np

from ingestion.calendar import IST
from sandbox.exchange.clock import Clock
from sandbox.exchange.gate import Quota
from sandbox.exchange.routing import Reply, Request, World
from sandbox.market import Market
from sandbox.news import Story, stories

PATH = "/query"
TOPICS = {
    "blockchain": "Blockchain",
    "earnings": "Earnings",
    "ipo": "IPO",
    "mergers_and_acquisitions": "Mergers & Acquisitions",
    "financial_markets": "Financial Markets",
    "economy_fiscal": "Economy - Fiscal",
    "economy_monetary": "Economy - Monetary",
    "economy_macro": "Economy - Macro",
    "energy_transportation": "Energy & Transportation",
    "finance": "Finance",
    "life_sciences": "Life Sciences",
    "manufacturing": "Manufacturing",
    "real_estate": "Real Estate & Construction",
    "retail_wholesale": "Retail & Wholesale",
    "technology": "Technology",
}
INVALID_KEY = (
    "the parameter apikey is invalid or missing. Please claim your free API key on "
    "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
)
DAILY = (
    "We have detected your API key as {key} and our standard API rate limit is {per_day} requests "
    "per day. Please subscribe to any of the premium plans at "
    "https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
)
BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more "
    "sparingly (1 request per second)."
)
NOTE = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and "
    "500 calls per day."
)
INVALID_INPUTS = (
    "Invalid inputs. Please refer to the API documentation "
    "https://www.alphavantage.co/documentation#newsapi and try again."
)
NO_ARTICLES = (
    "No articles found. Please adjust the time range or refer to the API documentation "
    "https://www.alphavantage.co/documentation#newsapi"
)
_SENTIMENT_DEFINITION = (
    "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: Neutral; "
    "0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish"
)
_RELEVANCE_DEFINITION = "0 < x <= 1, with a higher score indicating higher relevance."
_MINUTE, _STAMP = "%Y%m%dT%H%M", "%Y%m%dT%H%M%S"
_DEFAULT_LIMIT, _MOST = 50, 1000
_LOOK_BACK = timedelta(days=30)  # how far an open window is looked through
_WRITERS = ("Asha Venkat", "Rohan Mistry", "Staff Writer", "Leela D'Cruz", "Arjun Sen")
_CATEGORIES = ("n/a", "n/a", "n/a", "GoogleRSS", "Markets", "Top News")
_FOREIGN = ("QZRN", "VLXT", "ORBK")


class KeyDesk:
    """Who may ask, and how often: per key, by the day of the simulated clock and real seconds."""

    def __init__(self, clock: Clock, quota: Quota | None = None) -> None:
        self.quota = quota or Quota()
        self.valid_keys: frozenset[str] | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[tuple[str, date], int] = {}
        self._recent: dict[str, deque[float]] = {}

    def refusal(self, key: str) -> dict[str, str] | None:
        """What turns a request away; None when it may pass, which counts it."""
        if not key or (self.valid_keys is not None and key not in self.valid_keys):
            return {"Error Message": INVALID_KEY}
        with self._lock:
            recent, now = self._recent.setdefault(key, deque()), time.monotonic()
            while recent and now - recent[0] >= 1.0:
                recent.popleft()
            if len(recent) >= self.quota.per_second:
                return {"Information": BURST}
            today = (key, self._clock.now().date())
            if self._used.get(today, 0) >= self.quota.per_day:
                return {"Information": DAILY.format(key=key, per_day=self.quota.per_day)}
            recent.append(now)
            self._used[today] = self._used.get(today, 0) + 1
            return None


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of a request; times UTC, both ends included."""

    topics: frozenset[str]
    tickers: frozenset[str]
    first: datetime
    last: datetime
    latest_first: bool
    limit: int


class AlphaVantage:
    """Answers with the stories of the market's press that had appeared at the moment."""

    def __init__(self, world: World, desk: KeyDesk) -> None:
        self._world = world
        self._desk = desk

    def owns(self, path: str) -> bool:
        """The one path of the real API."""
        return path == PATH

    def answer(self, request: Request) -> Reply:
        """Articles, or what the API says instead of them; the status is 200 in any case."""
        if refusal := self._desk.refusal(request.query.get("apikey", "")):
            return _reply(refusal)
        function = request.query.get("function", "")
        if function != "NEWS_SENTIMENT":
            return _reply({"Error Message": f"This API function ({function}) does not exist."})
        try:
            asked = _asked(request, self._world.clock.now().replace(tzinfo=IST))
        except (KeyError, ValueError):
            return _reply({"Information": INVALID_INPUTS})
        feed = [
            article
            for article in map(self._article, self._appeared(asked))
            if asked.topics <= {item["topic"] for item in article["topics"]}
            and asked.tickers <= {item["ticker"] for item in article["ticker_sentiment"]}
        ]
        if asked.latest_first:
            feed.reverse()
        feed = feed[: asked.limit]
        if not feed:
            return _reply({"Information": NO_ARTICLES})
        return _reply(
            {
                "items": str(len(feed)),
                "sentiment_score_definition": _SENTIMENT_DEFINITION,
                "relevance_score_definition": _RELEVANCE_DEFINITION,
                "feed": feed,
            }
        )

    def _appeared(self, asked: _Asked) -> list[Story]:
        days = (asked.first.astimezone(IST).date(), asked.last.astimezone(IST).date())
        return [
            story
            for story in stories(self._world.market, *days)
            if asked.first <= story.published_at <= asked.last
        ]

    def _article(self, story: Story) -> dict[str, Any]:
        """The story with the scores of a model that reads its tone well, but not perfectly."""
        generator = np.random.default_rng(crc32(story.story_id.encode()))
        score = _near(generator, 0.5 * story.tone)
        return {
            "title": story.title,
            "url": story.url,
            "time_published": story.published_at.strftime(_STAMP),
            "authors": [_one_of(generator, _WRITERS)] if generator.random() < 0.8 else [],
            "summary": story.summary,
            "banner_image": (
                None
                if generator.random() < 0.1
                else f"https://img.{story.publisher_domain}/{story.story_id}.jpg"
            ),
            "source": story.publisher,
            "category_within_source": _one_of(generator, _CATEGORIES),
            "source_domain": f"www.{story.publisher_domain}",
            "topics": [
                {"topic": topic, "relevance_score": str(share)} for topic, share in story.topics
            ],
            "overall_sentiment_score": score,
            "overall_sentiment_label": label_of(score),
            "ticker_sentiment": list(_tickers(generator, self._world.market, story, score)),
        }


def ticker_of(market: Market, security_id: int, day: date) -> str | None:
    """What Alpha Vantage calls a share: some as in America, by the symbol alone; None: unlisted."""
    identity = market.identity_on(security_id, day)
    if identity is None:
        return None
    return identity.symbol if security_id % 5 == 0 else f"NSE:{identity.symbol}"


def label_of(score: float) -> str:
    """The API's own words for a score."""
    for edge, label in ((-0.35, "Bearish"), (-0.15, "Somewhat-Bearish")):
        if score <= edge:
            return label
    for edge, label in ((0.15, "Neutral"), (0.35, "Somewhat-Bullish")):
        if score < edge:
            return label
    return "Bullish"


def _tickers(
    generator: np.random.Generator, market: Market, story: Story, score: float
) -> list[dict[str, str]]:
    """The shares of a story, the first the most relevant; now and then the model finds none."""
    day = story.published_at.astimezone(IST).date()
    names = [ticker_of(market, security, day) for security in story.security_ids]
    found = [name for name in names if name] if generator.random() > 0.08 else []
    if story.kind == "market":
        found += ["FOREX:INR"] if "Rupee" in story.title or generator.random() < 0.2 else []
        found += ["CRYPTO:BTC"] if generator.random() < 0.1 else []
    elif generator.random() < 0.1:
        found.append(_one_of(generator, _FOREIGN))
    rows = []
    for place, ticker in enumerate(found):
        relevance = generator.uniform(0.3, 0.98) if place == 0 else generator.uniform(0.03, 0.3)
        own = _near(generator, score)
        rows.append(
            {
                "ticker": ticker,
                "relevance_score": f"{relevance:.6f}",
                "ticker_sentiment_score": str(own),
                "ticker_sentiment_label": label_of(own),
            }
        )
    return rows


def _asked(request: Request, now: datetime) -> _Asked:
    query = request.query
    last = min(_time(query["time_to"]) if query.get("time_to") else now, now)
    first = _time(query["time_from"]) if query.get("time_from") else last - _LOOK_BACK
    limit = int(query.get("limit") or _DEFAULT_LIMIT)
    sort = query.get("sort") or "LATEST"
    if not 1 <= limit <= _MOST or sort not in ("LATEST", "EARLIEST", "RELEVANCE") or first > last:
        raise ValueError("outside of what the API takes")
    return _Asked(
        topics=frozenset(TOPICS[name.strip()] for name in _list(query.get("topics"))),
        tickers=frozenset(name.strip() for name in _list(query.get("tickers"))),
        first=first,
        last=last,
        latest_first=sort == "LATEST",
        limit=limit,
    )


def _list(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name.strip()]


def _time(text: str) -> datetime:
    """A minute as the API takes it, with or without seconds."""
    form = _STAMP if len(text) > len("20240428T1318") else _MINUTE
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def _near(generator: np.random.Generator, value: float) -> float:
    return round(float(np.clip(value + generator.normal(0.0, 0.06), -1.0, 1.0)), 6)


def _one_of(generator: np.random.Generator, texts: tuple[str, ...]) -> str:
    return texts[int(generator.integers(len(texts)))]


def _reply(value: dict[str, Any]) -> Reply:
    """Indented, as the real API writes, letters of other scripts as they are."""
    text = json.dumps(value, indent=4, ensure_ascii=False)
    return Reply(200, text.encode(), {"Content-Type": "application/json"})
