"""One session, one kind of data: what an orchestrator asks for piece by piece.

The commands ask for all of a session at once (`steps.ingest`); these are the same attempts.
"""

from collections.abc import Sequence
from datetime import date

from ingestion.archive_plan import may_trade
from ingestion.attempts import Attempts, landed_well
from ingestion.calendar import default_calendar
from ingestion.errors import NotPublished
from ingestion.ingest import ingest_session
from ingestion.objectstore import ObjectStore
from ingestion.origin import claim
from ingestion.outcomes import Outcome
from ingestion.settings import Settings
from ingestion.sources.nse_files import dated
from ingestion.sources.rapidapi import rapidapi_quotes
from investiq.archives import open_archives
from investiq.sources import Source
from investiq.watching import watched
from monitoring import observe


def why_closed(day: date) -> str | None:
    """In words, why no session is expected on a day; None: one is."""
    calendar = default_calendar()
    return None if may_trade(calendar, day) else calendar.description(day) or "weekend"


def quotes_of(settings: Settings, source: Source, day: date, store: ObjectStore) -> Outcome:
    """Land the quotes of a session.

    Raises:
        NotPublished: the reply holds nothing of the session yet; it has landed all the same.
    """
    claim(settings.home, source.origin)
    source.before_session(day)
    with (
        watched("ingest", settings) as meter,
        rapidapi_quotes(source.settings, source.clock) as quotes,
    ):
        outcome = ingest_session(
            day,
            quotes,
            store,
            default_calendar(),
            clock=source.clock,
            secrets=settings.secrets,
        )
        observe.fetches(meter, [outcome])
    if outcome.status == "not_published":
        raise NotPublished(f"No quotes of {day} yet: {outcome.detail}. Ask again in a while.")
    return outcome


def files_of(
    settings: Settings,
    source: Source,
    day: date,
    store: ObjectStore,
    datasets: Sequence[str],
) -> list[Outcome]:
    """Land the exchange's files of a session, and what is missing or changed of those before."""
    claim(settings.home, source.origin)
    source.before_session(day)
    with watched("ingest", settings) as meter, open_archives(source, store) as archives:
        outcomes = archives.session(day, look_back=True, again=False, datasets=datasets)
        observe.fetches(meter, outcomes)
    return outcomes


def missing_of(day: date, store: ObjectStore, datasets: Sequence[str]) -> list[str]:
    """The datasets of which the exchange has given no file of the day yet."""
    earlier = Attempts.read(store)
    return [
        dataset
        for dataset in datasets
        if (files := dated(dataset, day))
        and not any(landed_well(earlier.of(file)) for file in files)
    ]
