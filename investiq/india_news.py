"""The sites of Indian news as the settings choose them: one browser for all, a pace for each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ingestion.errors import ConfigurationError, NoBrowser
from ingestion.http import HttpPolicy
from ingestion.ingest_india_news import NewsSource
from ingestion.limits import Quota, quota_guard
from ingestion.promotion.india_news import GOOGLE_DATASET, YAHOO_DATASET
from ingestion.promotion.selectors import GOOGLE, YAHOO
from ingestion.sources.browser import Browser
from ingestion.sources.google_news import GoogleFeed, GooglePage
from ingestion.sources.news_page import Site
from ingestion.sources.yahoo_news import YahooNews
from investiq.sources import Source

_NEEDS_BROWSER = {"yahoo": YAHOO_DATASET, "google_page": GOOGLE_DATASET}
_SITES = (*_NEEDS_BROWSER, "google")


@dataclass(frozen=True, slots=True)
class Sites:
    """What can be asked, and by dataset what cannot, because there is no browser."""

    sources: list[NewsSource]
    missing: dict[str, NoBrowser]


@contextmanager
def india_news_sources(source: Source, *, browser: bool = True) -> Iterator[Sites]:
    """The sites that INVESTIQ_NEWS_SOURCES names: yahoo, google (its feed), google_page.

    Args:
        browser: whether those that need one are wanted; if not, nothing is said about them.

    Raises:
        ConfigurationError: there is no such site.
    """
    settings = source.settings
    named = [name.strip().lower() for name in settings.news_sources.split(",") if name.strip()]
    if strangers := [name for name in named if name not in _SITES]:
        raise ConfigurationError(
            f"There is no site {strangers[0][:40]!r} for Indian news. Set INVESTIQ_NEWS_SOURCES "
            f"to some of {', '.join(_SITES)}."
        )
    missing: dict[str, NoBrowser] = {}
    chosen: list[NewsSource] = []
    with ExitStack() as opened:

        def site(name: str, url: str) -> Site:
            quota = Quota(name, settings.news_requests_per_second, None)
            guard = opened.enter_context(quota_guard(quota, settings.home / "limits"))
            return Site(url, guard.acquire, source.clock, settings.max_body_bytes)

        drawing: Browser | None = None
        if browser and any(name in _NEEDS_BROWSER for name in named):
            try:
                drawing = opened.enter_context(Browser.of(settings))
            except NoBrowser as why:
                missing = {_NEEDS_BROWSER[name]: why for name in named if name in _NEEDS_BROWSER}
        google = site(GOOGLE, settings.google_news_url)
        if drawing and "yahoo" in named:
            chosen.append(YahooNews(site(YAHOO, settings.yahoo_finance_url), drawing))
        if "google" in named:
            chosen.append(GoogleFeed(google, HttpPolicy.of(settings)))
        if drawing and "google_page" in named:
            chosen.append(GooglePage(google, drawing))
        yield Sites(chosen, missing)
