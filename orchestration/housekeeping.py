"""The tasks of `maintenance`."""

from datetime import timedelta

from airflow.sdk import get_current_context, task

from orchestration.defaults import WAREHOUSE
from orchestration.failing import judged

KEPT = timedelta(days=90)


@task(**WAREHOUSE)
def sweep() -> dict[str, int]:
    """Promote and load what others have left; where Lambdas promote, say what they have not."""
    import logging

    from investiq import maintenance, steps
    from orchestration.work import bucket

    log = logging.getLogger(__name__)
    with judged(), bucket() as (settings, store):
        waiting = maintenance.unpromoted(store)
        for key in waiting[:20]:
            log.warning("not promoted: %s", key)
        if settings.promotion == "local":
            steps.promote(settings, store)
        rows = sum(report.rows for report in steps.load(settings, store))
        return {
            "not promoted": len(waiting),
            "rows loaded": rows,
            "receipts": maintenance.receipts(settings),
        }


@task(**WAREHOUSE)
def quarantine_summary() -> list[str]:
    """What was refused, by dataset and reason, the most first."""
    from ingestion.settings import load_settings
    from investiq import maintenance

    with judged():
        counted = maintenance.quarantine_summary(load_settings())
    return [f"{dataset} {reason}: {records}" for dataset, reason, records in counted]


@task(**WAREHOUSE)
def observed() -> int | None:
    """How things stand, as metrics; returns the messages of the dead-letter queue."""
    from ingestion.settings import load_settings
    from investiq import maintenance

    with judged():
        return maintenance.observe_all(load_settings())


@task
def retention() -> int:
    """Remove run files that are older than 90 days before the run; landed data stay for ever."""
    from ingestion.settings import load_settings
    from investiq import maintenance

    with judged():
        run = get_current_context()["dag_run"]
        return maintenance.retention(load_settings(), run.run_after - KEPT)


@task(**WAREHOUSE)
def docs() -> str:
    """dbt's documentation as one page."""
    from ingestion.settings import load_settings
    from investiq import maintenance

    with judged():
        return str(maintenance.docs(load_settings()))
