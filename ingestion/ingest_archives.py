"""One attempt per file of the exchange: is it due, fetch, judge, land, record.

Run alone: `investiq backfill`, `investiq ingest --source nse`. What lands is what was received; the
same content again adds nothing, another content is a further version beside the first.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from ingestion import landing
from ingestion.archive_plan import Task
from ingestion.attempts import Attempts, is_due, landed_well
from ingestion.calendar import TradingCalendar
from ingestion.errors import SourceError
from ingestion.fetched import Fetched
from ingestion.locks import lock_of
from ingestion.objectstore import ObjectStore, sha256
from ingestion.outcomes import Outcome, record_attempt
from ingestion.promotion.archives import judge
from ingestion.redaction import redact
from ingestion.sources.nse_files import SOURCE, UNDATED, ArchiveFile, dated
from ingestion.zones import ObjectKey

_FAILURES = 3  # in a row, and the source is taken to be down
Clock = Callable[[], datetime]


class ArchiveSource(Protocol):
    """An upstream that has the exchange's files."""

    def fetch(self, file: ArchiveFile) -> Fetched:
        """The file as served; raises `SourceError` when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ArchiveIngest:
    """What every attempt needs.

    Attributes:
        earlier: what has been asked before; what is tried is noted in it.
        locks: where the locks lie that all processes on this home share.
    """

    source: ArchiveSource
    store: ObjectStore
    earlier: Attempts
    locks: Path
    clock: Clock = lambda: datetime.now(UTC)

    def bring_all(
        self,
        tasks: Sequence[Task],
        *,
        again: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Outcome]:
        """Bring what is due, and stop when the exchange refuses: asking on would make it worse."""
        outcomes: list[Outcome] = []
        for number, task in enumerate(tasks, start=1):
            outcomes += self.bring(task, again=again)
            progress(number, len(tasks))
            lately = [outcome.status for outcome in outcomes[-_FAILURES:]]
            if lately[-1:] in (["blocked"], ["quota"]) or lately == ["failed"] * _FAILURES:
                break
        return outcomes

    def due(self, tasks: Iterable[Task]) -> list[Task]:
        """Those of the tasks for which something has to be asked."""
        return [
            task
            for task in tasks
            if any(
                self._is_due(file, task, self.earlier, again=False)
                for file in self._candidates(task, again=False)
            )
        ]

    def bring(self, task: Task, *, again: bool = False) -> list[Outcome]:
        """Ask for the files of a task until one is there.

        Returns:
            One outcome per request; none when nothing was due. A refusal is an outcome too.
        """
        outcomes: list[Outcome] = []
        for file in self._candidates(task, again):
            if not self._is_due(file, task, self.earlier, again):
                continue
            outcomes += self._alone(file, task, again)
            if outcomes and outcomes[-1].status not in ("not_published", "stale"):
                break
        return outcomes

    def _candidates(self, task: Task, again: bool) -> tuple[ArchiveFile, ...]:
        """Of files that can stand for each other the one that came, once one came."""
        came = tuple(file for file in task.files if landed_well(self.earlier.of(file)))
        return task.files if again or not came else came

    def _is_due(self, file: ArchiveFile, task: Task, known: Attempts, again: bool) -> bool:
        return again or is_due(file, known.of(file), self.clock(), recheck=task.recheck)

    def _alone(self, file: ArchiveFile, task: Task, again: bool) -> list[Outcome]:
        """One attempt, unless another process has made it while we waited for the lock."""
        name = f"{file.dataset}-{file.part or 'file'}-{file.trade_date}.lock"
        with lock_of(self.locks / name):
            known = Attempts.read(self.store, file)
            theirs = len(known.of(file)) > len(self.earlier.of(file))
            if theirs and not self._is_due(file, task, known, again=False):
                return []
            outcome = self._attempt(file)
            key = record_attempt(self.store, outcome, file.part)
            self.earlier.note(file, outcome, key)
        return [outcome]

    def _attempt(self, file: ArchiveFile) -> Outcome:
        now = self.clock()
        try:
            fetched = self.source.fetch(file)
        except SourceError as refused:
            evidence = refused.evidence
            kept = landing.land(self.store, evidence).key.landing if evidence else None
            replied = evidence.http_status if evidence else None
            return _outcome(file, refused.status, now, str(refused), kept, replied)
        judged = judge(file.dataset, file.trade_date, fetched.content, fetched.content_type)
        status, detail, key = judged.status, judged.detail, None
        if status == "ok":
            key = self._same_before(file, fetched)
        is_new = False
        if key is None and status != "not_published":  # an empty list: there is nothing to keep
            landed = landing.land(self.store, fetched)
            key, is_new = landed.key.landing, landed.is_new
        if status == "ok" and not is_new:
            status, detail = "unchanged", "the same bytes had landed before"
        return _outcome(file, status, now, detail, key, fetched.http_status, judged.records)

    def _same_before(self, file: ArchiveFile, fetched: Fetched) -> str | None:
        """Where the content of a file without a date lies already, under whatever day."""
        if file.dataset not in UNDATED or not (last := self.earlier.last_good(file)):
            return None
        key = json.loads(self.store.read(last.key).content)["source_key"]
        same = ObjectKey.parse(key).sha_head == sha256(fetched.content)[:16]
        return str(key) if same else None


def closed(store: ObjectStore, calendar: TradingCalendar, day: date, now: datetime) -> Outcome:
    """Record that the calendar expects no files of a day; nothing is asked."""
    detail = calendar.description(day) if day >= calendar.first else ""
    file = dated("bhavcopy", day)[-1]
    outcome = _outcome(file, "holiday", now, detail or "weekend")
    record_attempt(store, outcome, file.part)
    return outcome


def _outcome(
    file: ArchiveFile,
    status: str,
    attempted_at: datetime,
    detail: str,
    source_key: str | None = None,
    http_status: int | None = None,
    records_in: int | None = None,
) -> Outcome:
    return Outcome(
        stage="fetch",
        source_name=SOURCE,
        dataset_name=file.dataset,
        trade_date=file.trade_date,
        status=status,
        attempted_at=attempted_at,
        source_key=source_key,
        http_status=http_status,
        records_in=records_in,
        detail=redact(detail),
    )
