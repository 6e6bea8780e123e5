"""`investiq backfill`: years of the exchange's files, at its pace; stop it and it goes on."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from ingestion.archive_plan import days_to_ask, of_range, undated
from ingestion.calendar import default_calendar
from ingestion.errors import ConfigurationError
from ingestion.objectstore import ObjectStore
from ingestion.origin import claim
from ingestion.outcomes import Outcome
from ingestion.settings import Settings
from ingestion.sources.nse_files import DATASETS, FIRST
from investiq import chain, steps
from investiq.archives import open_archives
from investiq.console import out, step
from investiq.sources import Source
from investiq.steps import Span
from investiq.watching import watched
from monitoring import observe


def backfill(
    settings: Settings,
    source: Source,
    span: Span,
    store: ObjectStore,
    *,
    datasets: Sequence[str] = (),
    again: bool = False,
    build: bool = True,
) -> None:
    """Bring what is missing of a range, then promote, load, build and publish all of it.

    Raises:
        ConfigurationError: a dataset or a range that does not exist.
        SourceError: the exchange refused; what it gave before is built all the same.
    """
    if source.folder:
        _known(datasets)
        outcomes = steps.ingest(settings, source, span, store)
    else:
        outcomes = bring(settings, source, span, store, datasets=datasets, again=again)
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{status} {count}" for status, count in counts.most_common())
    out.print(f"{len(outcomes)} files asked for: {told}" if outcomes else "nothing had to be asked")
    if build:
        chain.finish(settings, source, store, outcomes)
    chain.raise_refusals(outcomes)


def bring(
    settings: Settings,
    source: Source,
    span: Span,
    store: ObjectStore,
    *,
    datasets: Sequence[str] = (),
    again: bool = False,
) -> list[Outcome]:
    """Land what is missing of a range of the exchange's files.

    Raises:
        ConfigurationError: a dataset or a range that does not exist.
    """
    wanted = _known(datasets)
    claim(settings.home, source.origin)
    calendar = default_calendar()
    first, last = _range(span, source.newest_session(calendar))
    days = days_to_ask(calendar, first, last, closed_too=again)
    for day in days[:1] + days[-1:]:
        source.before_session(day)
    with open_archives(source, store) as archives:
        tasks = of_range(days, wanted)
        tasks += undated(first, last, source.today(), wanted)
        due = archives.due(tasks, again=again)
        out.print(
            f"{first} to {last}: {len(days)} days, {len(tasks)} files; "
            f"{len(tasks) - len(due)} need not be asked for"
        )
        with (
            watched("backfill", settings) as meter,
            step(f"backfill ({source.name})", lasts=True) as advance,
        ):
            outcomes = archives.ingest.bring_all(due, again=again, progress=advance)
            observe.fetches(meter, outcomes)
    return outcomes


def _range(span: Span, newest: date) -> tuple[date, date]:
    if span.first is None:
        raise ConfigurationError(
            "A backfill needs its first day. Give --from, such as --from 2024-01-01; --to is the "
            "newest session unless given."
        )
    first, last = max(span.first, FIRST), min(span.last or newest, newest)
    if first > last:
        raise ConfigurationError(
            f"There is nothing to ask for from {span.first} to {span.last or newest}: the "
            f"exchange's files begin on {FIRST}, and the newest session is {newest}. "
            "Give --from before --to, within these."
        )
    return first, last


def _known(datasets: Sequence[str]) -> Sequence[str]:
    for name in datasets:
        if name not in DATASETS:
            raise ConfigurationError(
                f"There is no dataset {name!r}. Name one of {', '.join(DATASETS)}."
            )
    return datasets or DATASETS
