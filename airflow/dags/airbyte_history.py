"""What Airbyte's S3 destination has written since the last run.

**Purpose**: Google Sheets and other sources that Airbyte knows, such as a history of prices that
somebody keeps by hand. Airbyte has a schedule of its own; this run takes over what it wrote.

**Owner**: data-platform.

**When it fails**: clear `land_airbyte`; the objects stay where Airbyte wrote them. Streams that
never came are seen in Airbyte's own log; its connection as code is in `ingestion/airbyte/`.
"""

from airflow.sdk import dag

from orchestration.assets import AIRBYTE_HISTORY
from orchestration.defaults import daily, settings_of_dag
from orchestration.news import land_airbyte
from orchestration.tasks import into_warehouse


@dag(
    schedule=daily("0 5 * * *"),
    **settings_of_dag(__doc__, "ingestion", "airbyte", max_active_runs=1),
)
def airbyte_history() -> None:
    """Early in the morning, IST."""
    into_warehouse(land_airbyte(), AIRBYTE_HISTORY, "airbyte")


airbyte_history()
