"""Corporate actions and holidays: lists of records, kept as JSON with snake_case keys.

Source: https://www.nseindia.com/api/corporates-corporateActions (JSON) or the website's
CF-CA-equities CSV, which is given the names of the API; /api/holiday-master?type=trading.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ingestion.promotion.records import (
    Refused,
    RefusedRecord,
    Split,
    as_ndjson,
    decode_json,
    excerpt,
    judged_one_by_one,
    prepared,
)
from ingestion.promotion.tables import cells, read_table
from ingestion.zones import ObjectKey

DATASETS = ("corporate_actions", "holidays")
_REQUIRED = {
    "corporate_actions": ("symbol", "subject", "ex_date"),
    "holidays": ("segment", "trading_date"),
}


@dataclass(frozen=True, slots=True)
class Events:
    """The records of one list, judged one by one."""

    good: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)
    added: tuple[str, ...] = ()

    @property
    def records_in(self) -> int:
        """How many there were."""
        return len(self.good) + len(self.refused)

    def split(self, key: ObjectKey, notes: str) -> Split:
        """What promotion writes of them."""
        return Split(
            raw=as_ndjson(key, self.good),
            promoted=len(self.good),
            refused=self.refused,
            records_in=self.records_in,
            notes=notes,
        )


def read(dataset: str, text: str) -> Events:
    """The records of a text.

    Raises:
        Refused: html_page, not_json, truncated, empty_list, not_an_array and what a CSV can be.
    """
    if dataset == "corporate_actions" and not text.lstrip().startswith(("[", "{")):
        return _actions_of_csv(text)
    value = decode_json(text.encode("utf-8", "surrogatepass"))
    records = _segments(value) if dataset == "holidays" else _list(value)
    if not records:
        raise Refused("empty_list", "the list holds no record")
    return Events(*judged_one_by_one(enumerate(records, start=1), partial(_judged, dataset)))


def _list(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    if not isinstance(value, list):
        said = excerpt(json.dumps(value, ensure_ascii=True))
        raise Refused("not_an_array", f"not a list of corporate actions but {said}")
    return value


def _segments(value: Any) -> list[Any]:
    """The holidays of all segments (`CM` is the one of shares), each with its segment."""
    if not isinstance(value, dict) or not all(isinstance(days, list) for days in value.values()):
        raise Refused("not_an_array", "not lists of holidays by segment")
    return [
        {"segment": segment, **day} if isinstance(day, dict) else day
        for segment, days in value.items()
        for day in days
    ]


def _judged(dataset: str, record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise Refused("not_an_object", f"where an object belongs stands {excerpt(repr(record))}")
    payload = prepared(record)
    missing = [name for name in _REQUIRED[dataset] if not payload.get(name)]
    if missing:
        raise Refused(
            "missing_fields", f"lacks {', '.join(missing)}; has {', '.join(sorted(payload)[:30])}"
        )
    return payload


def _actions_of_csv(text: str) -> Events:
    table = read_table("corporate_actions", text, None)
    good = [
        (number, {name: value or None for name, value in zip(table.header, row, strict=True)})
        for number, row in zip(table.numbers, cells(table), strict=True)
    ]
    return Events(good, table.refused, table.added)


def looks_like(value: Any) -> str | None:
    """Which of the two a JSON value is, if any."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        names = set(prepared(value[0]))
        return "corporate_actions" if {"symbol", "subject", "ex_date"} <= names else None
    if isinstance(value, dict) and value and all(isinstance(days, list) for days in value.values()):
        first = next((days[0] for days in value.values() if days), None)
        return "holidays" if isinstance(first, dict) and "tradingDate" in first else None
    return None
