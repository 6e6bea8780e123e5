"""Runs one statement for the Data API, with its parameters, on a session of the engine."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.redshift.session import Session
from sandbox.redshift.text import map_code
from sandbox.redshift.wire import Message, Row, ServerError, message, rows_of

_NAMED = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its name and the number of its type."""

    name: str
    kind: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave; `columns` is None when it gives no rows."""

    columns: tuple[Column, ...] | None
    rows: list[Row]
    affected: int


def execute(session: Session, sql: str, values: Mapping[str, str]) -> Result:
    """Run it; ServerError when it fails."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    plan = session.plan(map_code(sql, lambda code: _NAMED.sub(numbered, code)) if values else sql)
    if callable(plan):
        answers = plan()
    else:
        texts = [values[name].encode() for name in names]
        session.backend.socket.sendall(_batch(plan, texts))
        answers = list(session.backend.answers())
    return _result(session, answers)


def _batch(sql: str, values: list[bytes]) -> bytes:
    bound = b"\0\0" + struct.pack("!hh", 0, len(values))
    bound += b"".join(struct.pack("!i", len(value)) + value for value in values)
    return (
        message(b"P", b"\0" + sql.encode() + b"\0\0\0")
        + message(b"B", bound + b"\0\0")
        + message(b"D", b"P\0")
        + message(b"E", b"\0\0\0\0\0")
        + message(b"S")
    )


def _result(session: Session, answers: list[Message]) -> Result:
    columns: tuple[Column, ...] | None = None
    affected = -1
    for code, body in answers:
        if code == b"E":
            raise ServerError(body)
        if code == b"T":
            columns = _columns(body)
        elif code == b"C":
            last = body.rstrip(b"\0").split()[-1]
            affected = int(last) if last.isdigit() else -1
            session.completed(body)
    session.settle()
    return Result(columns, rows_of(answers), affected)


def _columns(body: bytes) -> tuple[Column, ...]:
    found: list[Column] = []
    position = 2
    for _ in range(struct.unpack_from("!h", body)[0]):
        end = body.index(b"\0", position)
        kind = struct.unpack_from("!i", body, end + 7)[0]
        found.append(Column(body[position:end].decode(), kind))
        position = end + 19
    return tuple(found)
