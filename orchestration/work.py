"""Settings, bucket and source as a task needs them: the same parts that the commands use."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from ingestion.attempts import GOOD
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome
from ingestion.settings import Settings, load_settings
from investiq import chain, context
from investiq.sources import Source, SourceName, evening_of, open_source

_log = logging.getLogger(__name__)


@contextmanager
def bucket() -> Iterator[tuple[Settings, ObjectStore]]:
    """The settings and the bucket."""
    settings = load_settings()
    with context.object_store(settings) as store:
        yield settings, store


@contextmanager
def asking(
    name: SourceName, when: date | datetime
) -> Iterator[tuple[Settings, Source, ObjectStore]]:
    """The bucket and a source; the simulated exchange where INVESTIQ_SANDBOX_URL names one.

    Args:
        when: in the sandbox, the moment at which it is asked; of a day, its evening.
    """
    with bucket() as (settings, store):
        if settings.sandbox_url:
            at = when if isinstance(when, datetime) else evening_of(when)
            with open_source(SourceName.SANDBOX, settings, at=at) as source:
                yield settings, source, store
            return
        with open_source(name, settings) as source:
            yield settings, source, store


def landed(outcomes: list[Outcome]) -> list[str]:
    """The keys of what the attempts brought, or found to be there, after a line about each.

    Raises:
        SourceError: the source refused; of the kind of its first refusal.
    """
    for outcome in outcomes:
        what = f"{outcome.trade_date or ''} {outcome.dataset_name}"
        _log.info("%s %s: %s", what, outcome.status, outcome.detail)
    chain.raise_refusals(outcomes)
    kept = (outcome.source_key for outcome in outcomes if outcome.status in GOOD)
    return sorted({key for key in kept if key})
