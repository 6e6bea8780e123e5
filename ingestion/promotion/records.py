"""What every promotion shares: snake_case keys, envelopes, and what a record may look like.

Keys become snake_case because Redshift's SUPER navigation folds the case of names; the limits are
those of COPY and SUPER (4 MB per object, 65,535 bytes per string, no NUL, no duplicate keys).
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ingestion.zones import ObjectKey

_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z0-9])")
MAX_RECORD_BYTES = 4_000_000
MAX_STRING_BYTES = 65_535
MAX_DEPTH = 64
_MAX_DIGITS = 38  # no warehouse has a number of more
_MAX_DETAIL = 500


class RepeatedKeys(dict[str, Any]):
    """A JSON object in which a key stands twice: which value is meant cannot be known."""


class Refused(Exception):
    """A whole object, or one record, that is not what it should be."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = _printable(detail)
        super().__init__(f"{reason}: {self.detail}")


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """One line of quarantine; record_no 0 stands for the whole object."""

    record_no: int
    reason: str
    detail: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Split:
    """What one landed object came to.

    Attributes:
        raw: the raw object before it is packed; what it holds is loaded as it stands.
        promoted: how many records that are.
        records_in: how many there were before any was refused.
        notes: one sentence for the outcome, such as the columns that no table takes.
    """

    raw: bytes
    promoted: int
    refused: list[RefusedRecord]
    records_in: int
    notes: str = ""


def judged_one_by_one(
    records: Iterable[tuple[int, Any]], judge: Callable[[Any], dict[str, Any]]
) -> tuple[list[tuple[int, dict[str, Any]]], list[RefusedRecord]]:
    """Numbered records as (number, payload) of the good ones, and the refused ones with why.

    Args:
        judge: gives the payload of a record, or raises `Refused`.
    """
    good: list[tuple[int, dict[str, Any]]] = []
    refused: list[RefusedRecord] = []
    for number, record in records:
        try:
            good.append((number, judge(record)))
        except Refused as why:
            refused.append(RefusedRecord(number, why.reason, why.detail, storable(record)))
    return good, refused


def require_no_page(content: bytes, content_type: str) -> None:
    """Refuse what calls itself HTML where data was asked for.

    Raises:
        Refused: html_page.
    """
    if "html" in content_type.lower():
        raise Refused("html_page", f"a page instead of data: {excerpt(content.decode('latin-1'))}")


def envelope(key: ObjectKey) -> dict[str, str]:
    """Where a record came from: the same for all records of an object."""
    return {
        "source_key": key.landing,
        "fetched_at": key.fetched_at.strftime("%Y-%m-%d %H:%M:%S"),
        "trade_date": key.trade_date.isoformat(),
    }


def as_ndjson(key: ObjectKey, good: Iterable[tuple[int, dict[str, Any]]]) -> bytes:
    """Numbered payloads as lines of a raw object."""
    origin = envelope(key)
    return ndjson({**origin, "record_no": number, "payload": payload} for number, payload in good)


@lru_cache(maxsize=4096)  # a reply repeats its few names thousands of times
def snake_case(name: str) -> str:
    """`perChange30d` → `per_change_30d`, `companyName` → `company_name`; spaces become `_`."""
    return re.sub(r"[\s.]+", "_", _WORD_BREAK.sub("_", name.strip())).lower()


def decode_json(content: bytes) -> Any:
    """Parse a body; `NaN`, `Infinity` and numbers beyond every warehouse are kept as text.

    Raises:
        Refused: html_page, truncated, not_json, too_deep or unreadable.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused("unreadable", f"not UTF-8: byte {broken.start}") from None
    stripped = text.lstrip()
    if not stripped:
        raise Refused("truncated", "the body is empty")
    if stripped.startswith("<"):
        raise Refused("html_page", f"a page instead of data: {excerpt(stripped)}")
    try:
        return json.loads(
            text,
            parse_constant=str,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_pairs,
        )
    except RecursionError:
        raise Refused("too_deep", "nested deeper than the parser follows") from None
    except json.JSONDecodeError as broken:
        reason = "truncated" if _ends_early(text, broken) else "not_json"
        raise Refused(reason, f"{broken.msg} at character {broken.pos} of {len(text)}") from None


def prepared(record: dict[str, Any]) -> dict[str, Any]:
    """The record with snake_case keys, or the reason why COPY could not take it.

    Raises:
        Refused: duplicate_key, too_large, too_deep or unreadable.
    """
    payload: dict[str, Any] = _snake_keys(record, depth=0)
    _require_size(payload)
    return payload


def storable(value: Any) -> Any:
    """What quarantine keeps of a refused value: all of it, or None where no line could hold it.

    The landed object has it in any case.
    """
    try:
        _require_storable(value, depth=0)
        _require_size(value)
    except Refused:
        return None
    return value


def ndjson(rows: Iterable[dict[str, Any]]) -> bytes:
    """One JSON object per line, the only form that both COPY and DuckDB read as rows."""
    return b"".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows
    )


def excerpt(text: str) -> str:
    """The beginning of a text on one line, for a reason that a person reads."""
    return " ".join(text[:300].split())[:160]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(found)


def _ends_early(text: str, broken: json.JSONDecodeError) -> bool:
    """Whether the parser ran out of text, rather than into a wrong one."""
    return broken.msg.startswith("Unterminated") or broken.pos >= len(text.rstrip())


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _printable(text: str) -> str:
    """What a person may read of a text: no NUL, no half of a surrogate pair, no end of it."""
    whole = text[:_MAX_DETAIL].encode("utf-8", "backslashreplace").decode()
    return whole.replace("\0", "\\0")


def _snake_keys(value: Any, depth: int) -> Any:
    _require_text_and_depth(value, depth)
    if isinstance(value, RepeatedKeys):
        raise Refused("duplicate_key", f"a key stands twice among {sorted(value)[:20]}")
    if isinstance(value, dict):
        renamed = {snake_case(name): _snake_keys(inner, depth + 1) for name, inner in value.items()}
        if len(renamed) != len(value):
            raise Refused("duplicate_key", f"keys that differ only in case: {sorted(value)[:20]}")
        return renamed
    if isinstance(value, list):
        return [_snake_keys(inner, depth + 1) for inner in value]
    return value


def _require_storable(value: Any, depth: int) -> None:
    _require_text_and_depth(value, depth)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _require_storable(inner, depth + 1)


def _require_text_and_depth(value: Any, depth: int) -> None:
    """Whether a value is not too deep, and it or the names of its fields can be stored as text."""
    if depth > MAX_DEPTH:
        raise Refused("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        _require_text(value)
    elif isinstance(value, dict):
        for name in value:
            _require_text(name)


def _require_text(text: str) -> None:
    if "\0" in text:
        raise Refused("unreadable", "a text holds a NUL character")
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise Refused("unreadable", "a text holds half of a surrogate pair") from None
    if size > MAX_STRING_BYTES:
        raise Refused("too_large", f"a text of over {MAX_STRING_BYTES} bytes")


def _require_size(value: Any) -> None:
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > MAX_RECORD_BYTES:
        raise Refused("too_large", f"{size} bytes; COPY takes {MAX_RECORD_BYTES} per record")
