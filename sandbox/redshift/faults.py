"""What can be scripted to go wrong, once or several times; see the README for the list."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "error",
    "serializable_violation",
    "slow",
    "slow_copy",
    "restart",
    "hang_up",
    "expired_token",
    "throttled",
    "lost_response",
]
API_KINDS = frozenset({"expired_token", "throttled", "lost_response"})


@dataclass(slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        fault: what happens.
        match: where: a regular expression looked for in the statement, or in the name of the
            Data API's action for the faults of the API.
        times: how often it strikes.
        seconds: how long `slow` and `slow_copy` wait, and a restart refuses connections.
        message: the text of `error`.
    """

    fault: Kind
    match: str = ""
    times: int = 1
    seconds: float = 1.0
    message: str = "scripted failure"

    def __post_init__(self) -> None:
        if self.fault not in get_args(Kind):
            raise ValueError(f"no fault {self.fault!r}; choose one of {', '.join(get_args(Kind))}")
        re.compile(self.match)


@dataclass(slots=True)
class Faults:
    """The scripted faults that have not struck yet, in the order in which they were scripted."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def script(self, options: dict[str, Any]) -> None:
        """Add a fault; ValueError or TypeError for one that is not known."""
        fault = Fault(**options)
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._waiting.clear()

    def strike(self, text: str, kinds: frozenset[str]) -> Fault | None:
        """The first fault of these kinds that concerns the text; it counts as struck."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.fault in kinds and re.search(fault.match, text, re.I | re.S):
                    fault.times -= 1
                    if fault.times < 1:
                        self._waiting.remove(fault)
                    return fault
        return None

    def state(self) -> list[dict[str, Any]]:
        """What waits, as JSON."""
        with self._lock:
            return [
                {"fault": f.fault, "match": f.match, "times": f.times, "seconds": f.seconds}
                for f in self._waiting
            ]
