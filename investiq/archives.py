"""The exchange's archives as the commands ask for them: a session with its look-back, or years."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from ingestion.archive_plan import Task, closed_since, daily, may_trade, of_range, undated
from ingestion.attempts import Attempts, asked_lately, landed_well
from ingestion.calendar import TradingCalendar, default_calendar
from ingestion.ingest_archives import ArchiveIngest, closed
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome
from ingestion.sources.nse import nse_archives
from ingestion.sources.nse_files import DATASETS, dated
from investiq.sources import Source

_TELLS = "bhavcopy"  # there is one of a day when that day was a session, and only then


@dataclass(slots=True)
class Archives:
    """The exchange's files for one command; `refused` once it has turned us away."""

    source: Source
    ingest: ArchiveIngest
    calendar: TradingCalendar
    refused: bool = False

    def session(
        self, day: date, *, look_back: bool, again: bool, datasets: Sequence[str] = DATASETS
    ) -> list[Outcome]:
        """The files of a day, with those around it when it is the newest.

        Args:
            look_back: also ask the sessions before for what has changed or is missing, and the
                closed days among the last of them for sessions that no calendar has.
            again: ask for the day whatever landed before, and whatever the calendar says.
            datasets: of these alone.
        """
        calendar, settings = self.calendar, self.source.settings
        if not again and not may_trade(calendar, day):
            return [closed(self.ingest.store, calendar, day, self.ingest.clock())]
        today = self.source.today()
        outcomes = self._bring(of_range([day], datasets), again) if again else []
        if look_back and may_trade(calendar, day):
            recheck, fill = settings.nse_recheck_sessions, settings.nse_fill_sessions
            outcomes += self._bring(
                daily(calendar, day, today, recheck=recheck, fill=fill, datasets=datasets), False
            )
            return outcomes + self._unplanned(closed_since(calendar, day, recheck), datasets)
        tasks = [] if again else of_range([day], datasets)
        if day >= self.source.newest_session(calendar):
            tasks += undated(day, day, today, datasets)
        return outcomes + self._bring(tasks, False)

    def due(self, tasks: Sequence[Task], *, again: bool) -> list[Task]:
        """What of the tasks has to be asked for."""
        return list(tasks) if again else self.ingest.due(tasks)

    def _unplanned(self, closed_days: Sequence[date], datasets: Sequence[str]) -> list[Outcome]:
        """Of a closed day the bhavcopy, and the rest where there is one: then it was a session.

        The other files are no evidence: some are served for closed days too, as copies.
        """
        outcomes: list[Outcome] = []
        for day in closed_days if _TELLS in datasets else ():
            known = [self.ingest.earlier.of(file) for file in dated(_TELLS, day)]
            if not any(asked_lately(attempts, self.ingest.clock()) for attempts in known):
                outcomes += self._bring(of_range([day], [_TELLS]), False)
            if any(landed_well(self.ingest.earlier.of(file)) for file in dated(_TELLS, day)):
                outcomes += self._bring(of_range([day], datasets), False)
        return outcomes

    def _bring(self, tasks: Sequence[Task], again: bool) -> list[Outcome]:
        if self.refused:
            return []
        outcomes = self.ingest.bring_all(tasks, again=again)
        self.refused = bool(outcomes) and outcomes[-1].status in ("blocked", "quota")
        return outcomes


@contextmanager
def open_archives(source: Source, store: ObjectStore) -> Iterator[Archives]:
    """The exchange's archives as the source's settings describe them."""
    with nse_archives(source.settings, source.clock) as exchange:
        yield Archives(
            source,
            ArchiveIngest(
                source=exchange,
                store=store,
                earlier=Attempts.read(store),
                locks=source.settings.home / "locks",
                clock=source.clock,
            ),
            default_calendar(),
        )
