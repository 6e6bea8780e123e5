"""The news page of a share on Yahoo Finance, drawn by the browser because it loads on scroll.

Source: https://finance.yahoo.com/quote/INFY.NS/news/. Lands in
landing/source=india_news/dataset=yahoo_page/. Run alone: `investiq news`.
"""

from dataclasses import dataclass
from urllib.parse import quote

from ingestion.news_tickers import Ticker
from ingestion.promotion.india_news import YAHOO_DATASET
from ingestion.sources.browser import Browser
from ingestion.sources.news_page import NewsFetch, Site, drawn


@dataclass(frozen=True, slots=True)
class YahooNews:
    """The site, and the browser that draws it."""

    site: Site
    browser: Browser
    dataset: str = YAHOO_DATASET

    def fetch(self, ticker: Ticker) -> NewsFetch:
        """The page of a share of the NSE; what is on it is the caller's to judge.

        Raises:
            QuotaExceeded, Blocked, SourceError: with the page in `evidence` where there was one.
        """
        symbol = quote(ticker.symbol, safe="")
        url = f"{self.site.url.rstrip('/')}/quote/{symbol}.NS/news/"
        return drawn(self.site, self.browser, url, ticker, self.dataset)
