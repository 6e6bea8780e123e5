"""One process at a time per thing to fetch: a lock that the kernel drops when its holder dies.

The file is removed by whoever held it last, so a backfill of twenty years leaves none behind.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lock_of(path: Path) -> Iterator[None]:
    """Hold the lock for the block; who comes second waits, however long the first one takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(file.fileno(), path):
                continue  # its holder has removed it: what we hold is no longer the lock
            try:
                yield
            finally:
                path.unlink()
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)
