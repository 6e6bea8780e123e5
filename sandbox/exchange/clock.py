"""The simulated clock of the exchange: it stands still until it is set."""

import threading
from datetime import datetime

from sandbox.market.market import as_ist


class Clock:
    """The present moment in Indian time without a zone; safe to read and set from any thread."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._now = as_ist(now)

    def now(self) -> datetime:
        """The present moment, naive IST."""
        with self._lock:
            return self._now

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, forward or back; taken as IST when it has no zone."""
        with self._lock:
            self._now = as_ist(moment)
