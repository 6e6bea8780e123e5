"""Scriptable faults: each turns a good reply into what goes over the wire instead."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

from sandbox.exchange.gate import DAILY
from sandbox.exchange.mutations import MUTATIONS, Row
from sandbox.exchange.routing import Reply

_BOT_PAGE = (
    b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
    b"You don't have permission to access this resource on this server.<P>\n"
    b"Reference&#32;&#35;18&#46;5c01d517&#46;1715925139&#46;41f263\n</BODY>\n</HTML>\n"
)


@dataclass(frozen=True, slots=True)
class Wire:
    """Exactly what is sent: `declared_length` None means chunked, `cut` drops the connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    declared_length: int | None
    cut: bool = False
    piece: int = 65536
    pause_seconds: float = 0.0
    delay_seconds: float = 0.0

    @classmethod
    def of(cls, reply: Reply) -> "Wire":
        """The reply, sent as it should be."""
        return cls(reply.status, dict(reply.headers), reply.body, len(reply.body))


class Fault(Protocol):
    """Something that goes wrong with one reply."""

    def apply(self, reply: Reply) -> Wire:
        """What is sent instead of `reply`."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """An error status; `retry_after` is seconds, or an HTTP date that many seconds away."""

    code: int = 503
    retry_after: int | None = None
    as_http_date: bool = False
    message: str = "Service temporarily unavailable"

    def apply(self, reply: Reply) -> Wire:
        """The status with a JSON message, keeping the quota headers."""
        headers = dict(reply.headers)
        if self.retry_after is not None:
            when = datetime.now(UTC) + timedelta(seconds=self.retry_after)
            date = format_datetime(when, usegmt=True)
            headers["Retry-After"] = date if self.as_http_date else str(self.retry_after)
        return Wire.of(Reply.of_json({"message": self.message}, self.code, headers))


@dataclass(frozen=True, slots=True)
class BotPage:
    """An HTML page of a bot wall, with status 200."""

    code: int = 200

    def apply(self, reply: Reply) -> Wire:
        """The page, with the content type of a page; cookies are set all the same."""
        kept = {name: text for name, text in reply.headers.items() if name == "Set-Cookie"}
        headers = {"Content-Type": "text/html; charset=utf-8", **kept}
        return Wire.of(Reply(self.code, _BOT_PAGE, headers))


@dataclass(frozen=True, slots=True)
class QuotaText:
    """Quota text with status 200; `key` is the JSON key: message, Information or Note."""

    key: str = "message"
    text: str = DAILY
    code: int = 200

    def apply(self, reply: Reply) -> Wire:
        """An object where an array should be."""
        return Wire.of(Reply.of_json({self.key: self.text}, self.code, reply.headers))


@dataclass(frozen=True, slots=True)
class CutBody:
    """The connection drops after `keep` (0 to 1) of the body; with a length, or in chunks."""

    keep: float = 0.5
    chunked: bool = False

    def apply(self, reply: Reply) -> Wire:
        """The first part of the body, then nothing more."""
        sent = reply.body[: int(len(reply.body) * self.keep)]
        length = None if self.chunked else len(reply.body)
        return Wire(reply.status, dict(reply.headers), sent, length, cut=True)


@dataclass(frozen=True, slots=True)
class TruncatedJson:
    """Half a document whose Content-Length is right: only parsing shows that it is cut."""

    keep: float = 0.5

    def apply(self, reply: Reply) -> Wire:
        """The first part of the body as if it were all."""
        sent = reply.body[: int(len(reply.body) * self.keep)]
        return Wire(reply.status, dict(reply.headers), sent, len(sent))


@dataclass(frozen=True, slots=True)
class SlowDrip:
    """The body trickles: `piece` bytes every `pause_seconds`; every single read succeeds."""

    piece: int = 16
    pause_seconds: float = 0.05

    def apply(self, reply: Reply) -> Wire:
        """The whole reply, too slowly."""
        wire = Wire.of(reply)
        return replace(wire, piece=self.piece, pause_seconds=self.pause_seconds)


@dataclass(frozen=True, slots=True)
class Delay:
    """Nothing at all for `seconds`, then the good reply."""

    seconds: float = 1.0

    def apply(self, reply: Reply) -> Wire:
        """The reply, later."""
        return replace(Wire.of(reply), delay_seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The connection closes without a single byte."""

    def apply(self, reply: Reply) -> Wire:
        """Nothing: status 0 stands for it."""
        return Wire(0, {}, b"", 0, cut=True)


@dataclass(frozen=True, slots=True)
class EmptyArray:
    """`[]`: valid, and empty."""

    def apply(self, reply: Reply) -> Wire:
        """An array without rows."""
        return Wire.of(Reply.of_json([], reply.status, reply.headers))


@dataclass(frozen=True, slots=True)
class Body:
    """Any other text as the body, with the good reply's status and headers."""

    text: str
    content_type: str = "application/json; charset=utf-8"

    def apply(self, reply: Reply) -> Wire:
        """The text, with its right length."""
        headers = {**reply.headers, "Content-Type": self.content_type}
        return Wire.of(Reply(reply.status, self.text.encode(), headers))


@dataclass(frozen=True, slots=True)
class GzipBomb:
    """A small gzip body that expands to `expanded_bytes`."""

    expanded_bytes: int = 512 * 1024 * 1024

    def apply(self, reply: Reply) -> Wire:
        """An array that opens and never ends, compressed a thousandfold."""
        block = b" " * (1024 * 1024)
        # One member per mebibyte: a gzip stream may consist of many, and each is the same bytes.
        member = gzip.compress(block, compresslevel=9, mtime=0)
        count = max(1, self.expanded_bytes // len(block))
        body = gzip.compress(b"[", mtime=0) + member * count
        return Wire.of(Reply(200, body, {**reply.headers, "Content-Encoding": "gzip"}))


@dataclass(frozen=True, slots=True)
class Gzipped:
    """The good reply, compressed: no fault, but what a gateway does."""

    def apply(self, reply: Reply) -> Wire:
        """The same content with Content-Encoding gzip."""
        body = gzip.compress(reply.body, mtime=0)
        headers = {**reply.headers, "Content-Encoding": "gzip"}
        return Wire.of(Reply(reply.status, body, headers))


@dataclass(frozen=True, slots=True)
class Mutate:
    """Some rows changed, by a name of `MUTATIONS` or by a function of the rows.

    A named mutation changes the first `rows` share rows of the session that the reply is about.
    """

    how: str | Callable[[list[Row]], list[Any]]
    rows: int = 1

    def __post_init__(self) -> None:
        """Refuse an unknown name when the fault is scripted, not when it strikes."""
        if isinstance(self.how, str) and self.how not in MUTATIONS:
            raise ValueError(f"no mutation {self.how!r}; choose one of {', '.join(MUTATIONS)}")

    def apply(self, reply: Reply) -> Wire:
        """The array with the changed rows, written with NaN and Infinity where they are asked."""
        before: list[Row] = json.loads(reply.body)
        if isinstance(self.how, str):
            after = MUTATIONS[self.how](before, self.rows)
        else:
            after = self.how(before)
        return Wire.of(Reply.of_json(after, reply.status, reply.headers))


FAULTS: dict[str, Callable[..., Fault]] = {
    "status": Status,
    "bot_page": BotPage,
    "quota_text": QuotaText,
    "cut_body": CutBody,
    "truncated_json": TruncatedJson,
    "slow_drip": SlowDrip,
    "delay": Delay,
    "no_answer": NoAnswer,
    "empty_array": EmptyArray,
    "body": Body,
    "gzip_bomb": GzipBomb,
    "gzipped": Gzipped,
    "mutate": Mutate,
}


@dataclass(slots=True)
class Script:
    """The faults still to come on each path, first in, first out."""

    pending: dict[str, list[Fault]] = field(default_factory=dict)

    def add(self, path: str, fault: Fault, times: int) -> None:
        """Put `fault` on the next `times` good replies of `path` that no other fault has."""
        self.pending.setdefault(path, []).extend([fault] * times)

    def take(self, path: str) -> Fault | None:
        """The next fault of `path`, which is then used up."""
        queue = self.pending.get(path)
        return queue.pop(0) if queue else None
