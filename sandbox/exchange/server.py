"""The HTTP server of the simulated exchange: threads, loopback, a free port."""

import contextlib
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange.alpha_vantage import KeyDesk
from sandbox.exchange.clock import Clock
from sandbox.exchange.control import PREFIX, control
from sandbox.exchange.faults import Fault, Script, Wire
from sandbox.exchange.file_faults import AnswerOf, PageLayout
from sandbox.exchange.gate import HOST, Gate, Quota
from sandbox.exchange.routing import Reply, Request, Upstream, World
from sandbox.exchange.upstreams import make_upstreams
from sandbox.market import Market


class Exchange:
    """A simulated exchange that answers on `url` between entering and leaving its context.

    `now` is where its clock stands at first: the evening of the market's last session unless given.
    """

    api_host = HOST

    def __init__(
        self,
        market: Market,
        now: datetime | None = None,
        quota: Quota | None = None,
        port: int = 0,
    ) -> None:
        self.market = market
        self.requests: list[Request] = []
        now = now or datetime.combine(market.sessions[-1], time(20, 0))
        market.number_as_of(now)  # refuses a moment before the market begins
        self._clock = Clock(now)
        self.gate = Gate(self._clock, quota or Quota())
        self.news_desk = KeyDesk(self._clock)
        self._upstreams = make_upstreams(World(market, self._clock), self.gate, self.news_desk)
        self._script = Script()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._serve, name="exchange", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def now(self) -> datetime:
        """The simulated moment, IST without a zone."""
        return self._clock.now()

    @property
    def pending(self) -> Mapping[str, list[Fault]]:
        """Faults that are scripted and not yet used up, by path."""
        with self._lock:
            return {path: list(left) for path, left in self._script.pending.items() if left}

    def set_clock(self, moment: datetime) -> None:
        """Move the simulated clock; `moment` is IST when it has no zone.

        Raises LookupError for a moment before the market's first opening.
        """
        self.market.number_as_of(moment)
        self._clock.set(moment)

    def script(self, path: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` good replies on `path` go wrong by `fault`, first in, first out."""
        with self._lock:
            self._script.add(path, fault, times)

    def clear_faults(self) -> None:
        """Forget the faults that are still to come."""
        with self._lock:
            self._script = Script()

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop at once: open connections are dropped, also in the middle of a slow reply."""
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def respond(self, request: Request) -> Wire:
        """What goes over the wire in answer to `request`."""
        if request.path.startswith(PREFIX):
            return Wire.of(control(self, request))
        with self._lock:
            self.requests.append(request)
        for upstream in self._upstreams:
            if upstream.owns(request.path):
                reply = upstream.answer(request)
                return self._spoil(upstream, request, reply)
        text = f"Endpoint '{request.path}' does not exist"
        return Wire.of(Reply.of_json({"message": text}, 404))

    def request_of(self, handler: BaseHTTPRequestHandler) -> Request:
        """The request that `handler` has read the head of; reads the body."""
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        return Request(
            method=handler.command,
            path=self._clock.enter(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(length),
            simulated_at=self.now,
        )

    def _spoil(self, upstream: Upstream, request: Request, reply: Reply) -> Wire:
        """The reply with the fault that is due, if it is a good one and one is scripted."""
        if reply.status >= 400:
            return Wire.of(reply)
        with self._lock:
            fault = self._script.take(request.path)
        if isinstance(fault, AnswerOf | PageLayout):
            return Wire.of(upstream.answer(fault.instead_of(request)))
        return fault.apply(reply) if fault else Wire.of(reply)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], exchange: Exchange) -> None:
        super().__init__(address, _Handler)
        self.exchange = exchange
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that stopping can drop it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of the exchange; all else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Drop all connections that are still open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; do not wait between them
    server: _Server

    def do_GET(self) -> None:
        """Answer any method through the exchange."""
        self._send(self.server.exchange.respond(self.server.exchange.request_of(self)))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: tests read `exchange.requests` instead."""

    def _send(self, wire: Wire) -> None:
        if self._stopped_after(wire.delay_seconds):
            return
        if wire.status:
            self.send_response_only(wire.status)
            for name, value in {"Date": self.date_time_string(), **wire.headers}.items():
                for line in value.split("\n"):  # such as two cookies
                    self.send_header(name, line)
            if wire.declared_length is None:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(wire.declared_length))
            self.end_headers()
            self._send_body(wire)
        if wire.cut:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _send_body(self, wire: Wire) -> None:
        chunked = wire.declared_length is None
        for start in range(0, len(wire.body), wire.piece):
            piece = wire.body[start : start + wire.piece]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if self._stopped_after(wire.pause_seconds):
                return
        if chunked and not wire.cut:
            self.wfile.write(b"0\r\n\r\n")

    def _stopped_after(self, seconds: float) -> bool:
        """Wait; True when the server was stopped meanwhile, which also ends this connection."""
        if seconds > 0 and self.server.stopping.wait(seconds):
            self.close_connection = True
            return True
        return False
