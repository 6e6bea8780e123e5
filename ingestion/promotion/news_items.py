"""One row of a news list as it was shown, whatever it was read from, and its link made plain."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"utm_\w+|gclid|fbclid|msclkid|ncid|cmpid|soc_src|soc_trk|guc\w+|\.tsrc|tsrc|_guc\w*"
)
_YAHOO_STORY = re.compile(r"(?:[a-z]+\.)*yahoo\.com", re.ASCII)
_BYLINE = re.compile(r"\s*[•·|]\s*")


@dataclass(frozen=True, slots=True)
class Item:
    """What a row shows; None where it shows nothing. `advert`, `related`: the page says so."""

    title: str | None
    link: str | None = None
    publisher: str | None = None
    published_text: str | None = None
    guid: str | None = None
    summary: str | None = None
    ticker: str | None = None
    advert: bool = False
    related: bool = False


def one_line(text: str | None) -> str | None:
    """The text as a browser shows it, blanks run together; None for nothing."""
    return " ".join(text.split()) or None if text else None


def byline(text: str | None) -> tuple[str | None, str | None]:
    """(publisher, time) of texts such as "Reuters • 2 hours ago"; each may be missing."""
    parts = [part for part in _BYLINE.split(one_line(text) or "") if part]
    if len(parts) > 1:
        return parts[0], parts[-1]
    only = parts[0] if parts else None
    if only and re.search(r"\bago\b|yesterday|today|just now|\d{4}", only.lower()):
        return None, only
    return only, None


def plain_link(link: str | None, site_url: str) -> str | None:
    """An absolute link without what only counts clicks; None for one that is no web page's.

    Args:
        site_url: what a relative link is relative to: the site itself, not where it was fetched.
    """
    if not link or not link.strip():
        return None
    try:
        parts = urlsplit(urljoin(site_url, link.strip()))
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    if _YAHOO_STORY.fullmatch(host) and parts.path.endswith(".html"):
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if not _TRACKING.fullmatch(name.lower())]
    query = parts.query if len(kept) == len(asked) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def without_publisher(title: str | None, publisher: str | None) -> str | None:
    """The headline alone, of a title that ends with the name of its publisher."""
    if title and publisher:
        return title.removesuffix(f" - {publisher}").rstrip() or title
    return title
