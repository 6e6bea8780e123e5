"""Quotes of RapidAPI *latest-stock-price*: the array becomes one record per line.

Source: RapidAPI host latest-stock-price.p.rapidapi.com, path `/any`: shares and indices mixed.
Only the structure is judged here; prices are judged in dbt, where they are typed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ingestion.calendar import IST
from ingestion.objectstore import Body
from ingestion.promotion.dates import plausible
from ingestion.promotion.records import (
    Refused,
    RefusedRecord,
    Split,
    as_ndjson,
    decode_json,
    excerpt,
    judged_one_by_one,
    prepared,
    require_no_page,
)
from ingestion.zones import ObjectKey

REQUIRED = (
    "identifier",
    "symbol",
    "last_update_time",
    "open",
    "day_high",
    "day_low",
    "last_price",
    "previous_close",
    "total_traded_volume",
    "total_traded_value",
)
_QUOTA_WORDS = re.compile(r"(?i)quota|rate limit|requests? per|call frequency|too many requests")
_ERROR_KEYS = ("message", "Information", "Note", "Error Message", "error")


@dataclass(frozen=True, slots=True)
class QuoteReply:
    """One reply as an array of records, not yet judged one by one."""

    records: list[Any]

    def dates(self) -> Counter[date]:
        """How many records carry which trade date (IST) of their own."""
        return Counter(moment.date() for moment in self._moments())

    def session(self) -> date | None:
        """The date that most records carry; of equally many, the later one."""
        dates = self.dates()
        return max(dates, key=lambda day: (dates[day], day), default=None)

    def newest(self) -> datetime | None:
        """The latest time that any record carries, UTC."""
        moments = [moment.astimezone(UTC) for moment in self._moments()]
        return max(moments, default=None)

    def _moments(self) -> Iterator[datetime]:
        for record in self.records:
            moment = quoted_at(record)
            if moment:
                yield moment


def read_reply(content: bytes, content_type: str) -> QuoteReply:
    """Recognise a reply, or say what came instead.

    Raises:
        Refused: html_page, quota_reply, api_error, not_json, truncated, not_an_array, empty_array,
            too_deep, unreadable.
    """
    require_no_page(content, content_type)
    body = decode_json(content)
    if isinstance(body, dict):
        said = next((str(body[key]) for key in _ERROR_KEYS if body.get(key)), None)
        if said is None:
            raise Refused("not_an_array", f"an object with the keys {sorted(body)[:10]}")
        reason = "quota_reply" if _QUOTA_WORDS.search(said) else "api_error"
        raise Refused(reason, excerpt(said))
    if not isinstance(body, list):
        raise Refused("not_an_array", f"a {type(body).__name__}")
    if not body:
        raise Refused("empty_array", "the reply holds no record at all")
    return QuoteReply(body)


def split_reply(key: ObjectKey, body: Body) -> Split:
    """The records of a landed reply as JSON lines.

    Raises:
        Refused: the whole object is no reply.
    """
    received = body.metadata.get("content-type-received", body.content_type)
    reply = read_reply(body.content, received)
    good, refused = split(reply)
    return Split(as_ndjson(key, good), len(good), refused, records_in=len(reply.records))


def split(reply: QuoteReply) -> tuple[list[tuple[int, dict[str, Any]]], list[RefusedRecord]]:
    """Judge the records one by one; numbers start at 1, in the order of the reply.

    Returns:
        (number, payload with snake_case keys) of the good ones, and the refused ones.
    """
    return judged_one_by_one(enumerate(reply.records, start=1), _judged)


def quoted_at(record: Any) -> datetime | None:
    """`lastUpdateTime` ("26-Apr-2024 15:59:52", IST without a zone), or None.

    A time before the exchange was founded, or centuries ahead, is none.
    """
    if not isinstance(record, dict):
        return None
    said = next((text for name, text in record.items() if name.strip() == "lastUpdateTime"), "")
    try:
        moment = datetime.strptime(said, "%d-%b-%Y %H:%M:%S").replace(tzinfo=IST)
    except (TypeError, ValueError):
        return None
    return moment if plausible(moment) else None


def _judged(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        said = f"list of {len(record)}" if isinstance(record, list) else excerpt(repr(record))
        raise Refused("not_an_object", f"where an object belongs stands {said}")
    payload = prepared(record)
    missing = [name for name in REQUIRED if name not in payload]
    if missing:
        raise Refused(
            "missing_fields", f"lacks {', '.join(missing)}; has {', '.join(sorted(payload)[:30])}"
        )
    return payload
