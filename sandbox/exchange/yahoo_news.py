"""The news page of a share as Yahoo Finance draws it: rows arrive while one scrolls.

Source: https://finance.yahoo.com/quote/INFY.NS/news/. Layouts, by the fault `page_layout`:
storyitem (as it is), stream-content (as it was), unknown (as it may be tomorrow), never_ends,
consent (a wall whose button works), consent_stuck (one whose button does not).
"""

import json
import re
from urllib.parse import unquote, urlencode

from sandbox.exchange.file_faults import LAYOUT_HEADER
from sandbox.exchange.press import Row, rows_of, security_of, text
from sandbox.exchange.routing import Reply, Request, World

_PATH = re.compile(r"/quote/(?P<symbol>[^/]+)\.NS/news/(?P<more>more)?")
_AT_ONCE = 12
_COOKIE = "consent=given"
_PAGE = """<!DOCTYPE html>
<html lang="en-IN"><head><meta charset="utf-8"><title>%(title)s</title>
<style>li, .q7 { min-height: 90px; display: block }</style></head><body>
<header><nav><a href="/">Finance</a> <a href="/news/">News</a></nav></header>
<main><h1>%(title)s</h1>%(stream)s
<div id="end" data-next="%(next)s" style="height: 8px"></div></main>
<script>
  const end = document.getElementById("end");
  const list = document.getElementById("stream");
  async function more() {
    const reply = await fetch(end.dataset.next);
    if (!reply.ok) return end.remove();
    const part = await reply.json();
    list.insertAdjacentHTML("beforeend", part.html);
    if (!part.next) return end.remove();
    end.dataset.next = part.next;
    eye.unobserve(end); eye.observe(end);
  }
  const eye = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && more());
  if (end.dataset.next) eye.observe(end); else end.remove();
</script></body></html>
"""
_BARE = '<li class="stream-item"><section data-testid="storyitem"><h3>%s</h3></section></li>'
_WALL = """<!DOCTYPE html>
<html lang="en-IN"><head><meta charset="utf-8"><title>Before you continue</title></head><body>
<form id="consent" onsubmit="return false"><h1>We and our partners use cookies</h1>
<button type="submit" class="btn" name="agree" value="agree">Accept all</button>
<button type="submit" class="btn" name="reject" value="reject">Reject all</button></form>
<script>
  document.querySelector("[name=reject]").addEventListener("click", () => {
    if (%s) { document.cookie = "consent=given; path=/"; location.reload(); }
  });
</script></body></html>
"""


class YahooNews:
    """Answers for the page and for what it asks while it is scrolled."""

    def __init__(self, world: World) -> None:
        self._world = world

    def owns(self, path: str) -> bool:
        """The news pages of all shares."""
        return _PATH.fullmatch(path) is not None

    def answer(self, request: Request) -> Reply:
        """The page with its first rows, or the next rows as JSON."""
        named = _PATH.fullmatch(request.path)
        assert named
        symbol, now = unquote(named["symbol"]), self._world.clock.now()
        security_id = security_of(self._world.market, symbol, now)
        if security_id is None:
            return _html(_page(symbol, "<p>No such symbol</p>", ""), 404)
        layout = request.headers.get(LAYOUT_HEADER) or request.query.get("layout", "storyitem")
        given = _COOKIE in request.headers.get("cookie", "")
        if layout == "consent_stuck" or (layout == "consent" and not given):
            return _html(_WALL % ("true" if layout == "consent" else "false"))
        rows = rows_of(self._world.market, security_id, now)
        first = int(request.query.get("offset", "0")) if named["more"] else 0
        ends = layout != "never_ends"
        shown = [_again(rows, place) for place in range(first, first + _AT_ONCE)]
        part = rows[first : first + _AT_ONCE] if ends else shown
        after = first + _AT_ONCE
        asked = urlencode({"offset": after, "layout": layout})
        following = f"more?{asked}" if not ends or after < len(rows) else ""
        drawn = "\n".join(_DRAWN.get(layout, _storyitem)(row) for row in part)
        if named["more"]:
            return Reply.of_json({"html": drawn, "next": following})
        return _html(_page(symbol, _STREAM.get(layout, _STREAM["storyitem"]) % drawn, following))


def _again(rows: list[Row], place: int) -> Row:
    """A row of a page without end: the same ones over and over, under links of their own."""
    row, turn = rows[place % len(rows)], place // len(rows)
    return Row(row.kind, row.title, f"{row.url}#{turn}", row.summary, row.byline, row.said)


def _page(symbol: str, stream: str, following: str) -> str:
    title = f"{symbol} latest stock news"
    return _PAGE % {"title": text(title), "stream": stream, "next": text(following)}


def _html(page: str, status: int = 200) -> Reply:
    return Reply(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def _storyitem(row: Row) -> str:
    if row.kind == "empty":
        return _BARE % ""
    if row.kind == "heading":
        return _BARE % text(row.title)
    kind = "ad-item" if row.kind == "advert" else "storyitem"
    outer = "stream-item related-news" if row.kind == "related" else "stream-item"
    said = f'{text(row.byline)}<i aria-hidden="true"> • </i>{text(row.said)}'
    return (
        f'<li class="{outer}"><section class="container yf-1x" data-testid="{kind}" role="article">'
        f'<a class="subtle-link thumb" href="{text(row.url)}" aria-hidden="true"></a>'
        f'<div class="content"><a class="subtle-link titles noUnderline" href="{text(row.url)}" '
        f'title="{text(row.title)}"><h3 class="clamp">{text(row.title)}</h3>'
        f'<p class="clamp">{text(row.summary)}</p></a>'
        f'<div class="footer"><div class="publishing">{said}</div></div></div></section></li>'
    )


def _stream_content(row: Row) -> str:
    mark = "gemini-ad" if row.kind == "advert" else "controller"
    outer = "related-news" if row.kind == "related" else "Pos(r)"
    said = f"<span>{text(row.byline)}</span><i> · </i><span>{text(row.said)}</span>"
    return (
        f'<li class="js-stream-content {outer}"><div class="{mark}"><div class="C(#959595)">{said}'
        f'</div><h3 class="Mb(5px)"><a class="js-content-viewer" href="{text(row.url)}">'
        f"{text(row.title)}</a></h3><p>{text(row.summary)}</p></div></li>"
    )


def _unknown(row: Row) -> str:
    told = json.dumps(row.url)
    return f"<div class=\"q7\" onclick='location = {told}'><b>{text(row.title)}</b></div>"


_DRAWN = {"stream-content": _stream_content, "unknown": _unknown}
_STREAM = {
    "storyitem": '<div data-testid="news-stream"><ul id="stream" class="items">%s</ul></div>',
    "stream-content": '<div id="latestQuoteNewsStream"><ul id="stream">%s</ul></div>',
    "unknown": '<div class="zz91" id="stream">%s</div>',
}
