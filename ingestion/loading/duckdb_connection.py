"""Opening the embedded warehouse politely: wait for its lock, and say who holds it.

DuckDB lets one process write, or many read; while a writer is open nobody else may even read.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import psutil

from ingestion.errors import ConfigurationError, WarehouseBusy

_HOLDER = re.compile(r"\(PID (\d+)\)")
_FIRST_HEADER = 4096  # bytes, by which DuckDB knows its files
_FRESH_SECONDS = 3.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def connect(
    path: Path,
    *,
    read_only: bool = False,
    wait_seconds: float = 60.0,
    on_wait: Callable[[str], None] = lambda holder: None,
) -> duckdb.DuckDBPyConnection:
    """Open the warehouse file, waiting up to `wait_seconds` for another process to let go.

    Args:
        on_wait: called once with a description of the holder when there is one to wait for.

    Raises:
        ConfigurationError: there is no file to read, or it cannot be opened at all.
        WarehouseBusy: the lock was not free in time; the message names the process.
    """
    if read_only and not path.is_file():
        raise ConfigurationError(
            f"There is no warehouse at {path} yet. Run `investiq run` or `make demo` first."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise _cannot_open(path, refused) from None
    deadline = time.monotonic() + wait_seconds
    pause, told = _FIRST_PAUSE, False
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as refused:
            holder = _holder(str(refused)) or _maker(path, str(refused))
            if holder is None:
                raise _cannot_open(path, refused) from None
            if not told:
                on_wait(holder)
                told = True
            if time.monotonic() >= deadline:
                raise WarehouseBusy(
                    f"The warehouse {path} is held by {holder}; waited {wait_seconds:g} s. Close "
                    "that program (or end the process) and run the command again; "
                    "INVESTIQ_LOCK_WAIT_SECONDS sets the patience."
                ) from None
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _cannot_open(path: Path, refused: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"The warehouse {path} cannot be opened: {refused}. Check the permissions and the free "
        "space; to start anew, move the file away and run `investiq load`."
    )


def _holder(message: str) -> str | None:
    """Who holds the lock, as far as the message and the process table say; None: no lock."""
    if "different configuration" in message:
        return "this very process, in the other mode (read-only against writing)"
    if "Unique file handle conflict" in message:
        return "another thread of this very process, which is opening it"
    if "Could not set lock" not in message:
        return None
    found = _HOLDER.search(message)
    if not found:
        return "another process"
    pid = int(found[1])
    try:
        command = " ".join(" ".join(psutil.Process(pid).cmdline()).split())[:160]
    except psutil.Error:
        return f"PID {pid}"
    return f"PID {pid} ({command})"


def _maker(path: Path, message: str) -> str | None:
    """Another process that makes the file in this moment; an old file is not being made."""
    if "not a valid DuckDB database file" not in message:
        return None
    try:
        made = path.stat()
    except OSError:
        return None
    fresh = made.st_size < _FIRST_HEADER and time.time() - made.st_mtime < _FRESH_SECONDS
    return "another process, which is making it" if fresh else None
