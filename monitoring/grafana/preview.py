"""Draw the boards without a Grafana: one HTML page, from any Prometheus that has our rules.

`python -m monitoring.grafana.preview http://127.0.0.1:9090 boards.html --since 1h` reads the JSON
that Grafana reads and asks what Grafana would ask. It draws plainly; what Grafana adds is missing.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import jinja2

from monitoring.grafana.__main__ import BOARDS, FOLDER

_HERE = Path(__file__).parent
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WIDTH, _HEIGHT = 600.0, 150.0  # of a drawing, in units of its own
_HUES = ("#5794f2", "#73bf69", "#ff9830", "#b877d9", "#f2495c", "#37872d", "#fade2a", "#8ab8ff")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """What one query says of one combination of labels; an instant query has one point."""

    name: str
    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]
    target: int

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Where to ask, about which time."""

    url: str
    now: float
    since: float
    variables: Mapping[str, str]

    def ask(self, panel: Json) -> list[Series]:
        """All series of a panel."""
        return [
            one for n, target in enumerate(panel["targets"]) for one in self._ask(panel, target, n)
        ]

    def _ask(self, panel: Json, target: Json, place: int) -> Iterator[Series]:
        expression = target["expr"]
        for name, value in self.variables.items():
            expression = expression.replace(f"${name}", value)
        if target.get("instant"):
            found = self._get("query", query=expression, time=self.now)
        else:
            step = max(seconds(panel.get("interval", "1s")), self.since / 240, 1)
            span = {"start": self.now - self.since // step * step, "end": self.now, "step": step}
            found = self._get("query_range", query=expression, **span)
        for one in found:
            points = one["values"] if "values" in one else [one["value"]]
            seen = [(float(at), float(value)) for at, value in points if value != "NaN"]
            if seen:
                named = _named(target["legendFormat"], one["metric"])
                yield Series(named, one["metric"], seen, place)

    def _get(self, what: str, **asked: object) -> list[Json]:
        with urlopen(f"{self.url}/api/v1/{what}?{urlencode(asked)}", timeout=30) as reply:
            found: list[Json] = json.load(reply)["data"]["result"]
            return found


def seconds(span: str) -> float:
    """`30m` in seconds."""
    return float(span[:-1]) * _UNITS[span[-1]]


def shown(value: float, unit: str) -> str:
    """A value as people read it."""
    if unit.startswith("time:"):
        moment = datetime.fromtimestamp(value / 1000, UTC)
        return moment.strftime("%Y-%m-%d %a" + (" %H:%M UTC" if "HH" in unit else ""))
    if unit == "percentunit":
        return f"{value:.1%}"
    if unit == "bytes":
        scale = next((n for n in range(5) if abs(value) < 1024 ** (n + 1)), 4)
        return f"{value / 1024**scale:.3g} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[scale]}"
    if unit in _UNITS:
        whole = value * _UNITS[unit]
        for name, size in (("d", 86400), ("h", 3600), ("min", 60)):
            if abs(whole) >= 2 * size:
                return f"{whole / size:.1f} {name}"
        return f"{whole:.3g} s"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def hue(value: float, steps: Sequence[Json]) -> str:
    """The colour of a value by its thresholds."""
    return str([one["color"] for one in steps if one["value"] is None or value >= one["value"]][-1])


def drawn(panel: Json, asked: Prometheus) -> Json:
    """What the template needs to draw a panel."""
    series = asked.ask(panel)
    defaults = panel["fieldConfig"]["defaults"]
    place = panel["gridPos"]
    said = {
        "kind": panel["type"],
        "title": panel["title"],
        "description": panel["description"],
        "empty": "" if series else defaults["noValue"],
        "span": place["w"],
        "height": place["h"],
    }
    if not series:
        return said
    if panel["type"] == "table":
        return said | _table(panel, series)
    if panel["type"] == "timeseries":
        return said | _chart(series, defaults["unit"])
    return said | {"cells": [_cell(one, defaults) for one in series]}


def _cell(series: Series, defaults: Json) -> Json:
    steps, known = defaults["thresholds"]["steps"], _known(defaults)
    most = max((value for _, value in series.points), default=0) or 1
    return {
        "name": series.name,
        "text": _text(series.last, defaults["unit"], known),
        "hue": _hue(series.last, steps, known),
        "share": min(100 * series.last / most, 100),
        "fields": [
            {"text": _text(value, defaults["unit"], known), "hue": _hue(value, steps, known)}
            for _, value in series.points[-60:]
        ],
        "value": series.last,
    }


def _known(settings: Json) -> Json:
    return {k: v for one in settings.get("mappings") or () for k, v in one["options"].items()}


def _text(value: float, unit: str, known: Json) -> str:
    found = known.get(f"{value:g}")
    return found["text"] if found else shown(value, unit)


def _hue(value: float, steps: Sequence[Json], known: Json) -> str:
    found = known.get(f"{value:g}")
    return found["color"] if found else hue(value, steps)


def _table(panel: Json, series: Sequence[Series]) -> Json:
    [names] = [
        t["options"]["renameByName"] for t in panel["transformations"] if t["id"] == "organize"
    ]
    keys = {label: title for label, title in names.items() if not label.startswith("Value")}
    columns = [title for label, title in names.items() if label.startswith("Value")]
    looks = {o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]}
             for o in panel["fieldConfig"]["overrides"]}  # fmt: skip
    rows: dict[tuple[str, ...], dict[int, float]] = {}
    for one in series:
        key = tuple(one.labels.get(label, "") for label in keys)
        rows.setdefault(key, {})[one.target] = one.last
    body = []
    for key, values in sorted(rows.items()):
        cells = [{"text": part, "hue": ""} for part in key]
        for n, title in enumerate(columns):
            look, value = looks[title], values.get(n)
            steps = look.get("thresholds", {}).get("steps", [{"color": "", "value": None}])
            known = _known(look)
            cells.append(
                {"text": "", "hue": ""} if value is None
                else {"text": _text(value, look["unit"], known), "hue": _hue(value, steps, known)}
            )  # fmt: skip
        body.append(cells)
    return {"head": [*keys.values(), *columns], "body": body}


def _chart(series: Sequence[Series], unit: str) -> Json:
    times = [at for one in series for at, _ in one.points]
    most = max((value for one in series for _, value in one.points), default=0) or 1
    first, width = min(times), max(max(times) - min(times), 1)
    ranked = sorted(series, key=lambda one: -max(value for _, value in one.points))[:12]
    made = []
    for n, one in enumerate(ranked):
        dots = [
            (_WIDTH * (at - first) / width, _HEIGHT * (1 - max(value, 0) / most))
            for at, value in one.points
        ]
        flat = " ".join(f"{x:.1f},{y:.1f}" for x, y in _steady(dots))
        made.append({"name": one.name, "dots": flat, "hue": _HUES[n % len(_HUES)],
                     "last": shown(one.last, unit)})  # fmt: skip
    return {"lines": made, "most": shown(most, unit), "box": f"0 -4 {_WIDTH} {_HEIGHT + 8}"}


def _steady(dots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """As steps: a value holds until the next one."""
    steps = [dot for (x, y), (after, _) in pairwise(dots) for dot in ((x, y), (after, y))]
    return [*steps, dots[-1], (dots[-1][0] + 1, dots[-1][1])]


def page(asked: Prometheus, uids: Sequence[str]) -> str:
    """The HTML of some boards."""
    boards = []
    for uid in uids:
        board = json.loads((FOLDER / f"{uid}.json").read_text("utf-8"))
        panels = [
            {"kind": "row", "title": panel["title"]}
            if panel["type"] == "row"
            else drawn(panel, asked)
            for panel in board["panels"]
        ]
        boards.append(
            {"title": board["title"], "description": board["description"], "panels": panels}
        )
    loader = jinja2.FileSystemLoader(_HERE)
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("preview.html")
    when = datetime.fromtimestamp(asked.now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return template.render(boards=boards, when=when)


def _named(legend: str, labels: Mapping[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


def main() -> None:
    """Ask, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of Prometheus")
    parser.add_argument("page", type=Path, help="the HTML file to write")
    parser.add_argument("--since", default="1h", help="how far back, as 30m, 6h or 7d")
    parser.add_argument("--dag", default="warehouse", help="whose tasks DAG detail shows")
    parser.add_argument("--board", action="append", help="uid of a board; all of them without it")
    given = parser.parse_args()
    asked = Prometheus(
        given.url.rstrip("/"), time.time(), seconds(given.since), {"dag_id": given.dag}
    )
    uids = given.board or [str(board().uid) for board in BOARDS]
    try:
        drawing = page(asked, uids)
    except URLError as problem:
        raise SystemExit(
            f"{asked.url} could not be asked ({problem}). Give the address that `make monitoring` "
            "prints, while it runs."
        ) from None
    given.page.write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
