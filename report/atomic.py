"""Files and directories that appear whole or not at all, whatever dies in between.

A file is written beside its place and renamed over it. A directory cannot be renamed over a
directory that has something in it, on any POSIX system; so a published directory is a symbolic
link into a store of finished sets, and publishing is one rename of that link. Readers that
resolve the link first keep a consistent set, because the set before the newest one is kept.
"""

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from report.errors import PublishFailed

STAGING_PREFIX = "staging-"
_POLL_SECONDS = 0.1


def fsync(path: Path) -> None:
    """Make a file's or directory's content survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write `content` to `path` in one step; False, and no write, when it is there already."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    staged = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with staged.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    fsync(path.parent)
    return True


def _sweep(path: Path) -> None:
    """Remove what writers of `path` that died left beside it, and nothing of one at work."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        writer = leftover.name.split(".")[-3]
        if writer.isdigit() and not psutil.pid_exists(int(writer)):
            leftover.unlink(missing_ok=True)


class PublishedDirectory:
    """A directory at `link` that changes as a whole; its finished sets lie in `store` beside it."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.store = link.with_name(f".{link.name}")

    @contextmanager
    def exclusive(self, wait_seconds: float) -> Iterator[None]:
        """Hold the store alone: two publishers at once go one after the other.

        The kernel frees the lock when its holder dies, so a crash leaves nothing to unlock.
        """
        self.store.mkdir(parents=True, exist_ok=True)
        with (self.store / "lock").open("w") as lock:
            deadline = time.monotonic() + wait_seconds
            while not _try_lock(lock.fileno()):
                if time.monotonic() > deadline:
                    raise PublishFailed(
                        f"Another process has been publishing to {self.link} for more than "
                        f"{wait_seconds:.0f} s. Let it finish, then run this again."
                    )
                time.sleep(_POLL_SECONDS)
            yield

    def current(self) -> Path | None:
        """The set that readers see now, resolved; None before the first publication."""
        return self.link.resolve() if self.link.is_dir() else None

    def new_staging(self) -> Path:
        """A fresh directory to fill; what crashed runs left behind is removed first."""
        if self.link.is_dir() and not self.link.is_symlink():
            raise PublishFailed(
                f"{self.link} is a plain directory that this export did not make, and it will not "
                "be overwritten. Move it away, then run `investiq report` again."
            )
        for leftover in self.store.glob(f"{STAGING_PREFIX}*"):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        staging = self.store / f"{STAGING_PREFIX}{os.getpid()}"
        staging.mkdir()
        return staging

    def discard(self, staging: Path) -> None:
        """Throw a staging directory away: what it holds is published already."""
        shutil.rmtree(staging)

    def swap(self, staging: Path, name: str) -> Path:
        """Make `staging` what readers see, in one rename; keep the set before it, drop older.

        Returns where the set lies now.
        """
        previous = self.current()
        finished = self.store / name
        number = 1
        while finished.exists():
            number += 1
            finished = self.store / f"{name}-{number}"
        for entry in [*staging.iterdir(), staging]:
            fsync(entry)
        staging.rename(finished)
        fsync(self.store)
        flip_link(self.link, finished, self.store / f"{STAGING_PREFIX}link")
        kept = {finished.resolve(), previous}
        for old in self.store.iterdir():
            if old.is_dir() and old.resolve() not in kept:
                shutil.rmtree(old)
        return finished


def flip_link(link: Path, target: Path, staged: Path) -> None:
    """Point `link` at `target` (relatively, so that the tree can be moved) in one rename."""
    staged.symlink_to(os.path.relpath(target, link.parent))
    staged.replace(link)
    fsync(link.parent)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
