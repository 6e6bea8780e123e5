"""Global news of Alpha Vantage: the feed of a reply becomes one record per article.

Source: https://www.alphavantage.co/query?function=NEWS_SENTIMENT. Articles stay as received, scores
as text; they are typed and deduplicated in dbt. What is no reply says so with status 200.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.objectstore import Body
from ingestion.promotion.dates import plausible
from ingestion.promotion.records import (
    Refused,
    Split,
    as_ndjson,
    decode_json,
    excerpt,
    judged_one_by_one,
    prepared,
    require_no_page,
)
from ingestion.zones import ObjectKey

SOURCE, DATASET = "alpha_vantage", "news"
FIELDS = frozenset(
    {
        "title",
        "url",
        "time_published",
        "authors",
        "summary",
        "banner_image",
        "source",
        "category_within_source",
        "source_domain",
        "topics",
        "overall_sentiment_score",
        "overall_sentiment_label",
        "ticker_sentiment",
    }
)
_EXPECTED = ("title", "url", "time_published", "topics", "ticker_sentiment")
_NAMED_BY = {"topics": "topic", "ticker_sentiment": "ticker"}
_SAYS = ("Information", "Note", "Error Message", "message", "error")
_NOTHING = re.compile(r"(?i)no articles found")
_QUOTA = re.compile(r"(?i)rate limit|call frequency|requests? per (?:day|second|minute)|calls per")
_BURST = re.compile(r"(?i)per second|more sparingly")
_KEY = re.compile(r"(?i)api ?key|premium endpoint")
_STATUS_OF_REASON = {"quota_reply": "quota", "key_refused": "blocked", "html_page": "blocked"}
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class NewsReply:
    """One reply as a list of articles, not yet judged one by one."""

    articles: list[Any]
    items: str

    def times(self) -> list[datetime]:
        """When the articles were published, UTC, in their order; those without a time left out."""
        return [moment for article in self.articles if (moment := published_at(article))]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a request: the status of its outcome, with how many articles there were."""

    status: str
    detail: str
    records: int | None = None
    reply: NewsReply | None = None


def read_reply(content: bytes, content_type: str) -> NewsReply:
    """Recognise a reply, or say what came instead; a window without articles is a reply.

    Raises:
        Refused: html_page, quota_reply, key_refused, api_error, no_feed, not_json, truncated,
            too_deep, unreadable.
    """
    require_no_page(content, content_type)
    body = decode_json(content)
    if not isinstance(body, dict):
        raise Refused("no_feed", f"a {type(body).__name__} where an object with a feed belongs")
    if isinstance(feed := body.get("feed"), list):
        return NewsReply(feed, str(body.get("items", "")))
    said = next((str(body[key]) for key in _SAYS if body.get(key)), None)
    if said is None:
        raise Refused("no_feed", f"an object with the keys {sorted(body)[:10]}")
    if _NOTHING.search(said):
        return NewsReply([], "0")
    if _QUOTA.search(said):
        raise Refused("quota_reply", excerpt(said))
    raise Refused("key_refused" if _KEY.search(said) else "api_error", excerpt(said))


def judge(content: bytes, content_type: str) -> Judged:
    """Whether a reply is data, and if not, whose fault it is."""
    try:
        reply = read_reply(content, content_type)
    except Refused as why:
        return Judged(_STATUS_OF_REASON.get(why.reason, "failed"), str(why))
    return Judged("ok", f"{len(reply.articles)} articles", len(reply.articles), reply)


def asks_to_slow_down(content: bytes, content_type: str) -> bool:
    """Whether the refusal is over in a second, rather than a day."""
    try:
        read_reply(content, content_type)
    except Refused as why:
        return why.reason == "quota_reply" and bool(_BURST.search(why.detail))
    return False


def split_reply(key: ObjectKey, body: Body) -> Split:
    """The articles of a landed reply as JSON lines.

    Raises:
        Refused: the whole object is no reply.
    """
    received = body.metadata.get("content-type-received", body.content_type)
    reply = read_reply(body.content, received)
    good, refused = judged_one_by_one(enumerate(reply.articles, start=1), _judged)
    return Split(
        as_ndjson(key, good),
        len(good),
        refused,
        records_in=len(reply.articles),
        notes="; ".join(_notes(reply, [payload for _, payload in good])),
    )


def published_at(article: Any) -> datetime | None:
    """`time_published` ("20240428T131800", UTC), or None where there is none that can be."""
    if not isinstance(article, dict):
        return None
    try:
        moment = datetime.strptime(str(article.get("time_published")), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if plausible(moment) else None


def _judged(article: Any) -> dict[str, Any]:
    """An article that says at least what it is called or where it lies.

    Raises:
        Refused: not_an_object, missing_fields, bad_list, or what COPY could not take.
    """
    if not isinstance(article, dict):
        raise Refused("not_an_object", f"where an article belongs stands {excerpt(repr(article))}")
    payload = prepared(article)
    if not any(str(payload.get(name) or "").strip() for name in ("title", "url")):
        raise Refused(
            "missing_fields", f"neither title nor url; has {', '.join(sorted(payload)[:30])}"
        )
    for name, key in _NAMED_BY.items():
        _require_names(name, key, payload.get(name))
    return payload


def _require_names(name: str, key: str, rows: Any) -> None:
    """A list that is there is one of objects, each with what it is about."""
    if rows is None:
        return
    if not isinstance(rows, list):
        raise Refused("bad_list", f"{name} is {excerpt(repr(rows))}")
    for row in rows:
        if not isinstance(row, dict) or not str(row.get(key) or "").strip():
            raise Refused("bad_list", f"{name} holds {excerpt(repr(row))}, which has no {key}")


def _notes(reply: NewsReply, payloads: list[dict[str, Any]]) -> Iterator[str]:
    """What is odd about a reply although its articles could be taken."""
    if reply.items and reply.items != str(len(reply.articles)):
        yield f"items says {excerpt(reply.items)}, the feed has {len(reply.articles)}"
    for name in _EXPECTED:
        if lacking := sum(name not in payload for payload in payloads):
            yield f"{lacking} articles lack {name}"
    if unread := sorted({name for payload in payloads for name in payload} - FIELDS):
        yield f"fields that no model reads: {excerpt(', '.join(unread))}"
