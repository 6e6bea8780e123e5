"""What has been asked before and what came of it, read from the names of the outcome records.

A listing is enough: twenty years of sessions are a few requests to the bucket, so that a backfill
that goes on where it stopped asks the exchange for nothing that is there.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from ingestion.calendar import IST
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome
from ingestion.sources.nse_files import ACTIONS, SOURCE, ArchiveFile
from ingestion.zones import OUTCOMES, STAMP, partition

GOOD = frozenset({"ok", "unchanged"})
ABSENT = frozenset({"not_published", "stale"})
_REST = timedelta(hours=12)  # what was answered well is not asked again before
_APPEARS = timedelta(days=10)  # a file that is not there by then was never published ...
_BELIEVED = timedelta(days=30)  # ... which is believed for so long
_KEY = re.compile(
    r"/dataset=(?P<dataset>[a-z_]+)/trade_date=(?P<day>[\d-]{10})/attempted_at=(?P<at>\d{8}T\d{6}Z)"
    r"/(?P<part>[a-z0-9-]+)\.(?P<status>[a-z_]+)\.[0-9a-f]{16}\.json$"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One earlier attempt; `key` is that of its outcome record."""

    trade_date: date
    attempted_at: datetime
    status: str
    key: str


@dataclass(frozen=True, slots=True)
class Attempts:
    """The earlier attempts by dataset, day and part; each list oldest first."""

    by_file: dict[tuple[str, date, str], list[Attempt]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @classmethod
    def read(cls, store: ObjectStore, like: ArchiveFile | None = None) -> "Attempts":
        """List what has been asked for: all, or what is of the dataset and day of a file."""
        found, prefix = cls(), f"{OUTCOMES}stage=fetch/source={SOURCE}/"
        if like:
            prefix = f"{OUTCOMES}stage=fetch/{partition(SOURCE, like.dataset, like.trade_date)}/"
        for item in store.list(prefix):
            if named := _KEY.search(item.key):
                attempt = Attempt(
                    trade_date=date.fromisoformat(named["day"]),
                    attempted_at=datetime.strptime(named["at"], STAMP).replace(tzinfo=UTC),
                    status=named["status"],
                    key=item.key,
                )
                found._add(named["dataset"], named["part"], attempt)
        return found

    def note(self, file: ArchiveFile, outcome: Outcome, key: str) -> None:
        """Remember what was just tried, and under which key it is recorded."""
        attempt = Attempt(file.trade_date, outcome.attempted_at, outcome.status, key)
        self._add(file.dataset, file.part or "file", attempt)

    def of(self, file: ArchiveFile) -> list[Attempt]:
        """The attempts to get this very file, oldest first."""
        return self.by_file.get((file.dataset, file.trade_date, file.part or "file"), [])

    def last_good(self, file: ArchiveFile) -> Attempt | None:
        """The newest attempt of any day that brought this part of the dataset."""
        same = [
            attempt
            for (dataset, _, part), attempts in self.by_file.items()
            if (dataset, part) == (file.dataset, file.part or "file")
            for attempt in attempts
            if attempt.status in GOOD
        ]
        return max(same, key=lambda attempt: attempt.attempted_at, default=None)

    def _add(self, dataset: str, part: str, attempt: Attempt) -> None:
        self.by_file[dataset, attempt.trade_date, part].append(attempt)


def landed_well(attempts: list[Attempt]) -> bool:
    """Whether one of the attempts brought the file."""
    return any(attempt.status in GOOD for attempt in attempts)


def is_due(
    file: ArchiveFile, attempts: list[Attempt], now: datetime, *, recheck: bool = False
) -> bool:
    """Whether the file should be asked for; with `recheck` also when it landed well a while ago."""
    good = [attempt for attempt in attempts if attempt.status in GOOD]
    absent = [attempt for attempt in attempts if attempt.status in ABSENT]
    answered = [*good, *absent] if file.dataset == ACTIONS else good  # no actions: an answer too
    if any(now - attempt.attempted_at < _REST for attempt in answered):
        return False
    if not recheck and any(_day_of(attempt) >= file.settles_on for attempt in good):
        return False
    return good != [] or not any(
        _day_of(attempt) >= file.settles_on + _APPEARS and now - attempt.attempted_at < _BELIEVED
        for attempt in absent
    )


def asked_lately(attempts: list[Attempt], now: datetime) -> bool:
    """Whether somebody has asked within the last hours, whatever the answer was."""
    return any(now - attempt.attempted_at < _REST for attempt in attempts)


def _day_of(attempt: Attempt) -> date:
    return attempt.attempted_at.astimezone(IST).date()
