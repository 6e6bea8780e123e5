"""Prometheus's own tools, and which metrics there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import promql_parser
import pytest
import yaml

from ingestion.settings import project_root
from monitoring.metrics import METRICS, Kind
from sandbox.servers import free_ports

MONITORING = project_root() / "monitoring"
PROMETHEUS = MONITORING / "prometheus" / "prometheus.yml"
RULES = {name: PROMETHEUS.parent / "rules" / f"{name}.yml" for name in ("alerts", "recording")}
ALERTMANAGER = MONITORING / "alertmanager" / "alertmanager.yml"
_PARTS = ("_bucket", "_sum", "_count")
_OF_PROMETHEUS = {"up", "ALERTS", "scrape_samples_scraped", "scrape_duration_seconds"}


def present(name: str) -> None:
    """One of Prometheus's programs; Debian's package of it is named where it is not there."""
    if not shutil.which(name):
        package = "prometheus" if name in ("prometheus", "promtool") else "prometheus-alertmanager"
        pytest.fail(f"{name} is not there: apt-get install --no-install-recommends {package}")


def tool(*command: str | Path) -> str:
    """What promtool or amtool said; it must have been content."""
    present(str(command[0]))
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running(folder: Path, *command: str) -> Iterator[str]:
    """A server of Prometheus's on a free port of loopback, for the block; its address."""
    present(command[0])
    url = f"http://127.0.0.1:{free_ports(('web',), {})['web']}"
    with (folder / "log").open("w") as log:
        listening = f"--web.listen-address={url.removeprefix('http://')}"
        process = subprocess.Popen([*command, listening], stdout=log, stderr=log, cwd=folder)
    try:
        until = monotonic() + 30
        while process.poll() is None and monotonic() < until:
            with suppress(URLError, ConnectionError), urlopen(f"{url}/-/ready", timeout=1):
                break
            sleep(0.05)
        else:
            pytest.fail(f"{command[0]} did not start: {(folder / 'log').read_text()[-500:]}")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def rules(kind: str) -> list[dict]:
    groups = yaml.safe_load(RULES[kind].read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@cache
def ours() -> frozenset[str]:
    """Every name under which a metric of our own is in Prometheus."""
    return frozenset(
        name
        for metric in METRICS
        for name in (
            [metric.prometheus + part for part in _PARTS]
            if metric.kind is Kind.HISTOGRAM
            else [metric.prometheus]
        )
    )


@cache
def airflows() -> frozenset[str]:
    """Every name that the installed Airflow says it sends, as the exporter shows it."""
    place = find_spec("airflow").submodule_search_locations[0]
    template = Path(place) / "_shared" / "observability" / "metrics" / "metrics_template.yaml"
    names = set()
    for metric in yaml.safe_load(template.read_text())["metrics"]:
        plain = "airflow_" + re.sub(r"[^a-z0-9_{}]", "_", metric["name"])
        timer = metric["type"] == "timer"
        names |= {plain + part for part in _PARTS} if timer else {plain}
    return frozenset(names)


def recorded() -> set[str]:
    return {rule["record"] for rule in rules("recording")}


def known() -> set[str]:
    return {*ours(), *airflows(), *recorded(), *_OF_PROMETHEUS}


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    """Every selector of an expression; a name may not hide in a matcher."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
        elif isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), visit)
    unique = {str(node): node for node in found}
    for node in unique.values():
        assert node.name, f"a selector without a name: {node}"
        yield node


def names(expression: str) -> set[str]:
    return {str(node.name) for node in selectors(expression)}


def board_queries() -> list[tuple[str, str, str]]:
    """(board, panel, expression) of all dashboards, variables and annotations filled in."""
    found = []
    for path in sorted((MONITORING / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        for note in board["annotations"]["list"]:
            found.append((board["title"], note["name"], note["expr"]))
        for panel in board["panels"]:
            for target in panel.get("targets") or ():
                expression = target["expr"].replace("$dag_id", "warehouse")
                assert "$" not in expression, expression
                found.append((board["title"], panel["title"], expression))
    return found
