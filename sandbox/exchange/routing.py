"""Requests, replies and upstreams: how one server answers as several.

An upstream is one module with one class. Add a new one to `UPSTREAMS` in `upstreams.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sandbox.exchange.clock import Clock
from sandbox.market import Market


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked: header names in lower case, one value per query parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    simulated_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What an upstream answers when nothing goes wrong on the way."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(
        cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "Reply":
        """A reply whose body is `value` written as JavaScript would write it."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return cls(status, text.encode(), {**kind, **(headers or {})})


@dataclass(frozen=True, slots=True)
class World:
    """What every upstream answers from."""

    market: Market
    clock: Clock


class Upstream(Protocol):
    """One simulated service."""

    def owns(self, path: str) -> bool:
        """Whether this upstream answers for `path`."""
        ...

    def answer(self, request: Request) -> Reply:
        """The reply to a request whose path it owns."""
        ...
