"""Google News as it answers a search: an RSS feed, and a page that a script has drawn.

Source: https://news.google.com/rss/search?q=…&hl=en-IN&gl=IN&ceid=IN:en and /search?q=….
Layouts of the page, by the fault `page_layout`: jtkrv (as it is), headings (as it was), unknown,
consent, consent_stuck.
"""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zlib import crc32

from ingestion.calendar import IST
from sandbox.exchange.file_faults import LAYOUT_HEADER
from sandbox.exchange.press import ago, published, short_name, text
from sandbox.exchange.routing import Reply, Request, World
from sandbox.news import Story

_FEED, _SEARCH = "/rss/search", "/search"
_AT_MOST = 100
_SITE = "https://news.google.com"
_COOKIE = "SOCS=given"
_PAGE = """<!DOCTYPE html>
<html lang="en-IN"><head><meta charset="utf-8"><title>Google News - Search</title></head>
<body><c-wiz><main id="list"></main></c-wiz><template id="rows">%s</template>
<script>
  requestAnimationFrame(() => document.getElementById("list").replaceChildren(
    document.getElementById("rows").content));
</script></body></html>
"""
_NOTHING = '<div class="no-results">There are no items to show.</div>'
_WALL = """<!DOCTYPE html>
<html lang="en-IN"><head><meta charset="utf-8"><title>Before you continue to Google</title></head>
<body><form action="https://consent.google.com/save" onsubmit="return false">
<button aria-label="Accept all">Accept all</button>
<button aria-label="Reject all" id="no">Reject all</button></form>
<script>
  document.getElementById("no").addEventListener("click", () => {
    if (%s) { document.cookie = "SOCS=given; path=/"; location.reload(); }
  });
</script></body></html>
"""


class GoogleNews:
    """Answers searches with what the press of the simulated market has written."""

    def __init__(self, world: World) -> None:
        self._world = world

    def owns(self, path: str) -> bool:
        """The feed and the page of a search."""
        return path in (_FEED, _SEARCH)

    def answer(self, request: Request) -> Reply:
        """The feed, or the page in the layout that is asked for."""
        found = self._found(request.query.get("q", ""))
        now = self._world.clock.now()
        if request.path == _FEED:
            feed = _feed(request.query.get("q", ""), found, now)
            return Reply(200, feed.encode(), {"Content-Type": "application/xml; charset=utf-8"})
        layout = request.headers.get(LAYOUT_HEADER, "jtkrv")
        given = _COOKIE in request.headers.get("cookie", "")
        if layout == "consent_stuck" or (layout == "consent" and not given):
            return _html(_WALL % ("true" if layout == "consent" else "false"))
        rows = "\n".join(_row(story, now, layout) for story in found)
        return _html(_PAGE % (rows or _NOTHING))

    def _found(self, query: str) -> list[Story]:
        """The stories of the companies that the query names, by symbol or name; newest first."""
        asked, market, now = f" {_plain(query)} ", self._world.market, self._world.clock.now()
        about = set()
        for security in market.securities:
            identity = market.identity_on(security.id, now.date())
            names = [identity.symbol, short_name(market, security.id, now)] if identity else []
            if any(f" {_plain(name)} " in asked for name in names if name):
                about.add(security.id)
        return [s for s in published(market, now) if about & set(s.security_ids)][:_AT_MOST]


def _feed(query: str, found: list[Story], now: datetime) -> str:
    built = format_datetime(now.replace(tzinfo=IST).astimezone(UTC), usegmt=True)
    items = "".join(_item(story, now) for story in found)
    title = text(f'"{query}" - Google News')
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<generator>NFE/5.0</generator><title>{title}</title><link>{_SITE}/search</link>"
        f"<language>en-IN</language><lastBuildDate>{built}</lastBuildDate>{items}</channel></rss>"
    )


def _item(story: Story, now: datetime) -> str:
    guid = _guid(story, now)
    link = f"{_SITE}/rss/articles/{guid}?oc=5"
    anchor = (
        f'<a href="{link}" target="_blank">{text(story.title)}</a>&nbsp;&nbsp;'
        f'<font color="#6f6f6f">{text(story.publisher)}</font>'
    )
    return (
        f"<item><title>{text(f'{story.title} - {story.publisher}')}</title><link>{link}</link>"
        f'<guid isPermaLink="false">{guid}</guid>'
        f"<pubDate>{format_datetime(story.published_at, usegmt=True)}</pubDate>"
        f"<description>{text(anchor)}</description>"
        f'<source url="https://www.{story.publisher_domain}">{text(story.publisher)}</source></item>'
    )


def _guid(story: Story, now: datetime) -> str:
    """The opaque name of a story; of some stories another one on later days."""
    later = now.date() > story.published_at.astimezone(IST).date() + timedelta(days=1)
    moves = crc32(story.story_id.encode()) % 4 == 0
    named = f"{story.url}|{'b' if later and moves else 'a'}"
    return "CBMi" + base64.urlsafe_b64encode(named.encode()).decode().rstrip("=")


def _row(story: Story, now: datetime, layout: str) -> str:
    link = f"./read/{_guid(story, now)}?hl=en-IN&amp;gl=IN&amp;ceid=IN%3Aen"
    moment = story.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    when = f'<time class="hvbAAd" datetime="{moment}">{text(ago(story, now))}</time>'
    if layout == "unknown":
        return f'<div class="q7"><b>{text(story.title)}</b></div>'
    if layout == "headings":
        return (
            f'<article><h4><a href="{link}">{text(story.title)}</a></h4>'
            f'<span class="source">{text(story.publisher)}</span>{when}</article>'
        )
    return (
        f'<article class="IFHyqb"><a class="JtKRv" href="{link}">{text(story.title)}</a>'
        f'<div class="vr1PYe">{text(story.publisher)}</div>{when}</article>'
    )


def _plain(words: str) -> str:
    return " ".join(words.replace('"', " ").lower().split())


def _html(page: str) -> Reply:
    return Reply(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
