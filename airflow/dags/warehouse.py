"""From raw tables to what is read: checks, dbt, checks, publication.

**Purpose**: runs by itself when an ingestion DAG has loaded something new. Great Expectations on
what arrived → one `dbt build`, drawn by Cosmos node by node → Great Expectations on the marts →
Parquet and report. Several assets at once make one build: runs that find nothing new end green.

**Owner**: data-platform.

**When it fails**: what was published stays. `check_arrival` or `check_marts`: open the Data Docs
that the log names; accept a session by `expectations/accepted_sessions.csv`, with the reason.
`node_failed` shows each node of dbt that failed with what dbt said: mend the model or the data.
Then clear from `anything_new` on, downstream included.
"""

from airflow.sdk import TriggerRule, dag

from expectations.runner import AFTER_BUILD, BEFORE_BUILD
from orchestration import cosmos_project
from orchestration.assets import ANY_RAW
from orchestration.defaults import settings_of_dag
from orchestration.publishing import anything_new, checked, dbt_build, node_failed, published_marts

NO_NODE_FAILED = TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS  # nothing failed, and not all was skipped


@dag(
    schedule=ANY_RAW,
    **settings_of_dag(__doc__, "warehouse", "dbt", "great-expectations", max_active_runs=1),
)
def warehouse() -> None:
    """On any of the raw assets."""
    state = anything_new()
    arrival = checked.override(task_id="check_arrival")(list(BEFORE_BUILD))
    marts = checked.override(task_id="check_marts", trigger_rule=NO_NODE_FAILED)(list(AFTER_BUILD))
    state >> arrival
    if cosmos_project.mode() == "watcher":
        arrival >> cosmos_project.watched() >> marts
    else:
        built = dbt_build()
        failed = node_failed.expand(failure=built)
        arrival >> built
        [built, failed] >> cosmos_project.drawn()
        [built, failed] >> marts
    marts >> published_marts(state)


warehouse()
