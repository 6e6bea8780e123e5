"""The simulated clock of the exchange: it stands still until it is set.

A request may name a moment of its own: below `/_at/2025-10-24T19:00/` the same paths answer as they
do at that moment, whatever others ask at the same time.
"""

import re
import threading
from contextvars import ContextVar
from datetime import datetime

from sandbox.market.market import as_ist

_AT = re.compile(r"/_at/([^/]+)(/.*)")
_named: ContextVar[datetime | None] = ContextVar("named", default=None)


class Clock:
    """The present moment in Indian time without a zone; safe to read and set from any thread."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._now = as_ist(now)

    def now(self) -> datetime:
        """The present moment, naive IST: the one that this thread's request names, if it does."""
        if moment := _named.get():
            return moment
        with self._lock:
            return self._now

    @staticmethod
    def enter(path: str) -> str:
        """Take the moment that a request's path names, for this thread; the path without it.

        Raises ValueError for a moment that is none.
        """
        found = _AT.fullmatch(path)
        _named.set(as_ist(datetime.fromisoformat(found[1])) if found else None)
        return found[2] if found else path

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, forward or back; taken as IST when it has no zone."""
        with self._lock:
            self._now = as_ist(moment)
