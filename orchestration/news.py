"""The tasks that land what has no session: news, and what Airbyte wrote."""

from airflow.sdk import get_current_context, task

from orchestration.failing import judged


@task
def land_global_news() -> list[str]:
    """What no earlier window of Alpha Vantage has covered."""
    from ingestion.origin import claim
    from ingestion.settings import load_settings
    from investiq.news import ingest_global
    from investiq.sources import SourceName
    from investiq.steps import Span
    from orchestration.moments import moment_of
    from orchestration.work import asking, landed

    when = moment_of(get_current_context(), load_settings())
    with judged(), asking(SourceName.LIVE, when) as (settings, source, store):
        claim(settings.home, source.origin)
        return landed(ingest_global(settings, source, Span(None, None), store))


@task
def land_india_news() -> list[str]:
    """The headlines of the shares that the settings name."""
    from ingestion.origin import claim
    from ingestion.settings import load_settings
    from investiq.news import ingest_india
    from investiq.sources import SourceName
    from orchestration.moments import moment_of
    from orchestration.work import asking, landed

    when = moment_of(get_current_context(), load_settings())
    with judged(), asking(SourceName.LIVE, when) as (settings, source, store):
        claim(settings.home, source.origin)
        return landed(ingest_india(source, store))


@task
def land_airbyte() -> list[str]:
    """What Airbyte has written into the bucket since the last time."""
    from ingestion.origin import Origin, claim
    from investiq import steps
    from orchestration.work import bucket, landed

    with judged(), bucket() as (settings, store):
        claim(settings.home, Origin.SIMULATED if settings.sandbox_url else Origin.REAL)
        return landed(steps.collect_airbyte(settings, store))
