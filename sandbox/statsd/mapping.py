"""The mapping file of statsd_exporter (its pkg/mapper): which name and labels an event gets."""

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from sandbox.statsd.lines import Kind, Labels

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
QUANTILES = (0.5, 0.9, 0.99)
_KNOWN_TOP = {"defaults", "mappings"}
_KNOWN_DEFAULTS = {
    *("observer_type", "timer_type", "buckets", "quantiles", "match_type", "ttl"),
    *("glob_disable_ordering", "summary_options", "histogram_options"),
}
_KNOWN = _KNOWN_DEFAULTS - {"glob_disable_ordering"} | {
    *("match", "name", "labels", "help", "action", "match_metric_type", "scale", "honor_labels"),
}
_KINDS: dict[str | None, Kind | None] = {
    None: None,
    "counter": "counter",
    "gauge": "gauge",
    "observer": "observer",
    "timer": "observer",
}
_PART = r"(?:\*|[a-zA-Z_][a-zA-Z0-9_\-]*)"
_GLOB = re.compile(rf"{_PART}(?:\.{_PART})*")
_NAME = re.compile(r"(?:[a-zA-Z_]|\$\{?\d+\}?)(?:[a-zA-Z0-9_]|\$\{?\d+\}?)*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]+")
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")  # as in Go: `$1_total` asks for a group `1_total`
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([\d.]+)(ns|us|µs|ms|s|m|h)")


class MappingRefused(ValueError):
    """The file is one that statsd_exporter would refuse, or that the stand-in cannot follow."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One mapping, with the defaults filled in."""

    pattern: re.Pattern[str]
    glob: bool
    kind: Kind | None
    name: str
    labels: Dict[str, str]
    action: Literal["map", "drop"]
    observer: Literal["histogram", "summary"]
    buckets: tuple[float, ...]
    quantiles: tuple[float, ...]
    help: str
    ttl: float
    scale: float
    honor_labels: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where an event goes: the rule, and what its references came to."""

    rule: Rule
    name: str
    labels: Labels


@dataclass(slots=True)
class Mapper:
    """The rules of a file, those with globs before those with expressions."""

    rules: tuple[Rule, ...] = ()
    default: Rule = field(default_factory=lambda: _rule({"match": "x", "name": "x"}, {}, 0))
    _cache: dict[tuple[str, Kind], Target | None] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "Mapper":
        """The mapper that a mapping file describes.

        Raises:
            MappingRefused: what is wrong, and in which mapping.
        """
        try:
            read = yaml.safe_load(text) or {}
        except yaml.YAMLError as problem:
            raise MappingRefused(f"it is not YAML: {problem}") from None
        _only(read, _KNOWN_TOP, "the file")
        defaults = read.get("defaults") or {}
        _only(defaults, _KNOWN_DEFAULTS, "defaults")
        if defaults.get("glob_disable_ordering"):
            raise MappingRefused("stand-in: glob_disable_ordering is not followed; leave it out")
        rules = [
            _rule(one, defaults, number) for number, one in enumerate(read.get("mappings") or [])
        ]
        rules.sort(key=lambda rule: not rule.glob)
        return cls(tuple(rules), _rule({"match": "x", "name": "x"}, defaults, 0))

    @classmethod
    def read(cls, path: Path) -> "Mapper":
        """The mapper of a file; MappingRefused names it."""
        try:
            return cls.of(path.read_text("utf-8"))
        except MappingRefused as problem:
            raise MappingRefused(f"{path}: {problem}. Mend that line, then try again.") from None

    def find(self, name: str, kind: Kind) -> Target | None:
        """The first rule for it, or none."""
        if (name, kind) not in self._cache:
            self._cache[name, kind] = self._find(name, kind)
        return self._cache[name, kind]

    def _find(self, name: str, kind: Kind) -> Target | None:
        for rule in self.rules:
            if rule.kind not in (None, kind):
                continue
            if found := rule.pattern.search(name):
                labels = {key: _filled(text, found) for key, text in rule.labels.items()}
                return Target(rule, _filled(rule.name, found), labels)
        return None


def _rule(one: dict[str, Any], defaults: dict[str, Any], number: int) -> Rule:
    where = f"mapping {number + 1} ({one.get('match')})"
    _only(one, _KNOWN, where)
    name, labels, match = str(one.get("name") or ""), one.get("labels") or {}, str(one["match"])
    for key in labels:
        if not _LABEL.fullmatch(key):
            raise MappingRefused(f"{where}: invalid label key {key}")
    if not _NAME.fullmatch(name):
        raise MappingRefused(f"{where}: the name {name!r} is none; also what is dropped needs one")
    glob = _one_of(one, defaults, "match_type", ("glob", "regex")) == "glob"
    if glob and not _GLOB.fullmatch(match):
        raise MappingRefused(f"{where}: invalid match")
    try:
        pattern = re.compile(_as_expression(match) if glob else match)
    except re.error as problem:
        raise MappingRefused(f"{where}: invalid regex: {problem}") from None
    if one.get("match_metric_type") not in _KINDS:
        raise MappingRefused(f"{where}: invalid metric type {one['match_metric_type']}")
    observer: Any = _observer(one) or _observer(defaults) or "summary"
    if observer not in ("histogram", "summary"):
        raise MappingRefused(f"{where}: invalid observer type {observer}")
    if one.get("summary_options") if observer == "histogram" else one.get("histogram_options"):
        raise MappingRefused(f"{where}: cannot use {observer} observer with the other's options")
    return Rule(
        pattern=pattern,
        glob=glob,
        kind=_KINDS[one.get("match_metric_type")],
        name=name,
        labels={key: str(text) for key, text in labels.items()},
        action=_one_of(one, {}, "action", ("map", "drop")),
        observer=observer,
        buckets=tuple(_buckets(one) or _buckets(defaults) or BUCKETS),
        quantiles=tuple(_quantiles(one) or _quantiles(defaults) or QUANTILES),
        help=str(one.get("help") or "Metric autogenerated by statsd_exporter."),
        ttl=_seconds(one.get("ttl") or defaults.get("ttl") or 0, where),
        scale=float(one.get("scale", 1.0)),
        honor_labels=bool(one.get("honor_labels")),
    )


def _only(found: object, known: set[str], where: str) -> None:
    """Refuse unknown keys: the exporter ignores them, and nobody notices the misspelling."""
    if not isinstance(found, dict) or set(found) - known:
        unknown = sorted(set(found) - known) if isinstance(found, dict) else found
        raise MappingRefused(f"{where}: unknown {unknown}; it may have {sorted(known)}")
    if where.startswith("mapping ") and "match" not in found:
        raise MappingRefused(f"{where}: no match")


def _one_of(one: dict[str, Any], defaults: dict[str, Any], key: str, all_: tuple[str, ...]) -> Any:
    chosen = one.get(key) or defaults.get(key) or all_[0]
    if chosen not in all_:
        raise MappingRefused(f"{key} {chosen}: it is one of {', '.join(all_)}")
    return chosen


def _observer(options: dict[str, Any]) -> Any:
    """`timer_type` is the older name."""
    return options.get("observer_type") or options.get("timer_type")


def _buckets(options: dict[str, Any]) -> list[float]:
    return (options.get("histogram_options") or {}).get("buckets") or options.get("buckets") or []


def _quantiles(options: dict[str, Any]) -> list[float]:
    own = (options.get("summary_options") or {}).get("quantiles") or options.get("quantiles") or []
    return sorted(float(one["quantile"]) for one in own)


def _seconds(duration: str | int, where: str) -> float:
    """Go's durations, such as `1m20s`; 0 is for ever."""
    text = str(duration)
    if text == "0":
        return 0.0
    if not re.fullmatch(rf"(?:{_DURATION.pattern})+", text):
        raise MappingRefused(f"{where}: ttl {text} is no duration such as 1m20s")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def _as_expression(glob: str) -> str:
    """`*` stands for one part between dots."""
    return "^" + re.escape(glob).replace(r"\*", "([^.]*)") + "$"


def _filled(template: str, found: re.Match[str]) -> str:
    """A template with its references; those to what was not caught are empty."""

    def caught(reference: re.Match[str]) -> str:
        group = reference[1] or reference[2]
        if group.isdigit():
            number = int(group)
            return (found[number] or "") if number <= (found.re.groups) else ""
        return found.groupdict().get(group) or ""

    return _REFERENCE.sub(caught, template)
