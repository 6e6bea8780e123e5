"""Who takes the datagrams: a real UDP socket, and what they say line by line."""

import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_LINE = re.compile(
    r"investiq\.(?P<name>[a-z0-9_]+)(?P<tags>(,[a-z]+=[A-Za-z0-9_./-]+)*):(?P<value>[-+]?[\d.e+-]+)"
    r"\|(?P<kind>c|g|ms)"
)


@dataclass(frozen=True)
class Sample:
    """One line; `labels` as sorted pairs."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float
    kind: str

    def __getitem__(self, label: str) -> str:
        return dict(self.labels)[label]


class Receiver:
    """A port on loopback that keeps what comes, until the block ends."""

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    @property
    def settings(self) -> dict[str, str]:
        """The variables by which a process sends here."""
        return {"INVESTIQ_STATSD_HOST": "127.0.0.1", "INVESTIQ_STATSD_PORT": str(self.port)}

    def save(self, path: Path) -> None:
        """Keep what came until now."""
        self.samples()
        path.write_bytes(b"\n".join(one for one in self.datagrams if not one.startswith(b"end")))

    def samples(self, name: str = "", wait: float = 2.0) -> list[Sample]:
        """All that was sent before this call, or what is of one metric."""
        end = f"end{time.monotonic_ns()}".encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(end, ("127.0.0.1", self.port))
        deadline = time.monotonic() + wait
        while end not in self.datagrams and time.monotonic() < deadline:
            time.sleep(0.005)
        assert end in self.datagrams, "the receiver lost datagrams"
        return [one for one in samples_of(self.datagrams) if name in ("", one.name)]

    def _take(self) -> None:
        while not self._ended.is_set():
            try:
                self.datagrams.append(self._socket.recv(65536))
            except TimeoutError:
                continue


def samples_of(datagrams: Iterable[bytes]) -> list[Sample]:
    """The lines of datagrams; one that is not as it should be fails the test."""
    found = []
    for line in b"\n".join(one for one in datagrams if not one.startswith(b"end")).splitlines():
        said = _LINE.fullmatch(line.decode("ascii"))
        assert said, line
        pairs = [tag.split("=") for tag in said["tags"].split(",")[1:]]
        labels = tuple(sorted((label, value) for label, value in pairs))
        found.append(Sample(said["name"], labels, float(said["value"]), said["kind"]))
    return found


def series_of(samples: Iterable[Sample]) -> dict[str, set[tuple[tuple[str, str], ...]]]:
    """By metric the combinations of labels."""
    found = defaultdict(set)
    for sample in samples:
        found[sample.name].add(sample.labels)
    return dict(found)
