"""Keys and quotas as the RapidAPI gateway enforces them, with its own words."""

import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.exchange.clock import Clock
from sandbox.exchange.routing import Reply, Request

HOST = "latest-stock-price.p.rapidapi.com"
NO_KEY = "Invalid API key. Go to https://docs.rapidapi.com/docs/keys for more info."
NOT_SUBSCRIBED = "You are not subscribed to this API."
WRONG_HOST = "API doesn't exists"
DAILY = (
    "You have exceeded the DAILY quota for Requests on your current plan, BASIC. "
    "Upgrade your plan at https://rapidapi.com/suneetk92/api/latest-stock-price"
)
PER_SECOND = "You have exceeded the rate limit per second for your plan, BASIC, by the API provider"


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests per key: `per_day` of the simulated clock, `per_second` of real time."""

    per_day: int = 10_000
    per_second: int = 100


class Gate:
    """Decides whether a request may pass, and counts it."""

    def __init__(self, clock: Clock, quota: Quota) -> None:
        self.quota = quota
        self.valid_keys: frozenset[str] | None = None
        self.unsubscribed_keys: frozenset[str] = frozenset()
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[tuple[str, str], int] = {}
        self._recent: dict[str, deque[float]] = {}

    def refusal(self, request: Request) -> Reply | None:
        """The reply that turns the request away; None when it may pass."""
        key = request.headers.get("x-rapidapi-key", "")
        if not key or (self.valid_keys is not None and key not in self.valid_keys):
            return _message(401, NO_KEY)
        if request.headers.get("x-rapidapi-host", "") != HOST:
            return _message(404, WRONG_HOST)
        if key in self.unsubscribed_keys:
            return _message(403, NOT_SUBSCRIBED)
        return self._count(key)

    def headers(self, key: str) -> dict[str, str]:
        """The quota headers that go with every counted reply."""
        with self._lock:
            return self._headers(key)

    def _count(self, key: str) -> Reply | None:
        with self._lock:
            recent = self._recent.setdefault(key, deque())
            now = time.monotonic()
            while recent and now - recent[0] >= 1.0:
                recent.popleft()
            if len(recent) >= self.quota.per_second:
                return _message(429, PER_SECOND, {**self._headers(key), "Retry-After": "1"})
            if self._used.get(self._today(key), 0) >= self.quota.per_day:
                wait = str(self._seconds_to_reset())
                return _message(429, DAILY, {**self._headers(key), "Retry-After": wait})
            recent.append(now)
            self._used[self._today(key)] = self._used.get(self._today(key), 0) + 1
            return None

    def _headers(self, key: str) -> dict[str, str]:
        left = max(0, self.quota.per_day - self._used.get(self._today(key), 0))
        return {
            "x-ratelimit-requests-limit": str(self.quota.per_day),
            "x-ratelimit-requests-remaining": str(left),
            "x-ratelimit-requests-reset": str(self._seconds_to_reset()),
        }

    def _today(self, key: str) -> tuple[str, str]:
        return key, self._clock.now().date().isoformat()

    def _seconds_to_reset(self) -> int:
        now = self._clock.now()
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time())
        return math.ceil((midnight - now).total_seconds())


def _message(status: int, text: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply.of_json({"message": text}, status, headers)
