"""Quotes of a session from RapidAPI, after the close.

**Purpose**: a price of about 16:00 IST for every share and index, until the exchange's own files
of the session arrive in the evening. Closed days are skipped, green.

**Owner**: data-platform.

**When it fails**: `quota` or `blocked` need a person: look at the key and the plan (`investiq
doctor`), then clear `land_quotes`. All else was tried four times; clear it once the API answers
again. A session that was missed has its official prices by `nse_archives`.
"""

from airflow.sdk import dag

from orchestration.assets import NSE_QUOTES
from orchestration.defaults import SESSION_PARAM, asked, settings_of_dag
from orchestration.tasks import into_warehouse, land_quotes, session


@dag(
    schedule=asked("quotes"),
    params={"session": SESSION_PARAM},
    **settings_of_dag(__doc__, "ingestion", "quotes", max_active_runs=8),
)
def nse_quotes() -> None:
    """After the close, IST."""
    into_warehouse(land_quotes(session()), NSE_QUOTES, "rapidapi")


nse_quotes()
