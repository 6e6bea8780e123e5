"""The upstream `latest-stock-price` on RapidAPI: /any, /price and /prices.

Source: https://rapidapi.com/suneetk92/api/latest-stock-price
"""

import threading
from datetime import datetime

from sandbox.exchange.gate import Gate
from sandbox.exchange.payload import row_of
from sandbox.exchange.routing import Reply, Request, World
from sandbox.market import Quote

PATHS = ("/any", "/price", "/prices")
_GATEWAY = {"Server": "RapidAPI-1.2.8", "X-RapidAPI-Version": "1.2.8"}
_REMEMBERED = 4  # replies kept ready; repeated requests at one moment are the common case


class RapidApi:
    """Answers with every quote (`/any`) or with an index and its constituents (`/price`)."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate
        self._lock = threading.Lock()
        self._feeds: dict[datetime, list[Quote]] = {}

    def owns(self, path: str) -> bool:
        """All paths of this upstream."""
        return path in PATHS

    def answer(self, request: Request) -> Reply:
        """The rows asked for, or the refusal of the gateway."""
        refusal = self._gate.refusal(request)
        if refusal is not None:
            return Reply(refusal.status, refusal.body, {**_GATEWAY, **refusal.headers})
        headers = {**_GATEWAY, **self._gate.headers(request.headers["x-rapidapi-key"])}
        if request.method != "GET":
            text = f"Endpoint '{request.path}' with method {request.method} does not exist"
            return Reply.of_json({"message": text}, 404, headers)
        quotes = self._feed()
        if request.path != "/any":
            quotes = self._select(quotes, request)
        return Reply.of_json([row_of(quote) for quote in quotes], headers=headers)

    def _feed(self) -> list[Quote]:
        now = self._world.clock.now()
        with self._lock:
            if now not in self._feeds:
                while len(self._feeds) >= _REMEMBERED:
                    self._feeds.pop(next(iter(self._feeds)))
                self._feeds[now] = self._in_page_order(self._world.market.quotes_as_of(now))
            return self._feeds[now]

    def _in_page_order(self, quotes: list[Quote]) -> list[Quote]:
        """Index by index: its row, then those of its shares that no earlier index has shown."""
        market = self._world.market
        session = market.session_as_of(self._world.clock.now())
        shares = {q.security_id: q for q in reversed(quotes) if q.security_id is not None}
        ordered: dict[str, Quote] = {}
        for index in (quote for quote in quotes if quote.is_index):
            ordered[index.identifier] = index
            for security_id in market.constituents(index.symbol, session):
                share = shares.get(security_id)
                if share is not None:
                    ordered[share.identifier] = share
        for quote in quotes:
            ordered.setdefault(quote.identifier, quote)
        return list(ordered.values())

    def _select(self, quotes: list[Quote], request: Request) -> list[Quote]:
        """`Indices` narrows to an index and its shares, `Identifier` to single rows."""
        index = request.query.get("Indices", "").strip()
        wanted = {name for name in request.query.get("Identifier", "").split(",") if name.strip()}
        if index:
            known = {quote.symbol for quote in quotes if quote.is_index}
            if index not in known:
                return []
            session = self._world.market.session_as_of(self._world.clock.now())
            inside = set(self._world.market.constituents(index, session))
            quotes = [quote for quote in quotes if quote.identifier == index] + [
                quote for quote in quotes if quote.security_id in inside
            ]
        if wanted:
            quotes = [quote for quote in quotes if quote.identifier in wanted]
        return quotes
