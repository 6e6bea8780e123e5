"""The tasks of `warehouse`: is anything new, checks, the dbt build, publication."""

from collections.abc import Mapping, Sequence

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from orchestration.assets import MARTS
from orchestration.defaults import WAREHOUSE
from orchestration.failing import judged


@task(**WAREHOUSE)
def anything_new() -> str:
    """The state to be published; skipped, with all that follows, when it was published before.

    Many assets may come in at once: the first run takes them all in, the others end here.
    """
    from ingestion.settings import load_settings
    from investiq import chain
    from investiq.watching import look
    from orchestration.moments import as_of

    with judged():
        context, settings = get_current_context(), load_settings()
        day = as_of(context, settings)
        state = chain.unpublished(settings, day)
        if state is None:
            look(settings)
    if state is None:
        raise AirflowSkipException("nothing new: marts and report stand as they are")
    context["ti"].xcom_push("as_of", day.isoformat())
    return state


@task(**WAREHOUSE)
def checked(suites: Sequence[str]) -> list[str]:
    """Great Expectations suites, as far as this home has what they judge."""
    import logging

    from ingestion.settings import load_settings
    from investiq import steps

    with judged():
        reports = steps.check(load_settings(), suites, only_concerned=True)
    for hint in (hint for report in reports for hint in report.warnings):
        told = hint.name, ", ".join(hint.where), hint.observed, hint.next_step
        logging.getLogger(__name__).warning("%s (%s): %s. %s", *told)
    return [f"{report.suite}: {report.data_docs}" for report in reports]


@task(**WAREHOUSE)
def dbt_build() -> list[dict[str, str]]:
    """One `dbt build`. Returns the nodes that failed with what dbt said; of these the next says.

    Raises:
        Hopeless: dbt itself could not work.
    """
    from ingestion.errors import BuildFailed
    from ingestion.settings import load_settings
    from investiq import steps
    from orchestration.moments import as_of

    with judged():
        settings = load_settings()
        try:
            steps.build(settings, as_of(get_current_context(), settings))
        except BuildFailed as problem:
            if not problem.failed:
                raise
            return [{"node": node, "said": said} for node, said in problem.failed.items()]
    return []


@task(retries=0, map_index_template="{{ node }}")
def node_failed(failure: Mapping[str, str]) -> None:
    """One for each node of dbt that failed, under its name; none when all went well.

    Raises:
        AirflowException: always.
    """
    get_current_context()["node"] = failure["node"]
    raise AirflowException(f"{failure['node']}: {failure['said']}")


@task(outlets=[MARTS], **WAREHOUSE)
def published_marts(state: str) -> str:
    """Marts as Parquet and the report; then the state counts as published."""
    from ingestion.settings import load_settings
    from investiq import chain, steps

    with judged():
        settings = load_settings()
        result = steps.publish(settings)
        chain.remember(settings, state)
    return str(result.page)
