"""What a source gives: the bytes, and what was said about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source gave.

    Attributes:
        trade_date: the session asked for.
        fetched_at: UTC, aware.
        content_type, http_status, url: as the upstream answered; the URL without secrets.
    """

    source: str
    dataset: str
    trade_date: date
    fetched_at: datetime
    content: bytes
    content_type: str
    http_status: int | None = None
    url: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
