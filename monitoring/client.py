"""Metrics leave by the StatsD client that Airflow uses, over UDP, with tags in the name.

    investiq.rows_loaded_total,table=rapidapi_quotes:828|c

Whatever the network does, the pipeline does not notice: nothing is waited for, nothing is answered.
What does not fit the definition of a metric is a mistake of ours, and raises, also where nothing is
sent.
"""

import ipaddress
import logging
import math
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from statsd import StatsClient
from statsd.client.base import StatsClientBase

from monitoring.labels import KNOWN, OTHER
from monitoring.metrics import PREFIX, Kind, Metric

_log = logging.getLogger(__name__)
_RESOLVE_SECONDS = 1.0  # for a name, once in a process
_DATAGRAM = 1400  # bytes; what passes any network in one piece
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-/]+")  # separators of StatsD and of its tags among them
_LONGEST = 80


@dataclass(slots=True)
class Meter:
    """Takes values; without a client it only looks whether they fit.

    It remembers the labels that it has sent, so that a metric never grows beyond its budget.
    """

    client: StatsClientBase | None
    _sent: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)

    @property
    def sends(self) -> bool:
        """Whether anything leaves: what costs a question need not be asked otherwise."""
        return self.client is not None

    def tell(self, metric: Metric, value: float, **labels: object) -> None:
        """Count, set or time, as the metric's kind is; durations in seconds.

        Raises:
            TypeError: the labels are not those of the metric, or a counter would go down.
        """
        if labels.keys() != set(metric.labels):
            raise TypeError(
                f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}: give these, "
                "or change monitoring/metrics.py."
            )
        if value < 0 and metric.kind is not Kind.GAUGE:
            raise TypeError(f"{metric.name} only grows, and {value} is below 0: send a gauge.")
        if self.client is None:
            return
        if not math.isfinite(value):
            _log.warning("%s is %s: not sent", metric.name, value)
            return
        name = self._named(metric, labels)
        if metric.kind is Kind.COUNTER:
            self.client.incr(name, value)
        elif metric.kind is Kind.HISTOGRAM:
            self.client.timing(name, value * 1000)
        else:
            self.client.gauge(name, value)

    @contextmanager
    def together(self) -> Iterator["Meter"]:
        """Many values in as few datagrams as they fit; what was told before an error leaves too."""
        if self.client is None:
            yield self
            return
        with self.client.pipeline() as pipeline:
            yield Meter(pipeline, self._sent)

    def _named(self, metric: Metric, labels: dict[str, object]) -> str:
        values = tuple(_value(label, labels[label]) for label in metric.labels)
        sent = self._sent.setdefault(metric.name, set())
        if values not in sent and len(sent) >= metric.budget - 1:  # the last one is for all others
            values = tuple(OTHER for _ in values)
        sent.add(values)
        tags = zip(metric.labels, values, strict=True)
        return ",".join([metric.name, *(f"{label}={value}" for label, value in tags)])


@cache
def meter(host: str | None, port: int) -> Meter:
    """The meter of this process for a receiver; one that sends nothing where none is named.

    A name is resolved once, with a limit; one that does not resolve is as good as none.
    """
    if not host:
        return Meter(None)
    found = _address(host, port)
    if found is None:
        _log.warning(
            "INVESTIQ_STATSD_HOST (%s) does not resolve: this process sends no metrics", host
        )
        return Meter(None)
    family, address = found
    ipv6 = family == socket.AF_INET6
    return Meter(StatsClient(address, port, prefix=PREFIX, maxudpsize=_DATAGRAM, ipv6=ipv6))


def _value(label: str, value: object) -> str:
    """A label's value without what would end it on the way; `other` where it is not foreseen."""
    plain = _UNSAFE.sub("_", str(value))[:_LONGEST] or "none"
    known = KNOWN.get(label)
    return plain if known is None or plain in known else OTHER


def _address(host: str, port: int) -> tuple[socket.AddressFamily, str] | None:
    """Family and number of a host; None when nobody says so in time."""
    try:
        numeric = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return (socket.AF_INET6 if numeric.version == 6 else socket.AF_INET), host
    found: list[tuple[socket.AddressFamily, str]] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            return
        found.extend((family, str(address[0])) for family, _, _, _, address in answers)

    asking = threading.Thread(target=resolve, name="statsd-host", daemon=True)
    asking.start()
    asking.join(_RESOLVE_SECONDS)
    found.sort(key=lambda one: one[0] != socket.AF_INET)  # as Airflow's client does
    return found[0] if found else None
