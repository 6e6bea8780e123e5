"""Global news by topic from Alpha Vantage, with its tickers, topics and tone.

**Purpose**: what no earlier window has covered, within the quota of the day; nothing keeps a
cursor, so a run that was missed is caught up by the next one. News come on holidays too: no gate.

**Owner**: data-platform.

**When it fails**: `quota`: the next run goes on where it stopped. `blocked`: look at
INVESTIQ_ALPHAVANTAGE_KEY. Without a key the run is green and brings nothing.
"""

from airflow.sdk import dag

from orchestration.assets import GLOBAL_NEWS
from orchestration.defaults import asked, settings_of_dag
from orchestration.news import land_global_news
from orchestration.tasks import into_warehouse


@dag(
    schedule=asked("alpha_vantage_news"),
    **settings_of_dag(__doc__, "ingestion", "news", max_active_runs=1),
)
def global_news() -> None:
    """Before the opening and after the close, IST."""
    into_warehouse(land_global_news(), GLOBAL_NEWS, "alpha_vantage", enrich=True)


global_news()
