"""Servers that several processes share: the first one in starts it, the last one out stops it."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Self, TypeVar

import psutil

from sandbox.locks import FileLock, StillLocked, alone

T = TypeVar("T")
_LOCK_SECONDS = 90.0
_STOP_SECONDS = 10.0
# Children of this process that still run; kept so that they can be reaped when they end.
_children: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class ServerState:
    """A running server as the state file tells it: enough to know it from a recycled pid."""

    PROGRAM: ClassVar[str] = ""  # the name of its process, where it has one of its own

    pid: int
    created_at: float
    ports: dict[str, int]

    @classmethod
    def of(cls, child: "subprocess.Popen[bytes]", ports: dict[str, int]) -> Self:
        """The state of a child just started."""
        _children.append(child)
        try:
            return cls(child.pid, psutil.Process(child.pid).create_time(), ports)
        except psutil.NoSuchProcess:
            return cls(child.pid, 0.0, ports)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The state at `path`; None when there is none, or it was torn by a crash."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Replace the state at `path` in one step."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)))
        new.replace(path)

    def is_alive(self) -> bool:
        """Whether that very process still runs (same pid, same start, not a zombie)."""
        reap()
        try:
            process = psutil.Process(self.pid)
            # A little tolerance: the start is computed from a clock that may have been set.
            same = abs(process.create_time() - self.created_at) < 5.0
            named = self.PROGRAM in ("", process.name())
            return same and named and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self) -> None:
        """End it, by force if it does not go."""
        deadline = time.monotonic() + _STOP_SECONDS
        with contextlib.suppress(psutil.NoSuchProcess):
            if self.is_alive():
                psutil.Process(self.pid).terminate()
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            if self.is_alive():
                psutil.Process(self.pid).kill()
            while self.is_alive():
                time.sleep(0.01)


def reap() -> None:
    """Collect children that have ended, so that no zombie is taken for a server."""
    _children[:] = [child for child in _children if child.poll() is None]


@contextmanager
def shared(
    data_dir: Path,
    enter: Callable[[bool], T],
    leave: Callable[[], None],
    refusal: Callable[[str], Exception],
) -> Iterator[T]:
    """Be a user of the server on `data_dir` for the block.

    Args:
        data_dir: holds the locks, which the kernel releases when a user dies.
        enter: finds or starts the server; told whether nobody else uses it. One process at a
            time may be in there.
        leave: stops it; called for the last user.
        refusal: makes the error for when another process stays in `enter`.
    """
    user = FileLock(data_dir / "users.lock")
    try:
        try:
            with alone(data_dir / "starter.lock", _LOCK_SECONDS):
                unused = user.take_alone()
                user.share()
                server = enter(unused)
        except StillLocked as error:
            raise refusal(str(error)) from error
        try:
            yield server
        finally:
            with alone(data_dir / "starter.lock", _LOCK_SECONDS):
                if user.take_alone():
                    leave()
    finally:
        user.close()


def free_ports(names: tuple[str, ...], wanted: dict[str, int]) -> dict[str, int]:
    """A free port for each name, the wanted one if possible; all held until all are found."""
    with contextlib.ExitStack() as held:
        ports: dict[str, int] = {}
        for name in names:
            probe = held.enter_context(socket.socket())
            if not _bind(probe, wanted.get(name, 0)):
                probe.bind(("127.0.0.1", 0))
            ports[name] = probe.getsockname()[1]
        return ports


def write_secret(path: Path, values: dict[str, str]) -> None:
    """JSON that its owner alone may read, replaced in one step: somebody may be reading it."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file)
    new.replace(path)


def read_ports(path: Path) -> dict[str, int]:
    """The ports of the last time, by name."""
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return {}  # the first start, or a file torn by a crash: any ports will do


def _bind(probe: socket.socket, port: int) -> bool:
    """Whether `port` could be had; old connections to it that linger do not count."""
    if not port:
        return False
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        return False
    return True
