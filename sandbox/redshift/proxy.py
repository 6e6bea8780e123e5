"""The wire proxy: Redshift's way of the PostgreSQL protocol to clients, PostgreSQL behind.

Lock-step: a client's messages up to Sync or Query are one batch, answered up to ReadyForQuery.
So all drivers of Redshift behave, and it lets the stand-in run statements of its own on the
client's session in between.
"""

import contextlib
import logging
import socket
import socketserver
import ssl
import struct
from collections.abc import Iterable
from pathlib import Path

from sandbox.redshift.engine import Engine
from sandbox.redshift.session import Action, Session
from sandbox.redshift.text import statements
from sandbox.redshift.wire import Backend, Message, ServerError, error_body, message, text_at

log = logging.getLogger("sandbox.redshift")
_SSL_REQUEST, _CANCEL_REQUEST = 80877103, 80877102
# Redshift's drivers send them, PostgreSQL knows none of them.
_OWN_PARAMETERS = {
    "client_protocol_version",
    "driver_version",
    "os_version",
    "driver_discovery_version",
    "plugin_name",
    "idp_type",
    "provider_name",
}
_VERSION = b"server_version\x008.0.2\0"
_VARCHAR, _SUPER = 1043, 4000
_AS_VARCHAR = {25, 19, 12}  # text, name, and what has no name
_JSONB = 3802
_BUFFER = 1 << 16


class Client(socketserver.BaseRequestHandler):
    """One connection of a client."""

    server: "Proxy"
    request: socket.socket
    session: Session

    def handle(self) -> None:
        """Log in, then answer batches until the client or the server hangs up."""
        self._actions: dict[str, Action] = {}  # prepared statements the stand-in does itself
        self._portals: dict[str, Action] = {}
        self._backend: Backend | None = None
        try:
            if self._log_in():
                while self._batch():
                    pass
        except (OSError, ValueError, struct.error) as ended:
            log.info("session ended: %s", ended)
        finally:
            if self._backend:
                self._backend.close()

    def finish(self) -> None:
        """Close the TLS wrapping too: socketserver knows the bare socket only."""
        with contextlib.suppress(OSError):
            self.request.close()

    def _receive(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.request.recv(length - len(data))
            if not part:
                raise ConnectionError("the client closed the connection")
            data += part
        return data

    def _send(self, code: bytes, body: bytes = b"") -> None:
        self.request.sendall(message(code, body))

    # ------------------------------------------------------------------ the beginning
    def _log_in(self) -> bool:
        engine = self.server.engine
        parameters = self._startup()
        if parameters is None:
            return False
        if not isinstance(self.request, ssl.SSLSocket):
            user, database = parameters.get("user"), parameters.get("database")
            text = f'no pg_hba.conf entry for user "{user}", database "{database}", SSL off'
            self._send(b"E", error_body(text, "28000", severity="FATAL"))
            return False
        if engine.is_closed:
            text = "the database system is starting up"
            self._send(b"E", error_body(text, "57P03", severity="FATAL"))
            return False
        self._backend = Backend(engine.address, parameters)
        while True:
            code, body = self._backend.read()
            if code == b"S" and body.startswith(b"server_version\0"):
                body = _VERSION
            if code == b"Z":  # as Redshift says that values are text
                self._send(b"S", b"server_protocol_version\x000\0")
                self.session = Session(self._backend, engine)
                self.session.begin()
            self._send(code, body)
            if code in b"EZ":
                return code == b"Z"
            wants_password = code == b"R" and body[:4] not in (b"\0\0\0\0", b"\0\0\0\x0c")
            if wants_password:
                head = self._receive(5)
                rest = self._receive(int(struct.unpack("!i", head[1:])[0]) - 4)
                self._backend.socket.sendall(head + rest)

    def _startup(self) -> dict[str, str] | None:
        """The parameters of the session; None when the client only wanted to cancel."""
        while True:
            length, code = struct.unpack("!ii", self._receive(8))
            if code == _SSL_REQUEST:
                self.request.sendall(b"S")
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                continue
            body = self._receive(length - 8)
            if code == _CANCEL_REQUEST:
                with socket.create_connection(self.server.engine.address) as upstream:
                    upstream.sendall(struct.pack("!ii", length, code) + body)
                return None
            fields = [part.decode() for part in body.split(b"\0")]
            pairs = dict(zip(fields[::2], fields[1::2], strict=False))
            return {k: v for k, v in pairs.items() if k and k not in _OWN_PARAMETERS}

    # ------------------------------------------------------------------ one batch
    def _batch(self) -> bool:
        messages: list[Message] = []
        while not messages or messages[-1][0] not in b"SQ":
            head = self._receive(5)
            body = self._receive(int(struct.unpack("!i", head[1:])[0]) - 4)
            if head[:1] == b"X":
                return False
            messages.append((head[:1], body))
        if messages[-1][0] == b"Q":
            self._simple(text_at(messages[-1][1])[0])
            return True
        own: list[Message] = []
        forwarded: list[bytes] = []
        try:
            for code, body in messages:
                self._one(code, body, own, forwarded)
        except ServerError as error:
            own.append((b"E", error.body))
            forwarded = [message(b"S")]
        self.session.backend.socket.sendall(b"".join(forwarded))
        self._relay(own)
        self._relay(self.session.backend.answers())
        return True

    def _one(self, code: bytes, body: bytes, own: list[Message], forwarded: list[bytes]) -> None:
        """One message of the extended protocol: answered here, or passed on."""
        if code == b"P":
            name, after = text_at(body)
            sql, rest = text_at(body, after)
            plan = self._plan(sql)
            if callable(plan):
                self._actions[name] = plan
                own.append((b"1", b""))
                return
            self._actions.pop(name, None)
            body = f"{name}\0{plan}\0".encode() + body[rest:]
        elif code == b"B":
            portal, after = text_at(body)
            statement = text_at(body, after)[0]
            self._portals.pop(portal, None)
            if statement in self._actions:
                self._portals[portal] = self._actions[statement]
                own.append((b"2", b""))
                return
        elif code == b"D":
            name = text_at(body, 1)[0]
            if body[:1] == b"S" and name in self._actions:
                own.extend([(b"t", b"\0\0"), (b"n", b"")])
                return
            if body[:1] == b"P" and name in self._portals:
                own.append((b"n", b""))
                return
        elif code == b"E" and (action := self._portals.get(text_at(body)[0])):
            own.extend(action())
            return
        elif code == b"C" and body[:1] == b"S" and text_at(body, 1)[0] in self._actions:
            self._actions.pop(text_at(body, 1)[0])
            own.append((b"3", b""))
            return
        forwarded.append(message(code, body))

    def _simple(self, sql: str) -> None:
        backend = self.session.backend
        try:
            for statement in statements(sql) or [""]:
                plan = self._plan(statement)
                if callable(plan):
                    self._relay(plan())
                    continue
                backend.socket.sendall(message(b"Q", plan.encode() + b"\0"))
                answers = (answer for answer in backend.answers() if answer[0] != b"Z")
                if self._relay(answers):
                    break
                self.session.settle()
        except ServerError as error:
            self._relay([(b"E", error.body)])
        self._relay([(b"Z", backend.status)])

    def _plan(self, sql: str) -> str | Action:
        log.debug("%s", sql)
        plan = self.session.plan(sql)
        if isinstance(plan, str) and plan != sql:
            log.debug("  -> %s", plan)
        return plan

    def _relay(self, answers: Iterable[Message]) -> bool:
        """Pass answers on to the client; whether there was an error among them."""
        waiting: list[bytes] = []
        size, failed = 0, False
        try:
            for code, body in answers:
                if code == b"T":
                    body = self._described(body)
                elif code == b"E":
                    failed = True
                    log.debug("error: %s", ServerError(body))
                elif code == b"S" and body.startswith(b"server_version\0"):
                    continue
                elif code == b"C":
                    self.session.completed(body)
                elif code == b"Z":
                    self.session.settle()
                waiting.append(message(code, body))
                size += len(body)
                if size > _BUFFER:
                    self.request.sendall(b"".join(waiting))
                    waiting, size = [], 0
        finally:
            self.request.sendall(b"".join(waiting))
        return failed

    def _described(self, body: bytes) -> bytes:
        """SUPER under Redshift's number of it, and text as varchar."""
        out, position = bytearray(body), 2
        for _ in range(struct.unpack_from("!h", body)[0]):
            position = body.index(b"\0", position) + 1 + 6
            kind = struct.unpack_from("!i", body, position)[0]
            if kind in (self.server.engine.super_oid, _JSONB):
                struct.pack_into("!i", out, position, _SUPER)
            elif kind in _AS_VARCHAR:
                struct.pack_into("!i", out, position, _VARCHAR)
            position += 12
        return bytes(out)


class Proxy(socketserver.ThreadingTCPServer):
    """Listens for clients on loopback; each gets a thread."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, engine: Engine, certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", port), Client)
        self.engine = engine
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client's trouble goes to the log, with its trace."""
        log.exception("a client's session failed")
