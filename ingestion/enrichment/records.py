"""What enrichment needs of a raw object of news: key, moment and title of each record."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class NewsRecord:
    """One article or headline; `published_at` is UTC without zone, that of fetching if unknown."""

    news_key: str
    published_at: datetime
    title: str
    publisher: str | None
    source_key: str


def read_records(packed: bytes) -> list[NewsRecord]:
    """The news of a raw object by publication: of two that say the same, the earlier one leads.

    Advertisements, links to other news and what has no title are left out.
    """
    lines = map(json.loads, gzip.decompress(packed).splitlines())
    found = [record for line in lines if (record := _record(line))]
    return sorted(found, key=lambda record: (record.published_at, record.news_key))


def article_key(payload: dict[str, Any]) -> str:
    """The news_key of an article of Alpha Vantage: of its URL, or of title and time without one."""
    url, title, time = (
        str(payload.get(name) or "").strip(" ") for name in ("url", "title", "time_published")
    )
    return hashlib.md5((url or f"{title}|{time}").encode(), usedforsecurity=False).hexdigest()


def _record(line: dict[str, Any]) -> NewsRecord | None:
    payload = line["payload"]
    fetched_at = datetime.strptime(line["fetched_at"], _TIME)
    if "news_key" in payload:
        if payload.get("kind") != "news":
            return None
        key, publisher = payload["news_key"], payload.get("publisher")
        title = payload.get("headline") or payload.get("title")
        published = _read(payload.get("published_at"), _TIME)
    else:
        key, publisher, title = article_key(payload), None, payload.get("title")
        published = _read(payload.get("time_published"), "%Y%m%dT%H%M%S")
    if not isinstance(title, str) or not title.strip():
        return None
    moment = min(published or fetched_at, fetched_at)  # nothing is news of tomorrow
    return NewsRecord(key, moment, title, publisher, line["source_key"])


def _read(text: object, form: str) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.strptime(text.strip(), form)
    except ValueError:
        return None
