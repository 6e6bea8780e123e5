"""Google Sheets by way of Airbyte: what its S3 destination wrote into the bucket.

Source: objects `<prefix>/<namespace>/<stream>/YYYY_MM_DD_EPOCH_<part>.{csv,jsonl}[.gz]`.
Lands in: landing/source=airbyte/dataset=records/. Run alone: `investiq airbyte`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote

from ingestion.errors import ConfigurationError
from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.objectstore import ObjectStore, StoredObject, sha256
from ingestion.outcomes import Outcome, record_once, record_under
from ingestion.zones import LANDING, OUTCOMES, QUARANTINE, RAW, partition

SOURCE, DATASET = "airbyte", "records"
SyncMode = Literal["overwrite", "append"]
_NAME = re.compile(
    r"(?P<day>[0-9]{4}_[0-9]{2}_[0-9]{2})_(?P<epoch>[0-9]{9,14})_[^/]*\.(?P<form>csv|jsonl)(?P<gz>\.gz)?",
    re.ASCII,
)
_GENERATION = "ab-generation-id"  # x-amz-meta-ab-generation-id
_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Part:
    """One object of Airbyte, as its key describes it; `fetched_at` is when the sync began."""

    stored: StoredObject
    namespace: str
    stream: str
    trade_date: date
    fetched_at: datetime
    content_type: str

    @property
    def outcome_key(self) -> str:
        """Where the record of its collection lies: named by the object, so that it is one."""
        name = sha256(f"{self.stored.key} {self.stored.etag}".encode())[:16]
        folder = partition(SOURCE, DATASET, self.trade_date)
        return f"{OUTCOMES}stage=fetch/{folder}/object={name}.json"


def collect(
    store: ObjectStore,
    prefix: str,
    *,
    mode: SyncMode = "overwrite",
    max_bytes: int,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Outcome]:
    """Land every object of Airbyte that has not been landed, each exactly once.

    While an overwriting sync runs, its generation lies beside the one before, which Airbyte
    deletes only after success. Until then the newer one is left alone.

    Returns:
        What is new: `ok` per object, `unrecognised` for what is none of Airbyte's, `failed` for
        one that is too large. The bytes in the prefix stay as they are.
    """
    folder = _folder(prefix)
    found = [_part(item, folder) for item in store.list(folder) if not item.key.endswith("/")]
    if not found:
        return []
    done = {item.key for item in store.list(f"{OUTCOMES}stage=fetch/source={SOURCE}/")}
    outcomes = []
    streams: dict[tuple[str, str], list[Part]] = {}
    for part in found:
        if isinstance(part, Part):
            streams.setdefault((part.namespace, part.stream), []).append(part)
            continue
        key, outcome = _unrecognised(part, clock())
        if key not in done:
            record_under(store, outcome, key)
            outcomes.append(outcome)
    for parts in streams.values():
        if any(part.outcome_key not in done for part in parts):
            for part, generation in _ready(store, parts, mode):
                if part.outcome_key not in done:
                    outcomes.append(_landed(store, part, generation, max_bytes, clock()))
    return outcomes


def _folder(prefix: str) -> str:
    folder = prefix.strip("/") + "/"
    if folder == "/" or folder.startswith((LANDING, RAW, QUARANTINE, OUTCOMES)):
        raise ConfigurationError(
            f"INVESTIQ_AIRBYTE_PREFIX={prefix!r} is no folder of Airbyte's own. Set it to the "
            "bucket path of the Airbyte destination, such as airbyte."
        )
    return folder


def _part(stored: StoredObject, folder: str) -> Part | StoredObject:
    path = PurePosixPath(stored.key.removeprefix(folder))
    named = _NAME.fullmatch(path.name)
    if not named or len(path.parts) < 2:
        return stored
    try:
        epoch = int(named["epoch"])
        seconds = epoch / 1000 if len(named["epoch"]) > 11 else epoch
        return Part(
            stored=stored,
            namespace="/".join(path.parts[:-2]),
            stream=path.parts[-2],
            trade_date=datetime.strptime(named["day"], "%Y_%m_%d").date(),
            fetched_at=datetime.fromtimestamp(int(seconds), UTC),
            content_type="application/gzip" if named["gz"] else _TYPES[named["form"]],
        )
    except (ValueError, OverflowError):
        return stored


def _ready(store: ObjectStore, parts: list[Part], mode: SyncMode) -> Iterator[tuple[Part, str]]:
    """The parts that may be collected, oldest first, each with its generation ("" for none)."""
    known = [(part, store.metadata(part.stored.key).get(_GENERATION, "")) for part in parts]
    numbers = {int(generation) for _, generation in known if generation.isdigit()}
    for part, generation in sorted(known, key=lambda item: item[0].fetched_at):
        unfinished = generation.isdigit() and int(generation) > min(numbers)
        if mode == "append" or not unfinished:
            yield part, generation


def _landed(
    store: ObjectStore, part: Part, generation: str, max_bytes: int, now: datetime
) -> Outcome:
    if part.stored.size > max_bytes:
        detail = f"{part.stored.key}: larger than {max_bytes} bytes; raise INVESTIQ_MAX_BODY_BYTES"
        outcome = Outcome("fetch", SOURCE, DATASET, part.trade_date, "failed", now, detail=detail)
        record_once(store, outcome)
        return outcome
    fetched = Fetched(
        source=SOURCE,
        dataset=DATASET,
        trade_date=part.trade_date,
        fetched_at=part.fetched_at,
        content=store.read(part.stored.key).content,
        content_type=part.content_type,
        url=f"s3://{store.bucket}/{part.stored.key}",
        notes={
            "airbyte-namespace": quote(part.namespace),
            "airbyte-stream": quote(part.stream),
            "airbyte-generation": generation,
        },
    )
    landed = land(store, fetched)
    outcome = Outcome(
        stage="fetch",
        source_name=SOURCE,
        dataset_name=DATASET,
        trade_date=part.trade_date,
        status="ok" if landed.is_new else "unchanged",
        attempted_at=now,
        source_key=landed.key.landing,
        detail=part.stored.key,
    )
    record_under(store, outcome, part.outcome_key)
    return outcome


def _unrecognised(stored: StoredObject, now: datetime) -> tuple[str, Outcome]:
    detail = (
        f"{stored.key}: not named as Airbyte names its objects; set the destination's path format "
        "as ingestion/airbyte/README.md shows"
    )
    outcome = Outcome("fetch", SOURCE, DATASET, None, "unrecognised", now, detail=detail)
    name = sha256(f"{stored.key} {stored.etag}".encode())[:16]
    return f"{OUTCOMES}stage=fetch/source={SOURCE}/dataset={DATASET}/object={name}.json", outcome
