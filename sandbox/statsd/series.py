"""Time series and their exposition, as statsd_exporter keeps them (its pkg/registry)."""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sandbox.statsd.lines import Event, Labels, escaped
from sandbox.statsd.mapping import Mapper, Rule
from sandbox.statsd.tally import Tally

Type = Literal["counter", "gauge", "histogram", "summary"]
_MAX_AGE = 600.0  # seconds that a summary looks back; the default of Go's client
_Key = tuple[tuple[str, str], ...]


class InconsistentHelp(RuntimeError):
    """One name with two help texts: Go's client then answers no scrape at all."""


@dataclass(slots=True)
class Series:
    """The value of one name with one set of labels; which fields it uses, its type says."""

    rule: Rule
    touched: float = 0.0
    value: float = 0.0
    count: int = 0
    buckets: list[int] = field(default_factory=list)
    recent: deque[tuple[float, float]] = field(default_factory=deque)

    def observe(self, value: float, now: float, kind: Type) -> None:
        """Take a duration in."""
        self.value += value
        self.count += 1
        if kind == "histogram":
            self.buckets = self.buckets or [0] * (len(self.rule.buckets) + 1)
            self.buckets[bisect_left(self.rule.buckets, value)] += 1
        else:
            self.recent.append((now, value))
            self._forget(now)

    def quantile(self, share: float, now: float) -> float:
        """Exactly, by rank, of the last ten minutes; the exporter estimates it within an error."""
        self._forget(now)
        values = sorted(value for _, value in self.recent)
        return values[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan

    def _forget(self, now: float) -> None:
        while self.recent and self.recent[0][0] < now - _MAX_AGE:
            self.recent.popleft()


@dataclass(slots=True)
class Family:
    """All series of a name: of one type, in any sets of labels."""

    type: Type
    help: str
    series: dict[_Key, Series] = field(default_factory=dict)


@dataclass(slots=True)
class Registry:
    """What came of the events so far."""

    mapper: Mapper
    tally: Tally
    families: dict[str, Family] = field(default_factory=dict)

    def take(self, event: Event, now: float) -> None:
        """Map an event and add its value; what cannot be is counted."""
        target = self.mapper.find(event.name, event.kind)
        rule = target.rule if target else self.mapper.default
        if rule.action == "drop":
            self.tally.add("events_actions", action="drop")
            return
        labels: Labels = dict(event.labels)
        name = escaped(target.name if target else event.name)
        if target is None:
            self.tally.add("events_unmapped")
        elif not name:
            self.tally.add("events_error", reason="empty_metric_name")
            return
        else:
            labels = {**target.labels, **labels} if rule.honor_labels else labels | target.labels
            self.tally.add("events_actions", action="map")
        value = event.value * rule.scale
        if event.kind == "counter" and value < 0:
            self.tally.add("events_error", reason="illegal_negative_counter")
            return
        type_: Type = rule.observer if event.kind == "observer" else event.kind
        series = self._series(name, type_, labels, rule)
        if series is None:
            self.tally.add("events_conflict", type=event.kind)
            return
        series.touched = now
        if event.kind == "observer":
            series.observe(value, now, type_)
        elif event.kind == "gauge" and not event.relative:
            series.value = value
        else:
            series.value += value
        self.tally.add("events", type=event.kind)

    def _series(self, name: str, type_: Type, labels: Labels, rule: Rule) -> Series | None:
        """The series; None where the name is of another type, or a part of its exposition is."""
        parts = {"histogram": ("_sum", "_count", "_bucket"), "summary": ("_sum", "_count")}
        taken = [name, *(name + part for part in parts.get(type_, ()))]
        for other in taken:
            if other in self.families and self.families[other].type != type_:
                return None
        family = self.families.setdefault(name, Family(type_, rule.help))
        key = tuple(sorted(labels.items()))
        if key not in family.series:
            if family.help != rule.help:
                raise InconsistentHelp(
                    f"{name} has two help texts, {family.help!r} and {rule.help!r}: let all "
                    "mappings to that name say the same."
                )
            family.series[key] = Series(rule)
        return family.series[key]

    def expire(self, now: float) -> None:
        """Forget series that have a time to live and have not been told of for longer."""
        for family in self.families.values():
            for key, one in list(family.series.items()):
                if one.rule.ttl and one.touched + one.rule.ttl < now:
                    del family.series[key]

    def lines(self, now: float) -> Iterator[str]:
        """The exposition, text format 0.0.4."""
        for name, family in sorted(self.families.items()):
            if not family.series:
                continue
            yield f"# HELP {name} {_plain(family.help)}"
            yield f"# TYPE {name} {family.type}"
            for key, one in sorted(family.series.items()):
                yield from _SHOWN[family.type](name, key, one, now)


def _single(name: str, key: _Key, one: Series, now: float) -> Iterator[str]:
    yield f"{name}{_braces(key)} {number(one.value)}"


def _histogram(name: str, key: _Key, one: Series, now: float) -> Iterator[str]:
    below = 0
    for bound, count in zip((*one.rule.buckets, math.inf), one.buckets, strict=True):
        below += count
        yield f"{name}_bucket{_braces(key, ('le', number(bound)))} {below}"
    yield from _sums(name, key, one)


def _summary(name: str, key: _Key, one: Series, now: float) -> Iterator[str]:
    for share in one.rule.quantiles:
        value = one.quantile(share, now)
        yield f"{name}{_braces(key, ('quantile', number(share)))} {number(value)}"
    yield from _sums(name, key, one)


def _sums(name: str, key: _Key, one: Series) -> Iterator[str]:
    yield f"{name}_sum{_braces(key)} {number(one.value)}"
    yield f"{name}_count{_braces(key)} {one.count}"


_SHOWN = {"counter": _single, "gauge": _single, "histogram": _histogram, "summary": _summary}


def number(value: float) -> str:
    """As Go's client writes it: shortest, `1e+06` from a million on; labels must match that."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}".replace("inf", "Inf")
    exact = Decimal(repr(float(value))).normalize()
    exponent = exact.adjusted() if exact else 0
    if -4 <= exponent < 6:
        return format(exact, "f")
    digits = format(exact.scaleb(-exponent), "f")
    return f"{digits}e{exponent:+03}"


def _braces(key: _Key, *more: tuple[str, str]) -> str:
    pairs = [f'{name}="{_quoted(value)}"' for name, value in (*key, *more)]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _plain(text).replace('"', '\\"')
