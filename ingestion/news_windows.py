"""Which windows of time have landed per topic of news, and so what is still to be asked for.

Nothing keeps a cursor: it is what the outcome records say has landed. Their keys name the topic
and the window, so a listing is enough, and whoever is killed before the record is written has
covered nothing.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingestion.objectstore import ObjectStore
from ingestion.zones import OUTCOMES

MINUTE = timedelta(minutes=1)
FIRST_LOOK = timedelta(days=1)  # how far the first run of all looks back
_FOLLOWS = timedelta(days=30)  # what was asked for by a range so lately is followed up
_REST = timedelta(minutes=15)  # less than this is left to the next run
_STAMP = "%Y%m%d%H%M"
_KEY = re.compile(
    r"/(?P<topic>[a-z-]+?)(?P<asked>-asked)?-(?P<first>\d{12})-(?P<last>\d{12})"
    r"\.(?P<status>[a-z_]+)\.[0-9a-f]{16}\.json$"
)
_LANDED = frozenset({"ok", "unchanged"})
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Window:
    """A topic from a minute to a minute, UTC; `asked` when a range was named, not the routine."""

    topic: str
    first: datetime
    last: datetime
    asked: bool = False

    @property
    def part(self) -> str:
        """How the keys of outcome records name it."""
        return (
            f"{self.topic.replace('_', '-')}{'-asked' if self.asked else ''}"
            f"-{self.first.strftime(_STAMP)}-{self.last.strftime(_STAMP)}"
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """What has landed, by topic as keys spell it; each list in the order of time, merged."""

    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    routine_since: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, store: ObjectStore, source: str, dataset: str) -> "Coverage":
        """List what the outcome records say."""
        found = cls()
        for item in store.list(f"{OUTCOMES}stage=fetch/source={source}/dataset={dataset}/"):
            if named := _KEY.search(item.key):
                window = Window(
                    named["topic"],
                    _time(named["first"]),
                    _time(named["last"]),
                    bool(named["asked"]),
                )
                if named["status"] in _LANDED:
                    found.add(window)
                else:
                    found.begin(window)
        return found

    def begin(self, window: Window) -> None:
        """Remember since when a topic is wanted, whether or not anything came."""
        if not window.asked:
            topic = window.topic.replace("_", "-")
            since = self.routine_since.get(topic, window.first)
            self.routine_since[topic] = min(since, window.first)

    def add(self, window: Window) -> None:
        """Count a window as landed."""
        self.begin(window)
        topic = window.topic.replace("_", "-")
        merged: list[Span] = []
        for first, last in sorted([*self.spans[topic], (window.first, window.last)]):
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        self.spans[topic] = merged

    def next_window(self, topic: str, first: datetime, last: datetime) -> Window | None:
        """The oldest stretch of a range that has not landed; None when all of it has."""
        at = first
        for since, until in self.spans.get(topic.replace("_", "-"), []):
            if since > at:
                return Window(topic, at, min(since, last)) if at < last else None
            at = max(at, until)
        return Window(topic, at, last) if at < last else None

    def routine(self, topic: str, now: datetime) -> Span | None:
        """What a run without a range is to cover: all since the first such run, refused or not.

        The first of all looks back a day, or to where the ranges that were asked for lately end.
        None where so little is missing that the next run will do.
        """
        name = topic.replace("_", "-")
        if (since := self.routine_since.get(name)) is None:
            ends = [last for _, last in self.spans.get(name, []) if last > now - _FOLLOWS]
            since = min(ends, default=now - FIRST_LOOK)
        due = self.next_window(topic, since, now)
        if due is None or (due.last == now and now - due.first < _REST):
            return None
        return since, now


def floor_minute(moment: datetime) -> datetime:
    """The minute (UTC) that a moment lies in: the finest that a request can name."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _time(text: str) -> datetime:
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
