"""The tasks of `backfill`: a range cut into months, one month after the other."""

from collections.abc import Mapping
from datetime import date, timedelta

from airflow.sdk import get_current_context, task

from ingestion.sources.nse_files import DATASETS as _KNOWN
from orchestration.failing import judged

DATASETS = list(_KNOWN)


@task(retries=0)
def months() -> list[dict[str, str]]:
    """The months of the range, the oldest first; the last day is that of the run unless named."""
    from ingestion.calendar import IST
    from ingestion.errors import ConfigurationError
    from ingestion.settings import load_settings
    from orchestration.moments import moment_of

    with judged():
        context = get_current_context()
        asked = context["params"]
        first = date.fromisoformat(asked["first"])
        last = (
            date.fromisoformat(asked["last"])
            if asked["last"]
            else moment_of(context, load_settings()).astimezone(IST).date()
        )
        if first > last:
            raise ConfigurationError(
                f"The range begins after it ends ({first} to {last}). Give `first` before `last`."
            )
    return [{"first": str(begin), "last": str(end)} for begin, end in _months(first, last)]


@task(max_active_tis_per_dagrun=1, map_index_template="{{ month }}")
def bring(month: Mapping[str, str]) -> list[str]:
    """What is missing of one month; asks for nothing that is there."""
    from ingestion.calendar import IST
    from investiq.backfill import bring as bring_range
    from investiq.sources import SourceName
    from investiq.steps import Span
    from orchestration.work import asking, landed

    context = get_current_context()
    context["month"] = month["first"][:7]
    asked = context["params"]
    first, last = date.fromisoformat(month["first"]), date.fromisoformat(month["last"])
    with judged(), asking(SourceName.NSE, last) as (settings, source, store):
        newest = source.clock().astimezone(IST).date()
        outcomes = bring_range(
            settings,
            source,
            Span(first, min(last, newest)),
            store,
            datasets=asked["datasets"],
            again=asked["closed_days"],
        )
        return landed(outcomes)


def _months(first: date, last: date) -> list[tuple[date, date]]:
    found = []
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((first, min(last, following - timedelta(days=1))))
        first = following
    return found
