"""The exchange's own files of a session: bhavcopy, full bhavdata, index closes.

**Purpose**: the official prices. From 18:15 IST on the exchange is asked every quarter of an hour
until the files are there; what is missing of the last ten sessions, and what has changed of the
last three, comes along, so a session that was missed is filled by the next run.

**Owner**: data-platform.

**Closed days** cost no request. Of those since the third session before it each run asks for a
bhavcopy: a Saturday session that no calendar has comes with Monday's run, and `check_arrival` says
which line the calendar lacks. Sooner: `backfill` with `closed_days`.

**When it fails**: after five hours without files the alert is `missing_session`. Was the day an
unscheduled holiday? Then write it into `dbt_project/seeds/nse_trading_calendar.csv`. Else the next
run brings it; or clear `published`. `blocked`: the exchange refuses this address; download the
files elsewhere, `investiq ingest --source directory PATH`.
"""

from airflow.sdk import dag

from orchestration.assets import NSE_ARCHIVES
from orchestration.defaults import SESSION_PARAM, asked, settings_of_dag
from orchestration.tasks import into_warehouse, published, session

DATASETS = ["bhavcopy", "sec_bhavdata", "index_closes"]


@dag(
    schedule=asked("official_prices"),
    params={"session": SESSION_PARAM},
    **settings_of_dag(__doc__, "ingestion", "archives", max_active_runs=8),
)
def nse_archives() -> None:
    """In the evening, IST; waits for publication without holding a worker."""
    into_warehouse(published(session(), DATASETS), NSE_ARCHIVES, "nse")


nse_archives()
