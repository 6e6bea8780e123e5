"""Bytes exactly as received go to `landing/`, for ever, with what was said about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingestion.fetched import Fetched
from ingestion.objectstore import ObjectStore, sha256
from ingestion.redaction import redact
from ingestion.zones import LANDING, ObjectKey, extension_of, partition


@dataclass(frozen=True, slots=True)
class Landed:
    """Where the bytes lie; `is_new` is False when the same bytes had landed for that session."""

    key: ObjectKey
    is_new: bool


def land(store: ObjectStore, fetched: Fetched) -> Landed:
    """Store the bytes once per session asked for; the same content again adds nothing."""
    digest = sha256(fetched.content)
    key = ObjectKey(
        source=fetched.source,
        dataset=fetched.dataset,
        trade_date=fetched.trade_date,
        fetched_at=fetched.fetched_at,
        sha_head=digest[:16],
        extension=extension_of(fetched.content_type),
    )
    for earlier in landed(store, fetched.source, fetched.dataset, fetched.trade_date):
        if earlier.sha_head == key.sha_head:
            return Landed(earlier, is_new=False)
    metadata = {
        "sha256": digest,
        "content-type-received": fetched.content_type,
        "http-status": str(fetched.http_status or ""),
        "url": fetched.url,
        **fetched.notes,
    }
    is_new = store.create(
        key.landing,
        fetched.content,
        _ascii(fetched.content_type) or "application/octet-stream",
        {name: said for name, text in metadata.items() if (said := _ascii(text))},
    )
    return Landed(key, is_new)


def without_secrets(fetched: Fetched, secrets: Sequence[str]) -> Fetched:
    """A refusal that echoes a key, without it; for evidence only, never for data."""
    said = redact(fetched.content.decode("utf-8", "surrogateescape"), secrets)
    content = said.encode("utf-8", "surrogateescape")
    if content == fetched.content:
        return fetched
    return replace(fetched, content=content, notes={**fetched.notes, "masked": "a secret was cut"})


def landed(store: ObjectStore, source: str, dataset: str, trade_date: date) -> list[ObjectKey]:
    """What has landed for one session, oldest first."""
    prefix = f"{LANDING}{partition(source, dataset, trade_date)}/"
    return [ObjectKey.parse(item.key) for item in store.list(prefix)]


def _ascii(text: str) -> str:
    """S3 metadata travels in HTTP headers: ASCII, one line, short."""
    line = " ".join(text.split())
    plain = line.encode("ascii", "backslashreplace").decode()
    return "".join(sign for sign in plain if sign.isprintable())[:500].strip()
