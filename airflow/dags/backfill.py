"""Years of the exchange's files, at its pace; stop it and it goes on.

**Purpose**: a range of days, month after month. What has landed well is not asked for again, so a
run that was stopped, killed or refused is simply started anew, and overlaps with the daily runs do
no harm: each file has its lock.

**Owner**: data-platform.

**When it fails**: the month that failed is red, the others stand; clear it. `blocked`: the
exchange has had enough of this address, wait for a day. `closed_days` also asks for days on which
the calendar expects no session: that is how an unscheduled Saturday session comes in.
"""

from airflow.sdk import Param, dag

from orchestration.assets import BACKFILLED
from orchestration.backfilling import DATASETS, bring, months
from orchestration.defaults import settings_of_dag
from orchestration.tasks import into_warehouse


@dag(
    schedule=None,
    params={
        "first": Param("2024-07-01", type="string", format="date", title="First day"),
        "last": Param(
            None, type=["null", "string"], format="date", title="Last day", description="empty: all"
        ),
        "datasets": Param(
            [], type="array", items={"enum": DATASETS}, title="Datasets", description="empty: all"
        ),
        "closed_days": Param(
            False, type="boolean", title="Days that the calendar calls closed too"
        ),
    },
    **settings_of_dag(__doc__, "ingestion", "archives", "backfill", max_active_runs=2),
)
def backfill() -> None:
    """By hand: from the UI, or `airflow dags trigger backfill --conf …`."""
    landed = bring.expand(month=months())
    into_warehouse(landed, BACKFILLED, "nse")


backfill()
