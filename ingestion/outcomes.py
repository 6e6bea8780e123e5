"""One record per attempt: what was tried, what came of it. They are a dataset like any other.

Lands in `outcomes/`, loaded as `raw_data.ingestion_outcomes` by `investiq load`.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from ingestion.objectstore import ObjectStore, sha256
from ingestion.zones import OUTCOMES, STAMP, partition

UNPARTITIONED = date(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to.

    Attributes:
        stage: fetch | promote | enrich.
        status: fetch: ok, unchanged, not_published, stale, holiday, unrecognised, no_browser,
            quota, blocked, failed;
            promote: promoted, partial, quarantined; enrich: enriched.
        trade_date: the session asked for; None where nothing could be asked.
        attempted_at: UTC.
        source_key: the landed object, where there is one.
        detail: one redacted sentence.
    """

    stage: str
    source_name: str
    dataset_name: str
    trade_date: date | None
    status: str
    attempted_at: datetime
    source_key: str | None = None
    http_status: int | None = None
    records_in: int | None = None
    records_promoted: int | None = None
    records_quarantined: int | None = None
    detail: str = ""


def record_attempt(store: ObjectStore, outcome: Outcome, part: str | None = None) -> str:
    """Store the record of a fetch; each attempt has a key of its own, which is returned.

    With a `part` (which of several files of the dataset) the key also tells the status, so that a
    listing alone says what has been asked and what came of it: see `ingestion/attempts.py`.
    """
    stamp = outcome.attempted_at.strftime(STAMP)
    label = "" if part is None else f"{part or 'file'}.{outcome.status}."
    key = f"{_folder(outcome)}attempted_at={stamp}/{label}{_head(outcome)}.json"
    body = _line(outcome, key)
    store.put(key, body, "application/json", _metadata(body))
    return key


def record_once(store: ObjectStore, outcome: Outcome) -> None:
    """Store the record unless one that says the same is there, whenever that was."""
    ending = f"/{_head(outcome)}.json"
    if not any(item.key.endswith(ending) for item in store.list(_folder(outcome))):
        record_attempt(store, outcome)


def record_under(store: ObjectStore, outcome: Outcome, key: str) -> None:
    """Store the record under a key that names what was tried, so that there is one of it."""
    body = _line(outcome, key)
    store.create(key, body, "application/json", _metadata(body))


def record_promotion(store: ObjectStore, outcome: Outcome, key: str, again: bool) -> None:
    """Store the record of a promotion; a repeated event leaves the first one as it is."""
    body = _line(outcome, key)
    write = store.put if again else store.create
    write(key, body, "application/json", _metadata(body))


def _folder(outcome: Outcome) -> str:
    day = outcome.trade_date or UNPARTITIONED
    where = partition(outcome.source_name, outcome.dataset_name, day)
    return f"{OUTCOMES}stage={outcome.stage}/{where}/"


def _head(outcome: Outcome) -> str:
    """Names what the record says, whenever it is said."""
    return sha256(_line(replace(outcome, attempted_at=EPOCH), ""))[:16]


def _line(outcome: Outcome, key: str) -> bytes:
    record = asdict(outcome) | {
        "object_key": key,
        "trade_date": outcome.trade_date.isoformat() if outcome.trade_date else None,
        "attempted_at": outcome.attempted_at.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return (json.dumps(record, sort_keys=True) + "\n").encode()


def _metadata(body: bytes) -> dict[str, str]:
    return {"sha256": sha256(body), "records": "1"}
