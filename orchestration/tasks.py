"""The tasks that DAGs are wired from. Each calls a function that the commands call as well.

What is heavy is imported inside the tasks: the DAG processor reads this file all the time.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from airflow.sdk import Asset, PokeReturnValue, XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from orchestration.defaults import PUBLICATION, RECORDS_OF_LAMBDAS, WAREHOUSE
from orchestration.failing import judged

RECORDS = ("ingestion_outcomes", "quarantined_records")  # of attempts; nothing to build from


@task(retries=1)
def session() -> str:
    """The trading day of this run; on a closed day everything after it is skipped, and green."""
    from ingestion.settings import load_settings
    from investiq.sessions import why_closed
    from orchestration.moments import session_of

    with judged():
        day = session_of(get_current_context(), load_settings())
        if why := why_closed(day):
            raise AirflowSkipException(f"{day} is closed ({why}): nothing is expected")
    return day.isoformat()


@task
def land_quotes(day: str) -> list[str]:
    """The quotes of a session; not published yet heals, a refusal does not."""
    from investiq.sessions import quotes_of
    from investiq.sources import SourceName
    from orchestration.work import asking, landed

    session = date.fromisoformat(day)
    with judged(), asking(SourceName.LIVE, session) as (settings, source, store):
        return landed([quotes_of(settings, source, session, store)])


@task
def land_files(day: str, datasets: Sequence[str]) -> list[str]:
    """The exchange's files of a session and what is due of those before."""
    from investiq.sessions import files_of
    from investiq.sources import SourceName
    from orchestration.work import asking, landed

    session = date.fromisoformat(day)
    with judged(), asking(SourceName.NSE, session) as (settings, source, store):
        return landed(files_of(settings, source, session, store, datasets))


@task.sensor(**PUBLICATION, retries=2)
def published(day: str, datasets: Sequence[str]) -> PokeReturnValue:
    """Ask until the exchange has published the session, or until the deadline of the sensor."""
    import logging

    from investiq.sessions import files_of, missing_of
    from investiq.sources import SourceName
    from orchestration.work import asking, landed

    session = date.fromisoformat(day)
    with judged(), asking(SourceName.NSE, session) as (settings, source, store):
        keys = landed(files_of(settings, source, session, store, datasets))
        missing = missing_of(session, store, datasets)
    if missing:
        logging.getLogger(__name__).info("%s is not there yet: %s", day, ", ".join(missing))
    return PokeReturnValue(is_done=not missing, xcom_value=keys)


@task.sensor(**RECORDS_OF_LAMBDAS)
def promoted(keys: Sequence[str] | Sequence[Sequence[str]], source: str) -> PokeReturnValue:
    """Records from what has landed: promoted here, or by the Lambdas, whose records are awaited.

    Here with all else of the source that nobody has promoted: what an earlier try of the landing
    task brought, or an earlier poke of a sensor, is not among the keys that its last one returns.
    """
    from ingestion.promotion import pending_keys
    from investiq import steps
    from orchestration.work import bucket

    wanted = {key for some in keys for key in ([some] if isinstance(some, str) else some)}
    with judged(), bucket() as (settings, store):
        if settings.promotion == "local":
            steps.promote(settings, store, only=wanted.union(pending_keys(store, source=source)))
        waiting = wanted.intersection(pending_keys(store, source=source))
    return PokeReturnValue(is_done=not waiting, xcom_value=len(wanted))


@task
def enriched() -> int:
    """Clusters and tone of the news that were promoted."""
    from investiq import steps
    from orchestration.work import bucket

    with judged(), bucket() as (settings, store):
        return steps.enrich(settings, store).written


@task(**WAREHOUSE, priority_weight=100)  # before any build that waits: it then takes all in
def loaded() -> int:
    """Objects without a receipt into their raw tables; the asset is new when any were.

    All tables, also those of others: what the records say was promoted has to be there.

    A run that was killed between the load and the asset finds nothing to load when it is tried
    again: then it is by what was published that it knows whether anything is new.
    """
    from investiq import chain, steps
    from orchestration.moments import as_of
    from orchestration.work import bucket

    with judged(), bucket() as (settings, store):
        reports = steps.load(settings, store)
        rows = sum(report.rows for report in reports if report.table not in RECORDS)
        if not rows and not chain.unpublished(settings, as_of(get_current_context(), settings)):
            raise AirflowSkipException("nothing new: the marts stand as they are")
    return rows


def into_warehouse(landed: XComArg, asset: Asset, source: str, *, enrich: bool = False) -> None:
    """landed → promoted → (enriched) → loaded, which emits the asset.

    Args:
        source: how the keys of the bucket name where it comes from.
    """
    records: Any = promoted(landed, source)
    last: Any = loaded.override(outlets=[asset])()
    if enrich:
        records >> enriched() >> last
    else:
        records >> last
