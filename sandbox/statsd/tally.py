"""What the exporter counts of itself, under the names of statsd_exporter (its main.go)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

PREFIX = "statsd_exporter"
_HELP = {
    "udp_packets": "The total number of StatsD packets received over UDP.",
    "lines": "The total number of StatsD lines received.",
    "samples": "The total number of StatsD samples received.",
    "sample_errors": "The total number of errors parsing StatsD samples.",
    "tags": "The total number of DogStatsD tags processed.",
    "tag_errors": "The number of errors parsing DogStatsD tags.",
    "events": "The total number of StatsD events seen.",
    "events_unmapped": "The total number of StatsD events no mapping was found for.",
    "events_actions": "The total number of StatsD events by action.",
    "events_error": "The total number of StatsD events discarded due to errors.",
    "events_conflict": "The total number of StatsD events with conflicting names.",
}
_LABELLED = ("sample_errors", "events", "events_actions", "events_error", "events_conflict")


@dataclass(slots=True)
class Tally:
    """Counters by name and label; those without a label are 0 from the start."""

    _counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)

    def add(self, what: str, **label: str) -> None:
        """Count one more."""
        assert what in _HELP, what
        self._counts[what, tuple(label.items())] += 1

    def get(self, what: str, **label: str) -> int:
        """How many there were."""
        return self._counts[what, tuple(label.items())]

    def lines(self) -> Iterator[str]:
        """The exposition of all of them."""
        for what, text in _HELP.items():
            name = f"{PREFIX}_{what}_total"
            yield f"# HELP {name} {text}"
            yield f"# TYPE {name} counter"
            if what not in _LABELLED:
                yield f"{name} {self._counts[what, ()]}"
            for (counted, label), count in sorted(self._counts.items()):
                if counted == what and label:
                    [(key, value)] = label
                    yield f'{name}{{{key}="{value}"}} {count}'
