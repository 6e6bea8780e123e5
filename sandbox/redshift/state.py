"""A running stand-in as its state file tells it: enough to know it from a recycled pid."""

import contextlib
import json
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_STOP_SECONDS = 30.0
_COUNT = 3  # PostgreSQL, the proxy, the Data API
# Children of this process that still run; kept so that they can be reaped when they end.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class ServerState:
    """The process and the ports of PostgreSQL, the proxy and the Data API."""

    pid: int
    created_at: float
    ports: list[int]

    @classmethod
    def of(cls, child: "subprocess.Popen[bytes]", ports: list[int]) -> "ServerState":
        """The state of a child just started."""
        _children.append(child)
        try:
            return cls(child.pid, psutil.Process(child.pid).create_time(), ports)
        except psutil.NoSuchProcess:
            return cls(child.pid, 0.0, ports)

    @classmethod
    def read(cls, path: Path) -> "ServerState | None":
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
        _children[:] = [child for child in _children if child.poll() is None]
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created_at) < 5.0
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self) -> None:
        """End it, by force if it does not go; PostgreSQL goes with it, or is ended later."""
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


def free_ports(wanted: list[int]) -> list[int]:
    """Free ports, the wanted ones where possible; all held until all are found."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for place in range(_COUNT):
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted[place] if place < len(wanted) else 0))
            except OSError:
                probe = held.enter_context(socket.socket())
                probe.bind(("127.0.0.1", 0))
            ports.append(int(probe.getsockname()[1]))
        return ports
