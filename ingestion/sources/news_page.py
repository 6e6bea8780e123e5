"""What both news sites have in common: one page of one share, drawn by the browser."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from ingestion.calendar import IST
from ingestion.errors import Blocked, QuotaExceeded, SchemaDrift, SourceError
from ingestion.fetched import Fetched
from ingestion.news_tickers import Ticker
from ingestion.promotion.india_news import PAGES, SOURCE
from ingestion.redaction import redact
from ingestion.sources.browser import Browser

_REFUSED = frozenset({401, 403, 407, 451, 999})


@dataclass(frozen=True, slots=True)
class NewsFetch:
    """What came of one share.

    Attributes:
        ended: complete, scroll_limit or deadline: why no more was waited for.
        picture: a PNG, only of a page on which no selector found a headline.
    """

    fetched: Fetched
    ended: str = "complete"
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Site:
    """How a site is asked: in its own pace, by the clock of the run."""

    url: str
    before_request: Callable[[], None]
    clock: Callable[[], datetime]
    max_bytes: int


def about(ticker: Ticker, dataset: str, clock: Callable[[], datetime], query: str = "") -> Fetched:
    """What was asked and when it came: promotion reads the ticker in its notes."""
    now = clock()
    return Fetched(
        source=SOURCE,
        dataset=dataset,
        trade_date=now.astimezone(IST).date(),
        fetched_at=now,
        content=b"",
        content_type="text/html; charset=utf-8",
        notes={"ticker": ticker.symbol, **({"query": query} if query else {})},
    )


def drawn(
    site: Site, browser: Browser, url: str, ticker: Ticker, dataset: str, query: str = ""
) -> NewsFetch:
    """The page as it stood in the end.

    Raises:
        QuotaExceeded, Blocked, SourceError: with the page in `evidence` where there was one.
    """
    page = browser.render(url, PAGES[dataset], site.before_request)
    asked = about(ticker, dataset, site.clock, query)  # "2 minutes ago" counts from the end
    content = page.html.encode("utf-8", "replace")
    fetched = replace(asked, content=content, http_status=page.status or None, url=plain(url))
    if len(content) > site.max_bytes:
        raise SchemaDrift(
            f"The page is larger than {site.max_bytes} bytes. Lower INVESTIQ_NEWS_SCROLL_LIMIT, or "
            "raise INVESTIQ_MAX_BODY_BYTES."
        )
    if problem := refusal(page.status or 200):
        raise problem.with_evidence(fetched)
    return NewsFetch(fetched, page.ended, page.picture)


def plain(url: str) -> str:
    """The URL as it may be recorded: without the name and password that a proxy may ask for."""
    parts = urlsplit(url)
    return redact(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))


def refusal(status: int) -> SourceError | None:
    """What an HTTP status other than 200 means for a run that must stay polite."""
    if status == 200:
        return None
    if status == 429:
        return QuotaExceeded(
            "The site says that we ask too much (HTTP 429). Run the command again in some hours, "
            "or lower INVESTIQ_NEWS_REQUESTS_PER_SECOND."
        )
    if status in _REFUSED or 300 <= status < 400:
        return Blocked(
            f"The site refuses us (HTTP {status}). Look at its terms, try again in a day, or set "
            "INVESTIQ_NEWS_SOURCES to the sites that answer."
        )
    return SourceError(
        f"The site answers HTTP {status}. Check the symbol, or run the command again later."
    )
