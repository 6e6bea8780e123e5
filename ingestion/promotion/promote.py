"""Promote landed objects: the same function for a Lambda event and for a laptop's loop.

Run alone by `investiq promote`; on AWS by `lambdas/promote/handler.py`, once per S3 event.
"""

import gzip
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from ingestion.errors import ConfigurationError
from ingestion.objectstore import Body, ObjectStore, sha256
from ingestion.outcomes import Outcome, record_promotion
from ingestion.parallel import for_each
from ingestion.promotion import airbyte, alpha_vantage, archives, events, india_news, quotes
from ingestion.promotion.records import Refused, RefusedRecord, Split, envelope, ndjson
from ingestion.redaction import redact
from ingestion.zones import LANDING, OUTCOMES, QUARANTINE, ObjectKey

_CSV_LEVEL = 1
_JSON_LEVEL = 5  # a day of quotes: 2.7 times as fast as level 9, for 5 % more bytes
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class PromotionReport:
    """What one object came to; `status` is promoted, partial or quarantined."""

    source_key: str
    status: str
    records_in: int
    promoted: int
    quarantined: int


Promotion = Callable[[ObjectKey, Body], Split]
PROMOTIONS: dict[tuple[str, str], Promotion] = {
    ("rapidapi", "quotes"): quotes.split_reply,
    (alpha_vantage.SOURCE, alpha_vantage.DATASET): alpha_vantage.split_reply,
    ("airbyte", "records"): airbyte.split_object,
    ("operator", "adjustment_corrections"): archives.split_table,
    **{(india_news.SOURCE, dataset): india_news.split_news for dataset in india_news.DATASETS},
    **{
        (archives.SOURCE, dataset): (
            archives.split_events if dataset in events.DATASETS else archives.split_table
        )
        for dataset in archives.DATASETS
    },
}


def promote_pending(
    store: ObjectStore,
    *,
    again: bool = False,
    only: Collection[str] | None = None,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[PromotionReport]:
    """Promote what has landed and has no record of promotion; with `again`, everything.

    With `only`, no more than the landed objects that it names. Many objects are shared out among
    processes, one object at a time in each.
    """
    pending = pending_keys(store, again=again)
    if only is not None:
        pending = [key for key in pending if key in only]
    reports = []
    # Nothing is written where nothing was refused, unless an earlier promotion left something:
    # one listing tells that of all objects, where each would have to ask for itself.
    left = {item.key for item in store.list(QUARANTINE)}
    numbered = ((key, clock(), ObjectKey.parse(key).quarantine in left) for key in pending)
    for report in for_each(store, numbered, len(pending), partial(_promote_one, again=again)):
        reports.append(report)
        progress(len(reports), len(pending))
    return reports


def pending_keys(
    store: ObjectStore, *, again: bool = False, source: str | None = None
) -> list[str]:
    """The landed objects without a record of their promotion; with `again`, all.

    With `source`, those of this source alone.
    """
    folder = f"source={source}/" if source else ""
    promoted = f"{OUTCOMES}stage=promote/{folder}"
    done = set() if again else {item.key for item in store.list(promoted)}
    return [
        item.key
        for item in store.list(f"{LANDING}{folder}")
        if ObjectKey.parse(item.key).promote_outcome not in done
    ]


def _promote_one(
    store: ObjectStore, item: tuple[str, datetime, bool], again: bool
) -> PromotionReport:
    key, moment, left = item
    return promote_object(store, key, again=again, clock=lambda: moment, left_in_quarantine=left)


def promote_object(
    store: ObjectStore,
    landing_key: str,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
    left_in_quarantine: bool | None = None,
) -> PromotionReport:
    """Read one landed object, write its records to raw and the refused ones to quarantine.

    The outcome is written last, so whoever is killed before it does all of it again, with the
    same bytes under the same keys.

    Args:
        left_in_quarantine: whether an earlier promotion of it wrote there; None: it is looked up.

    Raises:
        MissingObject: there is no such object.
        ConfigurationError: no promotion is known for its source and dataset.
    """
    key = ObjectKey.parse(landing_key)
    body = store.read(landing_key)
    split = _split(key, body)
    refused = _quarantine(key, split.refused)
    _write(store, key.raw, landing_key, split.raw, split.promoted)
    _write(
        store, key.quarantine, landing_key, refused, len(split.refused), there=left_in_quarantine
    )
    report = PromotionReport(
        source_key=landing_key,
        status=_status(split),
        records_in=split.records_in,
        promoted=split.promoted,
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
        detail=_said(split),
    )
    record_promotion(store, outcome, key.promote_outcome, again)
    return report


def _split(key: ObjectKey, body: Body) -> Split:
    promotion = PROMOTIONS.get((key.source, key.dataset))
    if promotion is None:
        raise ConfigurationError(
            f"No promotion is known for {key.source}/{key.dataset}. Add one to PROMOTIONS in "
            "ingestion/promotion/promote.py; CONTRIBUTING.md shows the seven steps."
        )
    try:
        return promotion(key, body)
    except Refused as why:
        whole = RefusedRecord(0, why.reason, redact(why.detail))
        return Split(b"", 0, [whole], records_in=0)


def _status(split: Split) -> str:
    """A reply that rightly holds nothing, such as an hour without news, is promoted as well."""
    if not split.promoted and (split.refused or split.records_in):
        return "quarantined"
    return "partial" if split.refused else "promoted"


def _said(split: Split) -> str:
    said = sorted({record.reason for record in split.refused})
    return "; ".join([*said, *([split.notes] if split.notes else [])])


def _quarantine(key: ObjectKey, refused: list[RefusedRecord]) -> bytes:
    origin = envelope(key) | {"source_name": key.source, "dataset_name": key.dataset}
    return ndjson(
        {
            **origin,
            "record_no": record.record_no,
            "reason": record.reason,
            "detail": record.detail,
            "payload": record.payload,
        }
        for record in refused
    )


def _write(
    store: ObjectStore,
    target: str,
    landing_key: str,
    lines: bytes,
    records: int,
    there: bool | None = None,
) -> None:
    """Write the lines; none write nothing, unless an earlier promotion left some there."""
    if not records:
        if there is None:
            there = any(item.key == target for item in store.list(target))
        if not there:
            return
    tabular = target.endswith(".csv.gz")
    body = gzip.compress(lines, compresslevel=_CSV_LEVEL if tabular else _JSON_LEVEL, mtime=0)
    metadata = {"sha256": sha256(body), "records": str(records), "source-key": landing_key}
    store.put(target, body, "text/csv" if tabular else "application/x-ndjson", metadata)
