"""What an RSS feed of Google News holds, read by feedparser; nothing in it is trusted as HTML.

Source: https://news.google.com/rss/search?q=…&hl=en-IN&gl=IN&ceid=IN:en: title "Headline -
Publisher", a link that redirects, a guid that is none, times in GMT, an escaped anchor below.
"""

import io

import feedparser
from selectolax.lexbor import LexborHTMLParser

from ingestion.promotion.news_items import Item, one_line, plain_link
from ingestion.promotion.records import Refused, excerpt

_ENDS = (b"</rss>", b"</feed>", b"</rdf:RDF>")
_SITE_URL = "https://news.google.com/"


def read_feed(content: bytes) -> list[Item]:
    """The entries of a feed, in its order.

    Raises:
        Refused: html_page, truncated, not_a_feed or unreadable.
    """
    start = content[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        said = LexborHTMLParser(content[:4000].decode("latin-1")).text(separator=" ")
        raise Refused("html_page", f"a page instead of a feed: {excerpt(said)}")
    if not start:
        raise Refused("truncated", "the body is empty")
    try:
        feed = feedparser.parse(
            io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as odd:  # of feedparser and of what it calls, for bytes that are no feed
        raise Refused("unreadable", f"feedparser gives up: {type(odd).__name__}") from None
    if not feed.get("version"):
        raise Refused("not_a_feed", f"neither RSS nor Atom: {excerpt(start.decode('latin-1'))}")
    if not content.rstrip().endswith(_ENDS):
        raise Refused("truncated", f"ends early: {excerpt(content[-80:].decode('latin-1'))}")
    if feed.bozo and not feed.entries:
        raise Refused("unreadable", f"no entry can be read: {feed.get('bozo_exception')}")
    return [_item(entry) for entry in feed.entries]


def _item(entry: feedparser.FeedParserDict) -> Item:
    title, source = entry.get("title"), entry.get("source") or {}
    publisher = one_line(source.get("title"))
    return Item(
        title=one_line(title),
        link=plain_link(entry.get("link"), _SITE_URL),
        publisher=publisher,
        published_text=one_line(entry.get("published" if "published" in entry else "updated")),
        guid=one_line(entry.get("id")),
        summary=_summary(entry.get("summary"), title, publisher),
    )


def _summary(markup: str | None, title: str | None, publisher: str | None) -> str | None:
    """What the description adds to title and publisher: of Google's escaped anchor, nothing."""
    if not markup:
        return None
    text = one_line(LexborHTMLParser(markup).text(separator=" ")) or ""
    said = f"{one_line(title) or ''} {publisher or ''}"
    return None if not text or all(word in said for word in text.split()) else text
