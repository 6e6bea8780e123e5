"""File locks between processes that the kernel releases when a process dies, however it dies."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self


class StillLocked(TimeoutError):
    """Somebody else held a lock for longer than we were willing to wait."""


class FileLock:
    """An advisory lock on a file of its own (flock); shared or exclusive, one per instance."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> Self:
        """Hold it together with others; waits while someone holds it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return self

    def take_alone(self) -> bool:
        """Try to hold it alone (also from shared); False when others hold it as well."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True

    def close(self) -> None:
        """Release it."""
        os.close(self._descriptor)


@contextmanager
def alone(path: Path, patience_seconds: float) -> Iterator[None]:
    """Hold the lock at `path` alone; StillLocked after `patience_seconds`."""
    lock = FileLock(path)
    deadline = time.monotonic() + patience_seconds
    try:
        while not lock.take_alone():
            if time.monotonic() > deadline:
                raise StillLocked(
                    f"another process has held {path} for {patience_seconds:.0f} s. "
                    "See who with `lsof` on that file; end that process, then try again."
                )
            time.sleep(0.02)
        yield
    finally:
        lock.close()
