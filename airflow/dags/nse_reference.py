"""Corporate actions, symbol changes, the lists of equities, of index members and of holidays.

**Purpose**: who is who, and which splits and bonuses adjust the history. These files have no day
of their own; they are asked as they stand, and what is unchanged adds nothing.

**Owner**: data-platform.

**When it fails**: prices of an ex-date stay unadjusted until it has run, and are shown in
`rpt_adjustment_review`. Clear `land_files` once the exchange answers; `schema_drift` in the
quarantine means that a file has other columns: `ingestion/promotion/layouts.py`.
"""

from airflow.sdk import dag

from orchestration.assets import NSE_REFERENCE
from orchestration.defaults import SESSION_PARAM, asked, settings_of_dag
from orchestration.tasks import into_warehouse, land_files, session

DATASETS = ["equity_list", "symbol_changes", "index_constituents", "holidays", "corporate_actions"]


@dag(
    schedule=asked("corporate_actions"),
    params={"session": SESSION_PARAM},
    **settings_of_dag(__doc__, "ingestion", "reference"),
)
def nse_reference() -> None:
    """After the archives, IST."""
    into_warehouse(land_files(session(), DATASETS), NSE_REFERENCE, "nse")


nse_reference()
