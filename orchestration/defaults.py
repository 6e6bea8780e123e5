"""What every DAG starts from, so that a DAG file says only what is its own."""

import os
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param

from ingestion.publication import PUBLICATIONS
from orchestration.alerts import on_failure
from orchestration.environment import WAREHOUSE_POOL

TIMEZONE = "Asia/Kolkata"
OWNER = "data-platform"
START = datetime(2024, 1, 1)

DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 3,
    "retry_delay": timedelta(seconds=float(os.environ.get("INVESTIQ_RETRY_SECONDS", "60"))),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": on_failure,
}

# What reads or writes the warehouse: one at a time, and with patience.
WAREHOUSE: dict[str, Any] = {"pool": WAREHOUSE_POOL, "execution_timeout": timedelta(hours=2)}

# How long the exchange may take to publish a session, and how often it is asked meanwhile.
PUBLICATION: dict[str, Any] = {
    "mode": "reschedule",
    "poke_interval": float(os.environ.get("INVESTIQ_PUBLICATION_ASK_SECONDS", "900")),
    "timeout": float(os.environ.get("INVESTIQ_PUBLICATION_WAIT_SECONDS", "18000")),
}

# A Lambda needs seconds. Not asked more often: when a poke begins before the scheduler has heard of
# the end of the one before it, Airflow takes the task for killed.
RECORDS_OF_LAMBDAS: dict[str, Any] = {"mode": "reschedule", "poke_interval": 15, "timeout": 3600}

SESSION_PARAM = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Session",
    description="One trading day (YYYY-MM-DD); empty: the day of the run's data interval, IST.",
)


def daily(cron: str) -> CronTriggerTimetable:
    """At a time of day in India. The session of a run is the day on which its interval ends."""
    return CronTriggerTimetable(cron, timezone=TIMEZONE, interval=timedelta(days=1))


def asked(dataset: str) -> CronTriggerTimetable:
    """When a dataset is asked for: `ingestion/publication.py` says so."""
    times = PUBLICATIONS[dataset].asked
    hours = ",".join(str(moment.hour) for moment in times)
    return daily(f"{times[0].minute} {hours} * * *")


def settings_of_dag(doc: str | None, *tags: str, **others: Any) -> dict[str, Any]:
    """The arguments of `@dag` that all DAGs share; `others` are its own, or replace these."""
    shared: dict[str, Any] = {
        "doc_md": doc,
        "tags": ["investiq", *tags],
        "start_date": START,
        "catchup": False,
        "default_args": DEFAULT_ARGS,
        "dagrun_timeout": timedelta(hours=12),
        "max_active_runs": 4,
        "fail_fast": False,
    }
    return shared | others
