"""StatsD lines to events, as statsd_exporter parses them (its pkg/line/line.go)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.statsd.tally import Tally

Kind = Literal["counter", "gauge", "observer"]
Labels = dict[str, str]
_KINDS: dict[str, Kind] = {
    "c": "counter",
    "g": "gauge",
    "ms": "observer",
    "h": "observer",
    "d": "observer",
}
_TAGS_BEGIN = re.compile(r"[,#]")  # InfluxDB's and Librato's
_INVALID = re.compile(r"[^a-zA-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Event:
    """One value of one metric: a gauge may be told by how much it changes."""

    kind: Kind
    name: str
    value: float
    labels: Labels
    relative: bool = False


def escaped(name: str) -> str:
    """A name as Prometheus takes it: `_` for what it does not, twice `-` counting as one."""
    if "0" <= name[:1] <= "9":
        name = f"_{name}"
    return _INVALID.sub("_", re.sub("-{2,}", "-", name))


def events(line: str, tally: Tally) -> Iterator[Event]:
    """The events of a line; what it does not understand it counts and leaves out."""
    if not line:
        return
    name, colon, rest = line.partition(":")
    if not colon or not name or "\N{REPLACEMENT CHARACTER}" in line:
        tally.add("sample_errors", reason="malformed_line")
        return
    labels: Labels = {}
    metric = _name_and_tags(name, labels, tally)
    dogstatsd = "|#" in rest
    if dogstatsd and labels:
        tally.add("sample_errors", reason="mixed_tagging_styles")
        return
    for sample in _samples(rest, dogstatsd, tally):
        yield from _events_of(metric, sample, labels, tally)


def _samples(rest: str, dogstatsd: bool, tally: Tally) -> list[str]:
    """Several values may follow one name, in the style of StatsD or of DogStatsD."""
    values, bar, after = rest.partition("|")
    if not bar:
        tally.add("sample_errors", reason="not_enough_parts_after_colon")
        return []
    if ":" in values:
        if after.split("|")[0] not in ("ms", "h", "d"):
            tally.add("sample_errors", reason="invalid_extended_aggregate_type")
            return []
        return [f"{value}|{after}" for value in values.split(":")]
    return [rest] if dogstatsd else rest.split(":")


def _events_of(metric: str, sample: str, labels: Labels, tally: Tally) -> Iterator[Event]:
    tally.add("samples")
    value_text, *parts = sample.split("|")
    if not 1 <= len(parts) <= 7 or "" in parts[1:]:
        tally.add("sample_errors", reason="malformed_component")
        return
    code, *extras = parts
    value = _float(value_text)
    if value is None:
        tally.add("sample_errors", reason="malformed_value")
        return
    times = 1
    for extra in extras:
        if extra[0] == "@":
            rate = _float(extra[1:])
            if rate is None:
                tally.add("sample_errors", reason="invalid_sample_factor")
            if code == "c":
                value /= rate or 1.0
            elif code != "g":
                times = int(1 / (rate or 1.0))
        elif extra[0] == "#":
            _tags(extra[1:].split(","), ":", labels, tally, strip="#")
        elif extra[0] == "c" and extra[1:2] == ":" and extra[2:]:
            labels["container_id"] = extra[2:]
        elif extra[0] == "T" and re.fullmatch(r"[+-]?\d+", extra[1:]):
            continue  # a moment, which the exporter leaves out as well
        else:
            tally.add("sample_errors", reason=_REASONS.get(extra[0], "invalid_sample_factor"))
            return
    if labels:
        tally.add("tags")
    if code not in _KINDS:
        tally.add("sample_errors", reason="illegal_event")  # sets are among them
        return
    if code == "ms":
        value /= 1000
    event = Event(_KINDS[code], metric, value, dict(labels), value_text[0] in "+-")
    yield from [event] * times


_REASONS = {"c": "malformed_container_id", "T": "malformed_timestamp"}


def _name_and_tags(name: str, labels: Labels, tally: Tally) -> str:
    """The name without its tags: SignalFX's in brackets, else InfluxDB's or Librato's."""
    start, end = name.find("["), name.find("]")
    if start != -1 and end != -1:
        if start < end:
            _tags(name[start + 1 : end].split(","), "=", labels, tally)
        return name[:start] + name[end + 1 :]
    if start != end:
        tally.add("tag_errors")
        return name
    if found := _TAGS_BEGIN.search(name):
        _tags(name[found.end() :].split(","), "=", labels, tally)
        return name[: found.start()]
    return name


def _tags(tags: list[str], separator: str, labels: Labels, tally: Tally, strip: str = "") -> None:
    if tags[-1] == "":
        tags = tags[:-1]  # a comma at the end is none
    for tag in tags:
        key, found, value = tag.removeprefix(strip).partition(separator)
        if found and key and value:
            labels[escaped(key)] = value
        else:
            tally.add("tag_errors")


def _float(text: str) -> float | None:
    try:
        return float(text) if text == text.strip() and "_" not in text else None
    except ValueError:
        return None
