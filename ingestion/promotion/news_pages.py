"""What a news page shows, read from its source by the selectors of `selectors.py`."""

from collections.abc import Iterable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingestion.promotion.news_items import Item, byline, one_line, plain_link
from ingestion.promotion.selectors import GOOGLE, YAHOO, Layout, PageSelectors

SITE_URLS = {YAHOO: "https://finance.yahoo.com/", GOOGLE: "https://news.google.com/"}
_LISTS = frozenset({"ul", "ol", "main", "body", "html"})
_PAGES = frozenset({"main", "body", "html"})


@dataclass(frozen=True, slots=True)
class NewsPage:
    """The rows of a page; `layout` None where no layout knows it.

    Attributes:
        is_wall: a consent page stands where the news should.
        says_nothing: the site itself says that there is no news.
        heading: the title of the page, for a person who has to look what it is.
    """

    items: list[Item]
    layout: str | None
    is_wall: bool
    says_nothing: bool
    heading: str


def read_page(content: bytes, selectors: PageSelectors) -> NewsPage:
    """All rows of the first layout that finds a title; any bytes are a page of some sort."""
    tree = LexborHTMLParser(content.decode("utf-8", "replace"))
    adverts = _marked(tree, selectors.advert)
    related = _marked(tree, selectors.related)
    heading = one_line(node.text()) if (node := tree.css_first("title")) else None
    for layout in selectors.layouts:
        items = [
            _item(
                node,
                layout,
                SITE_URLS[selectors.site],
                advert=_lies_in(node, adverts, _LISTS) or _holds(node, adverts),
                related=_lies_in(node, related, _PAGES),
            )
            for node in tree.css(layout.item)
        ]
        if any(item.title for item in items):
            return NewsPage(items, layout.name, False, False, heading or "")
    return NewsPage(
        items=[],
        layout=None,
        is_wall=_any(tree, selectors.consent),
        says_nothing=_any(tree, selectors.nothing),
        heading=heading or "",
    )


def _item(node: LexborNode, layout: Layout, site_url: str, *, advert: bool, related: bool) -> Item:
    publisher, said = byline(_text(node, layout.byline))
    return Item(
        title=_text(node, layout.title) or _attribute(node, layout.title, "title"),
        link=plain_link(_attribute(node, layout.link, "href"), site_url),
        publisher=_text(node, layout.publisher) or publisher,
        published_text=_attribute(node, layout.time, "datetime")
        or _text(node, layout.time)
        or said,
        summary=_text(node, layout.summary),
        advert=advert,
        related=related,
    )


def _text(node: LexborNode, selectors: Iterable[str]) -> str | None:
    for selector in selectors:
        for found in node.css(selector):
            if text := one_line(found.text()):
                return text
    return None


def _attribute(node: LexborNode, selectors: Iterable[str], name: str) -> str | None:
    for selector in selectors:
        for found in node.css(selector):
            if text := one_line(found.attributes.get(name)):
                return text
    return None


def _any(tree: LexborHTMLParser, selectors: Iterable[str]) -> bool:
    return any(tree.css_first(selector) for selector in selectors)


def _marked(tree: LexborHTMLParser, selectors: Iterable[str]) -> frozenset[int]:
    return frozenset(node.mem_id for selector in selectors for node in tree.css(selector))


def _lies_in(node: LexborNode, marked: frozenset[int], ends: frozenset[str]) -> bool:
    """Whether the row, or what it lies in up to the list or the page, carries a mark."""
    above: LexborNode | None = node
    while above is not None and above.tag not in ends:
        if above.mem_id in marked:
            return True
        above = above.parent
    return False


def _holds(node: LexborNode, marked: frozenset[int]) -> bool:
    return bool(marked) and any(inner.mem_id in marked for inner in node.css("*"))
