"""Indian news: pages, feeds and lists of headlines become one record per row.

Source: finance.yahoo.com and news.google.com (see `ingestion/sources/`), or a list somebody made.
Lands in landing/source=india_news/dataset=…, promoted by `investiq promote` into
raw_data.india_news_headlines. Advertisements, pointers to related news and empty rows are kept
with their kind. When a site has changed: mend `selectors.py`, then `investiq promote --again`.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ingestion.objectstore import Body
from ingestion.promotion import news_kinds
from ingestion.promotion.news_feed import read_feed
from ingestion.promotion.news_items import Item, one_line, without_publisher
from ingestion.promotion.news_lists import read_list
from ingestion.promotion.news_pages import read_page
from ingestion.promotion.news_times import read_time
from ingestion.promotion.records import (
    Refused,
    RefusedRecord,
    Split,
    as_ndjson,
    judged_one_by_one,
    prepared,
)
from ingestion.promotion.selectors import GOOGLE, GOOGLE_PAGE, YAHOO_PAGE
from ingestion.zones import ObjectKey

SOURCE = "india_news"
YAHOO_DATASET, GOOGLE_DATASET = "yahoo_page", "google_page"
FEED_DATASET, LIST_DATASET = "google_feed", "headline_list"
PAGES = {YAHOO_DATASET: YAHOO_PAGE, GOOGLE_DATASET: GOOGLE_PAGE}
DATASETS = (*PAGES, FEED_DATASET, LIST_DATASET)
_STATUS = {"consent_wall": "blocked", "html_page": "blocked"}


class Judgement(NamedTuple):
    """What fetched bytes are: ok, blocked (a wall, a bot page) or failed; see `judge`."""

    status: str
    reason: str
    detail: str
    records: int | None


class Origin(NamedTuple):
    """Which site by which way, and the rules that read it."""

    site: str
    channel: str
    extractor: str


class _Rows(NamedTuple):
    origin: Origin
    items: list[tuple[int, Item]]
    refused: list[RefusedRecord]
    said: str


def judge(dataset: str, content: bytes) -> Judgement:
    """Say what fetched bytes are, without storing anything; nothing is raised for bad bytes."""
    try:
        rows = _rows(dataset, content)
    except Refused as why:
        return Judgement(_STATUS.get(why.reason, "failed"), why.reason, why.detail, None)
    return Judgement("ok", "", rows.said, len(rows.items) + len(rows.refused))


def split_news(key: ObjectKey, body: Body) -> Split:
    """The rows of a landed page, feed or list as JSON lines.

    Raises:
        Refused: the whole object is not what it should be.
    """
    rows = _rows(key.dataset, body.content)
    payloads = (
        (number, _payload(rows.origin, number, item, kind, key.fetched_at, body.metadata))
        for (number, item), kind in zip(rows.items, _kinds(rows), strict=True)
    )
    good, refused = judged_one_by_one(payloads, prepared)
    return Split(
        raw=as_ndjson(key, good),
        promoted=len(good),
        refused=[*rows.refused, *refused],
        records_in=len(rows.items) + len(rows.refused),
        notes=rows.said,
    )


def news_key(link: str | None, site: str, ticker: str | None, title: str | None) -> str:
    """What names a headline in every table: the md5 of its link, else of site, ticker and title."""
    text = link or f"{site}|{ticker or ''}|{title or ''}"
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _rows(dataset: str, content: bytes) -> _Rows:
    if dataset in PAGES:
        return _page(dataset, content)
    if dataset == FEED_DATASET:
        entries = list(enumerate(read_feed(content), start=1))
        origin = Origin(GOOGLE, "feed", "google-feed-1")
        return _Rows(origin, entries, [], "" if entries else "the feed has no entry")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused("unreadable", f"not UTF-8: byte {broken.start}") from None
    items, refused = read_list(text)
    return _Rows(Origin(LIST_DATASET, "list", "list-1"), items, refused, "")


def _page(dataset: str, content: bytes) -> _Rows:
    selectors = PAGES[dataset]
    page = read_page(content, selectors)
    if page.is_wall:
        raise Refused("consent_wall", f"a page that asks for consent: {page.heading[:120]}")
    if page.layout is None and not page.says_nothing:
        raise Refused("layout_drift", f"no selector finds a headline: {page.heading[:120]}")
    said = ""
    if page.layout is None:
        said = "the site says that there is no news"
    elif page.layout != selectors.layouts[0].name:
        said = f"read by the fallback {page.layout}; the first layout finds nothing"
    origin = Origin(selectors.site, "page", selectors.extractor)
    return _Rows(origin, list(enumerate(page.items, start=1)), [], said)


def _kinds(rows: _Rows) -> list[str]:
    """By a page's own marks; by the words only where a row shows neither mark nor time."""
    titles = [item.title for _, item in rows.items]
    if rows.origin.channel == "list":
        return news_kinds.kinds_in_list(titles)
    return [
        news_kinds.kind_of(
            item.title,
            advert=item.advert,
            related=item.related,
            by_words=rows.origin.channel == "page" and item.published_text is None,
        )
        for _, item in rows.items
    ]


def _payload(
    origin: Origin,
    position: int,
    item: Item,
    kind: str,
    fetched_at: datetime,
    asked: Mapping[str, str],
) -> dict[str, Any]:
    ticker = item.ticker or asked.get("ticker") or None
    published = read_time(item.published_text, fetched_at)
    return {
        "news_key": news_key(item.link, origin.site, ticker, item.title),
        "site": origin.site,
        "channel": origin.channel,
        "ticker": ticker,
        "query": one_line(asked.get("query")),
        "position": position,
        "title": item.title,
        "headline": without_publisher(item.title, item.publisher),
        "publisher": item.publisher,
        "link": item.link,
        "guid": item.guid,
        "published_text": item.published_text,
        "published_at": published.at,
        "published_precision": published.precision,
        "kind": kind,
        "summary": item.summary,
        "extractor": origin.extractor,
    }
