"""Our own guard of an upstream's quota; it survives restarts, because the upstream's count does.

pyrate-limiter keeps the calls of the last day in one SQLite file per upstream.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyrate_limiter import Duration, Limiter, Rate, SQLiteBucket

from ingestion.errors import QuotaExceeded


@dataclass(frozen=True, slots=True)
class Quota:
    """What an upstream allows: `per_second` may be less than one, `per_day` None is without end."""

    name: str
    per_second: float
    per_day: int | None


@dataclass(frozen=True, slots=True)
class QuotaGuard:
    """Asks before every request; waits out the second, refuses when the day is used up."""

    quota: Quota
    second: Limiter
    day: Limiter | None
    lock: Path

    def acquire(self) -> None:
        """Take one request out of the quota.

        Raises:
            QuotaExceeded: none is left for the last 24 hours.
        """
        with _alone(self.lock):
            if self.day and not self.day.try_acquire(self.quota.name, blocking=False):
                raise QuotaExceeded(
                    f"All {self.quota.per_day} requests of the last 24 hours to {self.quota.name} "
                    "are used up. Run the command again tomorrow, or set INVESTIQ_"
                    f"{self.quota.name.upper()}_REQUESTS_PER_DAY to what your plan allows."
                )
            self.second.try_acquire(self.quota.name)


@contextmanager
def quota_guard(quota: Quota, folder: Path) -> Iterator[QuotaGuard]:
    """The guard of one upstream, with its file below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path, lock = str(folder / f"{quota.name}.sqlite"), folder / f"{quota.name}.lock"
    with _alone(lock):
        second = _limiter(_pace(quota.per_second), "per_second", path)
        day = None
        if quota.per_day is not None:
            day = _limiter(Rate(quota.per_day, Duration.DAY), "per_day", path)
    try:
        yield QuotaGuard(quota, second, day, lock)
    finally:
        second.close()
        if day:
            day.close()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time: counting and taking are two statements in pyrate-limiter's SQLite."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pace(per_second: float) -> Rate:
    """Whole numbers may come at once within a second; any other rate is an even pace."""
    if per_second == int(per_second):
        return Rate(int(per_second), Duration.SECOND)
    return Rate(1, round(1000 / per_second))


def _limiter(rate: Rate, table: str, path: str) -> Limiter:
    return Limiter(SQLiteBucket.init_from_file([rate], table=table, db_path=path))
