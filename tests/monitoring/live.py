"""A live Prometheus as the tests ask it, and every expression that the project asks of one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import requests
import yaml

from ingestion.settings import project_root

MONITORING = project_root() / "monitoring"
DASHBOARDS = MONITORING / "grafana" / "dashboards"
RULES = MONITORING / "prometheus" / "rules"
_BUILT_IN = {  # what Grafana puts in for its own variables, for a quarter of an hour of data
    "__rate_interval": "1m",
    "__interval": "15s",
    "__range": "15m",
    "__range_s": "900",
}
_CHOSEN = re.compile(r'="\$\w+"')
_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One expression, and where it is from.

    Attributes:
        title: of its panel; the name of an alert or of what is recorded.
        board: the dashboard, or none.
        kind: panel, annotation, record or alert.
    """

    kind: str
    title: str
    expr: str
    board: Path | None = None
    letter: str = ""

    @property
    def where(self) -> str:
        """What a person calls it."""
        return f"{self.board.stem}: {self.title} {self.letter}" if self.board else self.title

    def filled(self, live: "Live") -> Iterator[str]:
        """It with each value of its variable that there is now, or as it is."""
        names = {next(filter(None, found)) for found in _VARIABLE.findall(self.expr)}
        own = names - set(_BUILT_IN)
        if not own:
            yield _put(self.expr, _BUILT_IN)
            return
        assert self.board
        [name] = own
        for value in _values(live, self.board, name):
            yield _put(self.expr, {**_BUILT_IN, name: value})

    @property
    def of_any(self) -> str:
        """It with any value of its variable."""
        return _put(_CHOSEN.sub('=~".+"', self.expr), _BUILT_IN)


def _values(live: "Live", board: Path, name: str) -> list[str]:
    """What a variable of a dashboard may be, by what Prometheus has now."""
    listed = json.loads(board.read_text("utf-8"))["templating"]["list"]
    [query] = [one["query"] for one in listed if one["name"] == name and one["type"] == "query"]
    found = re.fullmatch(r"label_values\((.+),\s*(\w+)\)", query)
    assert found, f"{board.stem}: ${name} is asked for by {query}, which is not understood here"
    return live.labels(found[2], found[1])


def _put(expr: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[next(filter(None, found.groups()))], expr)


@dataclass(slots=True)
class Live:
    """Asks a Prometheus."""

    url: str

    def query(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """What an expression gives now, or at a moment; a scalar is one result."""
        data = self._get("query", {"query": expr, **({"time": at} if at else {})})
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        return list(data["result"])

    def value(self, expr: str) -> float:
        """The one value of an expression; 0 where it gives nothing."""
        found = self.query(expr)
        assert len(found) < 2, found
        return float(found[0]["value"][1]) if found else 0.0

    def by(self, expr: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The values of an expression by the values of some labels."""
        return {
            tuple(one["metric"].get(label, "") for label in labels): float(one["value"][1])
            for one in self.query(expr)
        }

    def labels(self, label: str, selector: str) -> list[str]:
        """The values of a label in what a selector selects."""
        return list(self._get(f"label/{label}/values", {"match[]": selector}))

    def rules(self) -> list[dict[str, Any]]:
        """All rules, as Prometheus has loaded them."""
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def _get(self, path: str, parameters: dict[str, Any]) -> Any:
        reply = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30).json()
        assert reply["status"] == "success", f"{parameters}: {reply.get('error')}"
        return reply["data"]


def of_dashboards(folder: Path = DASHBOARDS) -> Iterator[Asked]:
    """What every panel and every annotation of every dashboard asks."""
    for path in sorted(folder.glob("*.json")):
        board = json.loads(path.read_text("utf-8"))
        for note in board.get("annotations", {}).get("list", []):
            if "expr" in note:
                yield Asked("annotation", note["name"], note["expr"], path)
        for panel in board["panels"]:
            assert not panel.get("panels"), "panels within a row are not looked at here"
            for one in panel.get("targets", []):
                yield Asked("panel", panel["title"], one["expr"], path, one["refId"])


def of_rules(folder: Path = RULES) -> Iterator[Asked]:
    """What every recording rule and every alert asks."""
    for path in sorted(folder.glob("*.yml")):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                kind = "alert" if "alert" in rule else "record"
                yield Asked(kind, rule[kind], rule["expr"])


def selectors(expr: str) -> set[str]:
    """The series that an expression asks for, each as a selector of now."""
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            node = node.vector_selector
        if isinstance(node, promql_parser.VectorSelector):
            text = node.prettify()
            found.add(re.sub(r"\s+(offset|@)\s+\S+", "", text))

    promql_parser.walk(promql_parser.parse(expr), visit)
    return found
