"""The exporter: StatsD in over UDP, Prometheus's text out over HTTP, both on loopback."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from sandbox.statsd.lines import events
from sandbox.statsd.mapping import Mapper
from sandbox.statsd.series import InconsistentHelp, Registry
from sandbox.statsd.tally import Tally

_BUFFER = 8 * 1024 * 1024  # bytes; the kernel gives less where net.core.rmem_max is less
_LARGEST = 65535
_UDP_TABLE = Path("/proc/net/udp")


class ExporterDidNotStart(RuntimeError):
    """A port is taken; the message ends with the next step."""


class StatsdExporter:
    """A stand-in for statsd_exporter, between entering and leaving its context.

    Args:
        mapper: what becomes of names; see `Mapper.read`.
        port: of StatsD, UDP; 0 takes a free one.
        web: of the exposition, HTTP; 0 takes a free one.
        record: gets every line as it came, one after the other.

    Raises:
        ExporterDidNotStart: another process has one of the ports.
    """

    def __init__(
        self, mapper: Mapper, port: int = 0, web: int = 0, record: Path | None = None
    ) -> None:
        self.registry = Registry(mapper, Tally())
        self.broken: str | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._record: BinaryIO | None = record.open("ab", buffering=0) if record else None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            self._socket.bind(("127.0.0.1", port))
            self._socket.settimeout(1.0)
            self._web = _Server(("127.0.0.1", web), self)
        except OSError as problem:
            self._socket.close()
            raise ExporterDidNotStart(
                f"the exporter's ports are taken (UDP {port}, HTTP {web}: {problem.strerror}). "
                "End what listens there, or set INVESTIQ_STATSD_PORT to another one."
            ) from None
        self._threads = [
            threading.Thread(target=self._receive, name="statsd", daemon=True),
            threading.Thread(target=self._web.serve_forever, args=(0.05,), daemon=True),
        ]

    @property
    def port(self) -> int:
        """The UDP port."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._web.server_address[1]}"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._ended.set()
        self._socket.sendto(b"", self._socket.getsockname())  # wakes it, when it has read all else
        self._threads[0].join()
        self._socket.close()
        if self._record:
            self._record.close()

    def take(self, datagram: bytes, now: float) -> None:
        """Do with a datagram what is done with one that arrives."""
        tally, registry = self.registry.tally, self.registry
        with self._lock:
            tally.add("udp_packets")
            for line in datagram.decode("utf-8", "replace").split("\n"):
                tally.add("lines")
                for event in events(line, tally):
                    try:
                        registry.take(event, now)
                    except InconsistentHelp as problem:
                        self.broken = str(problem)

    def exposition(self) -> str:
        """All there is, with what the exporter counts of itself."""
        now = time.time()
        with self._lock:
            self.registry.expire(now)
            lines = [*self.registry.lines(now), *self.registry.tally.lines()]
        dropped = drops(self.port)
        if dropped is not None:
            name = "statsd_standin_udp_drops_total"
            lines += [f"# HELP {name} Datagrams that the kernel threw away, the buffer being full."]
            lines += [f"# TYPE {name} counter", f"{name} {dropped}"]
        return "\n".join(lines) + "\n"

    def _receive(self) -> None:
        while True:
            try:
                datagram = self._socket.recv(_LARGEST)
            except TimeoutError:
                datagram = b""
            if not datagram and self._ended.is_set():
                return
            if not datagram:
                continue
            if self._record:
                self._record.write(datagram.rstrip(b"\n") + b"\n")
            self.take(datagram, time.time())


def drops(port: int) -> int | None:
    """How many datagrams for a UDP port of loopback the kernel threw away; None if it cannot say.

    The last column of /proc/net/udp, for a socket that is still open.
    """
    try:
        table = _UDP_TABLE.read_text("ascii").splitlines()[1:]
    except OSError:
        return None
    for row in table:
        fields = row.split()
        if fields[1] == f"0100007F:{port:04X}":
            return int(fields[-1])
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], exporter: StatsdExporter) -> None:
        self.exporter = exporter
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """`/metrics`, and `/-/healthy` for who waits."""
        if self.path == "/-/healthy":
            self._answer(200, "Statsd Exporter is Healthy.\n")
        elif self.path != "/metrics":
            self._answer(404, "look at /metrics\n")
        elif self.server.exporter.broken:
            self._answer(500, f"{self.server.exporter.broken}\n")
        else:
            self._answer(200, self.server.exporter.exposition())

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
