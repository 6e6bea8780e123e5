"""The exchange's own site: its archive host and the API behind cookies, on one address.

Source: https://nsearchives.nseindia.com and https://www.nseindia.com/api. Files appear at 18:30 of
the simulated clock; what is not there is a page with status 404.
"""

import re
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox import archives
from sandbox.exchange.routing import Reply, Request, World
from sandbox.market import Market

APPEARS = time(18, 30)
_AFTER_CLOSE = timedelta(minutes=45)  # of a session that ends in the evening
_LEGACY = (date(1994, 11, 3), date(2024, 7, 5))
_UDIFF = (date(2024, 1, 1), date.max)
_FULL = (date(2019, 10, 1), date.max)
_SUNDAY, _SATURDAY = 6, 5
_COOKIES = (("nsit", "s1mul4t3d"), ("nseappid", "of-the-sandbox"))
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Resource not found</title></head>"
    b"<body><h1>Resource not found</h1></body></html>\n"
)
_DENIED = (
    b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
    b"You don't have permission to access this resource on this server.<P>\n</BODY>\n</HTML>\n"
)
_DATED = re.compile(
    r"/content/historical/EQUITIES/(?P<year>\d{4})/(?P<month>[A-Z]{3})/(?P<legacy>cm[\w]+)bhav\.csv\.zip"
    r"|/content/cm/BhavCopy_NSE_CM_0_0_0_(?P<udiff>\d{8})_F_0000\.csv\.zip"
    r"|/products/content/sec_bhavdata_full_(?P<full>\d{8})\.csv"
    r"|/content/indices/ind_close_all_(?P<indices>\d{8})\.csv"
)
_LIST = re.compile(r"/content/indices/ind_(?P<name>nifty50|nifty500)list\.csv")
_MASTERS: dict[str, Callable[[Market, date], bytes]] = {
    "/content/equities/EQUITY_L.csv": archives.equity_list,
    "/content/equities/symbolchange.csv": archives.symbol_changes,
}


class Nse:
    """Answers for files by date, for the masters as they stand, and for the API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()

    def owns(self, path: str) -> bool:
        """The home page, the folders of files, and the API."""
        return path == "/" or path.startswith(("/content/", "/products/content/", "/api/"))

    def answer(self, request: Request) -> Reply:
        """The file, the JSON, or the page that stands for neither."""
        if "mozilla" not in request.headers.get("user-agent", "").lower():
            return _page(_DENIED, 403)
        if request.path == "/":
            return _home()
        if request.path.startswith("/api/"):
            return self._api(request)
        if "nseindia.com" not in request.headers.get("referer", ""):
            return _page(_DENIED, 403)
        try:
            content = self._file(request.path)
        except LookupError:
            return _page(_PAGE, 404)
        kind = "application/zip" if request.path.endswith(".zip") else "text/csv"
        return Reply(200, content, {"Content-Type": kind})

    def _file(self, path: str) -> bytes:
        named = _DATED.fullmatch(path)
        if not named:
            return self._master(path)
        market = self._world.market
        if text := named["legacy"]:
            day = datetime.strptime(text, "cm%d%b%Y").date()
            if (named["year"], named["month"]) != (text[7:11], text[4:7]):
                raise LookupError(path)
            return self._published(day, _LEGACY, lambda: archives.legacy_bhavcopy(market, day))
        if text := named["udiff"]:
            day = datetime.strptime(text, "%Y%m%d").date()
            return self._published(day, _UDIFF, lambda: archives.udiff_bhavcopy(market, day))
        if text := named["indices"]:
            day = datetime.strptime(text, "%d%m%Y").date()
            since = (date.min, date.max)
            return self._published(day, since, lambda: archives.index_closes(market, day))
        day = datetime.strptime(named["full"], "%d%m%Y").date()
        return self._published(
            day, _FULL, lambda: archives.sec_bhavdata(market, self._stale_day(day))
        )

    def _published(self, day: date, era: tuple[date, date], make: Callable[[], bytes]) -> bytes:
        """The file once its time has come; LookupError before, and outside of its era."""
        if not era[0] <= day <= era[1] or self._world.clock.now() < self._appears(day):
            raise LookupError(day)
        with self._lock:  # one at a time: what makes the files keeps what it has worked out
            return make()

    def _appears(self, day: date) -> datetime:
        evening = datetime.combine(day, APPEARS)
        if not self._world.market.calendar.is_session(day):
            return evening
        return max(evening, self._world.market.hours(day).closes + _AFTER_CLOSE)

    def _stale_day(self, day: date) -> date:
        """On Sundays and holidays this one file is a copy of the session before."""
        calendar = self._world.market.calendar
        if calendar.is_session(day) or day.weekday() == _SATURDAY:
            return day
        return calendar.previous_session(day)

    def _master(self, path: str) -> bytes:
        market, day = self._world.market, self._latest()
        constituents = _LIST.fullmatch(path)
        with self._lock:
            if constituents:
                return archives.constituents(market, constituents["name"], day)
            return _MASTERS[path](market, day)

    def _latest(self) -> date:
        """The newest session whose evening has come."""
        now = self._world.clock.now()
        day = self._world.market.session_as_of(now)
        if now >= self._appears(day):
            return day
        return self._world.market.calendar.previous_session(day)

    def _api(self, request: Request) -> Reply:
        sent = request.headers.get("cookie", "")
        if not all(f"{name}={value}" in sent for name, value in _COOKIES):
            return Reply.of_json({"message": "Unauthorized"}, 401)
        now = self._world.clock.now()
        match request.path, dict(request.query):
            case "/api/corporates-corporateActions", query:
                return Reply.of_json(self._actions(query, now.date()))
            case "/api/holiday-master", {"type": "trading"}:
                return Reply.of_json(archives.holidays(self._world.market, now.year))
        return _page(_PAGE, 404)

    def _actions(self, query: dict[str, str], today: date) -> Any:
        """The rows of a range; a range that ends before it begins is answered with nothing."""
        try:
            first = datetime.strptime(query["from_date"], "%d-%m-%Y").date()
            last = datetime.strptime(query["to_date"], "%d-%m-%Y").date()
        except (KeyError, ValueError):
            return {"error": True, "msg": "no data found"}
        index = query.get("index", "")
        if first > last or index not in ("equities", "sme", "debt", "mf"):
            return {"error": True, "msg": "no data found"}
        if index in ("debt", "mf"):
            return []
        market = self._world.market
        first, last = max(first, market.sessions[0]), min(last, market.sessions[-1])
        if first > last:
            return []
        with self._lock:
            rows = archives.corporate_actions(market, first, last, today, index)
        return [row for row in rows if query.get("symbol") in (None, row["symbol"])]


def _home() -> Reply:
    """Set-Cookie headers travel as one: a client reads both names from it."""
    cookies = "\n".join(f"{name}={value}; Path=/" for name, value in _COOKIES)
    return Reply(200, _PAGE, {"Content-Type": "text/html; charset=utf-8", "Set-Cookie": cookies})


def _page(body: bytes, status: int) -> Reply:
    return Reply(status, body, {"Content-Type": "text/html"})
