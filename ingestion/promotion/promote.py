"""Promote landed objects: the same function for a Lambda event and for a laptop's loop.

Run alone by `investiq promote`; on AWS by `lambdas/promote/handler.py`, once per S3 event.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.objectstore import Body, ObjectStore, sha256
from ingestion.outcomes import Outcome, record_promotion
from ingestion.promotion import quotes
from ingestion.promotion.records import Refused, RefusedRecord, ndjson
from ingestion.redaction import redact
from ingestion.zones import LANDING, OUTCOMES, ObjectKey

_LEVEL = 5  # a day of quotes: 2.7 times as fast as level 9, for 5 % more bytes
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class PromotionReport:
    """What one object came to; `status` is promoted, partial or quarantined."""

    source_key: str
    status: str
    records_in: int
    promoted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class _Split:
    good: list[tuple[int, dict[str, Any]]]
    refused: list[RefusedRecord]
    records_in: int


def promote_pending(
    store: ObjectStore,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[PromotionReport]:
    """Promote what has landed and has no record of promotion; with `again`, everything."""
    done = set() if again else {item.key for item in store.list(f"{OUTCOMES}stage=promote/")}
    pending = [
        item.key
        for item in store.list(LANDING)
        if ObjectKey.parse(item.key).promote_outcome not in done
    ]
    reports = []
    for number, key in enumerate(pending, start=1):
        reports.append(promote_object(store, key, again=again, clock=clock))
        progress(number, len(pending))
    return reports


def promote_object(
    store: ObjectStore,
    landing_key: str,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
) -> PromotionReport:
    """Read one landed object, write its records to raw and the refused ones to quarantine.

    The outcome is written last, so whoever is killed before it does all of it again, with the
    same bytes under the same keys.

    Raises:
        MissingObject: there is no such object.
        ConfigurationError: no promotion is known for its source and dataset.
    """
    key = ObjectKey.parse(landing_key)
    body = store.read(landing_key)
    split = _split(key, body)
    _write(store, key.raw, landing_key, _raw_rows(key, landing_key, split))
    _write(store, key.quarantine, landing_key, _quarantine_rows(key, landing_key, split))
    report = PromotionReport(
        source_key=landing_key,
        status=_status(split),
        records_in=split.records_in,
        promoted=len(split.good),
        quarantined=len(split.refused),
    )
    outcome = Outcome(
        stage="promote",
        source_name=key.source,
        dataset_name=key.dataset,
        trade_date=key.trade_date,
        status=report.status,
        attempted_at=clock(),
        source_key=landing_key,
        records_in=report.records_in,
        records_promoted=report.promoted,
        records_quarantined=report.quarantined,
        detail="; ".join(sorted({record.reason for record in split.refused})),
    )
    record_promotion(store, outcome, key.promote_outcome, again)
    return report


def _split(key: ObjectKey, body: Body) -> _Split:
    if (key.source, key.dataset) != ("rapidapi", "quotes"):
        raise ConfigurationError(
            f"No promotion is known for {key.source}/{key.dataset}. Add one beside "
            "ingestion/promotion/quotes.py; CONTRIBUTING.md shows the seven steps."
        )
    received = body.metadata.get("content-type-received", body.content_type)
    try:
        reply = quotes.read_reply(body.content, received)
    except Refused as why:
        whole = RefusedRecord(0, why.reason, redact(why.detail))
        return _Split([], [whole], records_in=0)
    good, refused = quotes.split(reply)
    return _Split(good, refused, records_in=len(reply.records))


def _status(split: _Split) -> str:
    if not split.good:
        return "quarantined"
    return "partial" if split.refused else "promoted"


def _envelope(key: ObjectKey, landing_key: str) -> dict[str, Any]:
    return {
        "source_key": landing_key,
        "fetched_at": key.fetched_at.strftime("%Y-%m-%d %H:%M:%S"),
        "trade_date": key.trade_date.isoformat(),
    }


def _raw_rows(key: ObjectKey, landing_key: str, split: _Split) -> list[dict[str, Any]]:
    envelope = _envelope(key, landing_key)
    return [{**envelope, "record_no": no, "payload": payload} for no, payload in split.good]


def _quarantine_rows(key: ObjectKey, landing_key: str, split: _Split) -> list[dict[str, Any]]:
    envelope = _envelope(key, landing_key) | {
        "source_name": key.source,
        "dataset_name": key.dataset,
    }
    return [
        {
            **envelope,
            "record_no": record.record_no,
            "reason": record.reason,
            "detail": record.detail,
            "payload": record.payload,
        }
        for record in split.refused
    ]


def _write(store: ObjectStore, target: str, landing_key: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows; no rows write nothing, unless an earlier promotion left some there."""
    if not rows and not any(item.key == target for item in store.list(target)):
        return
    body = gzip.compress(ndjson(rows), compresslevel=_LEVEL, mtime=0)
    metadata = {"sha256": sha256(body), "records": str(len(rows)), "source-key": landing_key}
    store.put(target, body, "application/x-ndjson", metadata)
