"""Indian news by share: Google News' feed, and pages that are drawn by a browser.

**Purpose**: headlines of the shares of INVESTIQ_NEWS_TICKERS, politely: one request in two seconds
per site, and a site that refuses five times in a row is left alone. Without Chromium the feeds
come.

**Owner**: data-platform.

**When it fails**: a changed layout lands in quarantine, nothing is lost: mend
`ingestion/promotion/selectors.py`, then `investiq promote --again`. `ingestion/NEWS.md` says more.
"""

from airflow.sdk import dag

from orchestration.assets import INDIA_NEWS
from orchestration.defaults import asked, settings_of_dag
from orchestration.news import land_india_news
from orchestration.tasks import into_warehouse


@dag(
    schedule=asked("india_news"),
    **settings_of_dag(__doc__, "ingestion", "news", max_active_runs=1),
)
def india_news() -> None:
    """Before the opening and after the close, IST."""
    into_warehouse(land_india_news(), INDIA_NEWS, "india_news", enrich=True)


india_news()
