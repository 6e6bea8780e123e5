"""The lines of an object as PostgreSQL's own COPY takes them; most of the work is done in C."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.redshift.copy_syntax import CopyStatement

MAX_OBJECT = 4 * 1024 * 1024  # one JSON object, and one row
MAX_STRING = 65535  # one string inside a SUPER, in bytes
_RAW_LINE = 1024


class BadRow(Exception):
    """A row that Redshift would not load: where it stands and why."""

    def __init__(
        self, code: int, reason: str, line: int, raw: bytes = b"", column: str = ""
    ) -> None:
        super().__init__(reason)
        self.code, self.reason, self.line, self.column = code, reason, line, column
        self.raw = raw[:_RAW_LINE].decode("utf-8", "replace")
        self.url = ""


@dataclass(slots=True)
class Lines:
    """Feeds one object to COPY and remembers on which line each row began."""

    statement: CopyStatement
    skipped: list[int] = field(default_factory=list)
    count: int = 0

    def blocks(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Whole lines in PostgreSQL's text form (JSON) or CSV form."""
        for block in self._whole_lines(pieces):
            if self.statement.form == "json":
                yield self._json(block)
            else:
                yield self._csv(block)

    def line_of(self, row: int) -> int:
        """The line of the object on which the `row`th line that was fed stands; both from 1."""
        for line in self.skipped:
            if line > row:
                break
            row += 1
        return row

    def _whole_lines(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        rest = b""
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if not end:
                rest += piece
                if len(rest) > 2 * MAX_OBJECT:
                    raise self._too_large(self.count + 1, rest)
                continue
            yield rest + piece[:end]
            rest = piece[end:]
        if rest:
            yield rest + b"\n"

    def _json(self, block: bytes) -> bytes:
        lines = block.split(b"\n")
        lines.pop()
        kept: list[bytes] = []
        for line in lines:
            self.count += 1
            stripped = line.strip(b" \t\r")
            if not stripped:
                self.skipped.append(self.count)
                continue
            if stripped[:1] != b"{":
                raise BadRow(1224, _root_reason(stripped), self.count, line)
            if len(stripped) > MAX_STRING:
                self._large(stripped)
            kept.append(stripped)
        text = b"\n".join(kept).replace(b"\\", b"\\\\").replace(b"\t", b"\\t")
        text = text.replace(b"\r", b"\\r")
        return text + b"\n" if kept else b""

    def _large(self, line: bytes) -> None:
        """A line in which a string may be too long."""
        if len(line) > MAX_OBJECT:
            raise self._too_large(self.count, line)
        try:
            value = json.loads(line)
        except ValueError:
            return  # PostgreSQL says where
        if _has_long_string(value):
            reason = f"String value exceeds the max size of {MAX_STRING} bytes"
            raise BadRow(1224, reason, self.count, line)

    def _csv(self, block: bytes) -> bytes:
        while self.count < self.statement.ignore_header and block:
            _, _, block = block.partition(b"\n")
            self.count += 1
            self.skipped.append(self.count)
        if b"\\.\n" in block or b"\\.\r" in block:
            reason = r"stand-in: a line that ends with \. ends PostgreSQL's own COPY"
            raise BadRow(1214, reason, self.count + 1)
        return block

    def _too_large(self, line: int, raw: bytes) -> BadRow:
        reason = f"JSON object exceeds the maximum size of {MAX_OBJECT} bytes"
        return BadRow(1224, reason, line, raw)


def csv_line_of(statement: CopyStatement, pieces: Iterator[bytes], row: int) -> int:
    """The line on which a row of a CSV begins; a quoted field may hold line ends."""
    text = io.StringIO(b"".join(pieces).decode(), newline="")
    for _ in range(statement.ignore_header):
        text.readline()
    reader = csv.reader(text, delimiter=statement.delimiter, quotechar=statement.quote)
    for _ in range(row - 1):
        next(reader)
    return statement.ignore_header + reader.line_num + 1


def _root_reason(line: bytes) -> str:
    if line[:1] == b"[":
        return "stand-in: a root-level JSON array; write one object per line"
    return "Invalid JSON: the root level must hold objects, one per line"


def _has_long_string(value: object) -> bool:
    match value:
        case str():
            return len(value.encode()) > MAX_STRING
        case dict():
            return any(_has_long_string(item) for item in value.values())
        case list():
            return any(_has_long_string(item) for item in value)
    return False
