"""Google News about a share: the feed of a search, and its page where that is wanted.

Source: https://news.google.com/rss/search?q=…&hl=en-IN&gl=IN&ceid=IN:en and /search?q=…. Lands in
landing/source=india_news/dataset=google_feed/ and …/google_page/. Run alone: `investiq news`.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ingestion.http import HttpPolicy, get
from ingestion.news_tickers import Ticker
from ingestion.promotion.india_news import FEED_DATASET, GOOGLE_DATASET
from ingestion.sources.browser import Browser
from ingestion.sources.news_page import NewsFetch, Site, about, drawn, plain, refusal

_EDITION = {"hl": "en-IN", "gl": "IN", "ceid": "IN:en"}


@dataclass(frozen=True, slots=True)
class GoogleFeed:
    """The RSS feed, which needs no browser."""

    site: Site
    policy: HttpPolicy
    dataset: str = FEED_DATASET

    def fetch(self, ticker: Ticker) -> NewsFetch:
        """The feed of a search for the share; whether it is one is the caller's to judge.

        Raises:
            QuotaExceeded, Blocked, SourceError: with the reply in `evidence` where there was one.
        """
        reply = get(
            f"{self.site.url.rstrip('/')}/rss/search",
            headers={"Accept": "application/rss+xml, application/xml;q=0.9"},
            params={"q": ticker.query, **_EDITION},
            policy=self.policy,
            before_try=self.site.before_request,
        )
        fetched = replace(
            about(ticker, self.dataset, self.site.clock, ticker.query),
            content=reply.content,
            content_type=reply.content_type,
            http_status=reply.status,
            url=plain(reply.url),
        )
        if problem := refusal(reply.status):
            raise problem.with_evidence(fetched)
        return NewsFetch(fetched)


@dataclass(frozen=True, slots=True)
class GooglePage:
    """The page of the search, and the browser that draws it."""

    site: Site
    browser: Browser
    dataset: str = GOOGLE_DATASET

    def fetch(self, ticker: Ticker) -> NewsFetch:
        """The page of a search for the share; what is on it is the caller's to judge.

        Raises:
            QuotaExceeded, Blocked, SourceError: with the page in `evidence` where there was one.
        """
        query = urlencode({"q": ticker.query, **_EDITION})
        url = f"{self.site.url.rstrip('/')}/search?{query}"
        return drawn(self.site, self.browser, url, ticker, self.dataset, ticker.query)
