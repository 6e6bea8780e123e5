"""The PostgreSQL protocol as a client speaks it: just enough for the stand-in itself."""

import hashlib
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping

Message = tuple[bytes, bytes]
Row = list[str | None]
_PROTOCOL = 196608
OVERLAP = "40001"  # "could not serialize access due to concurrent update"


class ServerError(Exception):
    """An error as PostgreSQL reported it; `body` is that message, to be passed on as it is."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        parts = [part for part in body.split(b"\0") if part]
        self.fields = {part[:1].decode(): part[1:].decode(errors="replace") for part in parts}
        super().__init__(self.fields.get("M", ""))

    @property
    def code(self) -> str:
        """The SQLSTATE."""
        return self.fields.get("C", "")


def message(code: bytes, body: bytes = b"") -> bytes:
    """One message of the protocol."""
    return code + struct.pack("!i", len(body) + 4) + body


def error_body(text: str, code: str = "XX000", detail: str = "", severity: str = "ERROR") -> bytes:
    """The body of an ErrorResponse that PostgreSQL itself did not write."""
    fields = {"S": severity, "V": severity, "C": code, "M": text, "D": detail}
    return b"".join(f"{key}{value}\0".encode() for key, value in fields.items() if value) + b"\0"


def overlap() -> bytes:
    """The error of a transaction that wrote what another had written since its snapshot."""
    detail = (
        "Serializable isolation violation on table - 100167, transactions forming the cycle are: "
        "5705, 5754 (pid:4711)"
    )
    return error_body("1023", "XX000", detail)


def text_at(body: bytes, start: int = 0) -> tuple[str, int]:
    """(the string that begins at `start`, where the next field begins)."""
    end = body.index(b"\0", start)
    return body[start:end].decode(), end + 1


def literal(value: object) -> str:
    """A value as a string literal of SQL."""
    text = str(value).replace("'", "''")
    return f"E'{escaped}'" if (escaped := text.replace("\\", "\\\\")) != text else f"'{text}'"


def quoted(name: str) -> str:
    """A name as a quoted identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def rows_of(messages: Iterable[Message]) -> list[Row]:
    """The DataRows among the messages, as text; None for NULL."""
    return [_row(body) for code, body in messages if code == b"D"]


def _row(body: bytes) -> Row:
    row: Row = []
    position = 2
    for _ in range(int(struct.unpack_from("!h", body)[0])):
        length = int(struct.unpack_from("!i", body, position)[0])
        position += 4
        row.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return row


class Backend:
    """A connection to the PostgreSQL behind; everything on it is text."""

    def __init__(self, address: tuple[str, int], parameters: Mapping[str, str]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self.socket.makefile("rb", buffering=1 << 16)
        self.status = b"I"
        self._user = parameters["user"]
        pairs = b"".join(f"{key}\0{value}\0".encode() for key, value in parameters.items())
        body = struct.pack("!i", _PROTOCOL) + pairs + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)

    def close(self) -> None:
        """Hang up."""
        self._input.close()
        self.socket.close()

    def read(self) -> Message:
        """The next message; ConnectionError when the server hung up."""
        head = self._input.read(5)
        if len(head) < 5:
            raise ConnectionError("the server closed the connection")
        body = self._input.read(int(struct.unpack("!i", head[1:])[0]) - 4)
        if head[:1] == b"Z":
            self.status = body
        if head[:1] == b"E" and f"\0C{OVERLAP}\0".encode() in body:
            body = overlap()
        return head[:1], body

    def answers(self) -> Iterator[Message]:
        """Messages up to and with ReadyForQuery."""
        while True:
            answer = self.read()
            yield answer
            if answer[0] == b"Z":
                return

    def log_in(self, password: str) -> None:
        """Answer the question for the password; ServerError when it is wrong."""
        for code, body in self.answers():
            if code == b"E":
                raise ServerError(body)
            if code == b"R" and body[:4] == b"\0\0\0\x05":
                inner = hashlib.md5((password + self._user).encode()).hexdigest()
                outer = hashlib.md5(inner.encode() + body[4:8]).hexdigest()
                self.socket.sendall(message(b"p", b"md5" + outer.encode() + b"\0"))

    def query(self, sql: str) -> list[Row]:
        """The rows of a statement of the stand-in's own; ServerError when it fails."""
        return rows_of(self.run(sql))

    def run(self, sql: str) -> list[Message]:
        """The messages of a statement by the simple protocol; ServerError when it fails."""
        self.socket.sendall(message(b"Q", sql.encode() + b"\0"))
        return self._checked()

    def copy_in(self, sql: str, blocks: Iterable[bytes]) -> int:
        """Feed the blocks to a COPY FROM STDIN; how many rows it made of them."""
        self.socket.sendall(message(b"Q", sql.encode() + b"\0"))
        code, body = self.read()
        if code != b"G":
            self._checked()
            raise ServerError(body)
        try:
            for block in blocks:
                self.socket.sendall(message(b"d", block))
        except Exception as problem:
            reason = str(problem).replace("\0", " ").encode()
            self.socket.sendall(message(b"f", reason + b"\0"))
            for _ in self.answers():
                pass
            raise
        self.socket.sendall(message(b"c"))
        tag = next(body for code, body in self._checked() if code == b"C")
        return int(tag.rstrip(b"\0").split()[-1])

    def _checked(self) -> list[Message]:
        found = list(self.answers())
        for code, body in found:
            if code == b"E":
                raise ServerError(body)
        return found
