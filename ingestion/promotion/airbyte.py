"""Records that Airbyte's S3 destination wrote: JSONL or CSV, flattened or not, of any version.

Source: objects that `ingestion/sources/airbyte.py` landed, with namespace and stream beside them.
All four shapes of the same records give the same rows: every value is text (a sheet has nothing
else), an empty cell is absent, an object inside becomes `outer_inner`.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ingestion.objectstore import Body
from ingestion.promotion.records import (
    MAX_DEPTH,
    Refused,
    RefusedRecord,
    RepeatedKeys,
    Split,
    decode_json,
    envelope,
    excerpt,
    ndjson,
    prepared,
    storable,
)
from ingestion.zones import ObjectKey

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
_RAW_ID = ("_airbyte_raw_id", "_airbyte_ab_id")
_EXTRACTED = ("_airbyte_extracted_at", "_airbyte_emitted_at")
_GENERATION, _META, _DATA = "_airbyte_generation_id", "_airbyte_meta", "_airbyte_data"
_OURS = frozenset((*_RAW_ID, *_EXTRACTED, _GENERATION, _META, _DATA))
_AROUND = (
    "\ufeff _.\t\r\n"  # what a header has around it, and what Airbyte's conversion makes of it
)
_GZIP = b"\x1f\x8b"
_Good = list[tuple[int, dict[str, Any]]]


def split(content: bytes, said: Mapping[str, str]) -> tuple[_Good, list[RefusedRecord]]:
    """Judge the records of one object one by one; numbers start at 1, in the order of the file.

    Args:
        content: the object as Airbyte wrote it, compressed or not.
        said: what was said when it landed: `airbyte-namespace`, `airbyte-stream` and, where the
            object's metadata had it, `airbyte-generation`.

    Returns:
        (number, columns of raw_data.airbyte_records) of the good ones, and the refused ones.

    Raises:
        Refused: the object is no such file (truncated, too_large, unreadable, html_page, not_csv,
            duplicate_key, missing_fields).
    """
    good: _Good = []
    refused: list[RefusedRecord] = []
    for number, found in enumerate(_records(_unpacked(content)), start=1):
        if isinstance(found, Refused):
            refused.append(RefusedRecord(number, found.reason, found.detail))
            continue
        try:
            good.append((number, _row(found, said)))
        except Refused as why:
            refused.append(RefusedRecord(number, why.reason, why.detail, storable(found)))
    return good, refused


def split_object(key: ObjectKey, body: Body) -> Split:
    """The records of a landed object as JSON lines.

    Raises:
        Refused: the object is no such file.
    """
    good, refused = split(body.content, body.metadata)
    origin = envelope(key)
    lines = ndjson({**origin, "record_no": number, **columns} for number, columns in good)
    return Split(lines, len(good), refused, records_in=len(good) + len(refused))


def _unpacked(content: bytes) -> str:
    """The text of the file; what unpacks to more than is sane is refused before it fills memory."""
    if content.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(MAX_UNPACKED_BYTES + 1)
        except EOFError:
            raise Refused("truncated", "the compressed file ends early") from None
        except (OSError, zlib.error) as broken:
            raise Refused("unreadable", f"not gzip: {broken}") from None
        if len(content) > MAX_UNPACKED_BYTES:
            raise Refused("too_large", f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused("unreadable", f"not UTF-8: byte {broken.start}") from None


def _records(text: str) -> Iterator[Any]:
    """Each record as a JSON value, or the reason why there is none."""
    start = text.lstrip()
    if not start:
        raise Refused("truncated", "the file is empty")
    if start.startswith("<"):
        raise Refused("html_page", f"a page instead of data: {excerpt(start)}")
    return _csv_records(text) if start.startswith(("_airbyte", '"_airbyte')) else _lines(text)


def _lines(text: str) -> Iterator[Any]:
    for line in text.split("\n"):
        if line.strip():
            try:
                yield decode_json(line.encode("utf-8", "surrogatepass"))
            except Refused as why:
                yield why


def _csv_records(text: str) -> Iterator[Any]:
    """CSV as Airbyte writes it; its own columns that hold JSON are opened."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader)
    except csv.Error as broken:
        raise Refused("not_csv", f"the header: {broken}") from None
    if len(set(header)) != len(header):
        raise Refused("duplicate_key", f"a column stands twice among {sorted(header)[:20]}")
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as broken:
            yield Refused("not_csv", f"line {reader.line_num}: {broken}")
            continue
        if fields is None:
            return
        if not fields:
            continue
        if len(fields) != len(header):
            yield Refused(
                "wrong_columns",
                f"line {reader.line_num}: {len(fields)} fields, the header has {len(header)}",
            )
            continue
        yield dict(zip(header, fields, strict=True))


def _row(record: Any, said: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise Refused("not_an_object", f"where an object belongs stands {excerpt(repr(record))}")
    if isinstance(record, RepeatedKeys):
        raise Refused("duplicate_key", f"a key stands twice among {sorted(record)[:20]}")
    raw_id, extracted = _first(record, _RAW_ID), _first(record, _EXTRACTED)
    if raw_id is None or extracted is None:
        raise Refused(
            "missing_fields",
            f"lacks {' or '.join(_RAW_ID if raw_id is None else _EXTRACTED)}; "
            f"has {', '.join(sorted(record)[:30])}",
        )
    generation = _first(record, (_GENERATION,))
    payload = _payload(record)
    meta = _opened(record, _META)
    if meta:
        payload[_META] = meta
    return {
        "namespace": unquote(said.get("airbyte-namespace", "")) or None,
        "stream_name": unquote(said.get("airbyte-stream", "")) or "unnamed",
        "airbyte_raw_id": str(raw_id),
        "extracted_at": _moment(extracted).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "generation_id": _whole(said.get("airbyte-generation") or None, generation),
        "payload": payload,
    }


def _payload(record: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in record.items() if name not in _OURS}
    data = _opened(record, _DATA)
    if data is not None and own:
        raise Refused("bad_envelope", f"columns beside {_DATA}: {', '.join(sorted(own)[:20])}")
    columns: dict[str, str] = {}
    for name, value in _flat(own if data is None else data):
        if value in (None, ""):
            continue
        key = name.strip(_AROUND)
        if key in columns:
            raise Refused("duplicate_key", f"columns that are one by name: {name}")
        columns[key] = value if isinstance(value, str) else _text(value)
    return prepared(columns)


def _flat(record: dict[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Objects inside as `outer.inner`, as Airbyte's own flattening names them."""
    if depth > MAX_DEPTH:
        raise Refused("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(record, RepeatedKeys):
        raise Refused("duplicate_key", f"a key stands twice among {sorted(record)[:20]}")
    for name, value in record.items():
        if isinstance(value, dict):
            for inner, deeper in _flat(value, depth + 1):
                yield f"{name}.{inner}", deeper
        else:
            yield name, value


def _opened(record: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A member that is an object, or JSON text of one as in CSV; None where there is none."""
    value = _first(record, (name,))
    if isinstance(value, str):
        value = decode_json(value.encode("utf-8", "surrogatepass"))
    if value is None or isinstance(value, dict):
        return value
    raise Refused("bad_envelope", f"{name} is no object: {excerpt(repr(value))}")


def _first(record: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _moment(said: Any) -> datetime:
    """Epoch milliseconds (a number or its digits) or ISO 8601; without a zone it is UTC."""
    text = str(said).strip()
    try:
        if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("bad_envelope", f"the time of extraction is none: {excerpt(text)}") from None


def _whole(*said: Any) -> int | None:
    """The last one that is there; a record's own number beats that of its object."""
    text = next((str(value).strip() for value in reversed(said) if value is not None), None)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise Refused("bad_envelope", f"the generation is no number: {excerpt(text)}")
    return int(text)
