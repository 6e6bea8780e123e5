"""Once a day: what was left lying, what was refused, what is old, and the documentation.

**Purpose**: objects that nobody promoted or loaded (a crash, a dead letter) are taken up; what
lies in quarantine is counted by reason; run files older than 90 days are removed (never data: the
landing zone is kept for ever); dbt's documentation is written to `<home>/docs/index.html`;
freshness, sizes and dead letters are sent as metrics, so that they are there again when whoever
keeps them was started anew.

**Owner**: data-platform.

**When it fails**: nothing else depends on it. With Lambdas, objects that stay unpromoted are in
the dead-letter queue: `investiq redrive`. Clear the task that failed.
"""

from airflow.sdk import dag

from orchestration.defaults import daily, settings_of_dag
from orchestration.housekeeping import docs, observed, quarantine_summary, retention, sweep


@dag(
    schedule=daily("30 3 * * *"),
    **settings_of_dag(__doc__, "maintenance", max_active_runs=1),
)
def maintenance() -> None:
    """At night, IST."""
    sweep() >> [quarantine_summary(), observed(), retention(), docs()]


maintenance()
