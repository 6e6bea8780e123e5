"""The dashboards: as generated, read whole by Grafana's own model, about metrics there are."""

import json
import re
from itertools import pairwise

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from ingestion.settings import project_root
from monitoring.grafana.__main__ import BOARDS, FOLDER, generated
from monitoring.grafana.kit import DATASOURCE_UID
from monitoring.metrics import METRICS, Kind
from tests.monitoring.vocabulary import (
    MONITORING,
    board_queries,
    known,
    names,
    recorded,
    rules,
    selectors,
)

COMMITTED = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
TITLES = {
    "investiq-freshness": "Data freshness",
    "investiq-dags": "DAG overview",
    "investiq-dag": "DAG detail",
    "investiq-warehouse": "Warehouse",
    "investiq-ingestion": "Ingestion and news",
    "investiq-airflow": "Airflow internals",
}


def panels(board: dict) -> list[dict]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def every_panel() -> list:
    return [
        pytest.param(panel, id=f"{board['uid']}: {panel['title']} ({panel['id']})")
        for board in COMMITTED.values()
        for panel in panels(board)
    ]


def test_the_committed_json_is_what_the_code_makes():
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert committed == generated(), "run `make dashboards` and commit what it wrote"


def test_the_six_boards_keep_their_addresses():
    assert {board["uid"]: board["title"] for board in COMMITTED.values()} == TITLES
    assert len(BOARDS) == len(TITLES)
    for name, board in COMMITTED.items():
        assert name == f"{board['uid']}.json"
        assert board["tags"] == ["investiq"]
        assert board["links"][0]["tags"] == ["investiq"]
        assert board["editable"] is False
    linked = {
        link["url"].removeprefix("/d/")
        for board in COMMITTED.values()
        for panel in panels(board)
        for link in panel.get("links") or ()
    }
    assert linked
    assert linked <= set(TITLES)
    assert COMMITTED["investiq-dag.json"]["refresh"] == "5s"
    assert [v["name"] for v in COMMITTED["investiq-dag.json"]["templating"]["list"]] == [
        "datasource",
        "dag_id",
    ]


@pytest.mark.parametrize("name", COMMITTED)
def test_the_model_of_grafana_reads_a_board_and_writes_it_back_whole(name):
    """Whatever the model does not know would be lost on the way."""
    board = COMMITTED[name]
    read = Dashboard.from_json(board)
    assert all(isinstance(panel, Panel) for panel in read.panels if panel.type_val != "row")
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == board


@pytest.mark.parametrize("name", COMMITTED)
def test_panels_lie_side_by_side_without_gaps_or_overlap(name):
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in COMMITTED[name]["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in COMMITTED[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    heights = [sum((x, y) in taken for x in range(24)) for y in range(max(y for _, y in taken) + 1)]
    assert set(heights) == {24}, "a line of panels is not filled"


@pytest.mark.parametrize("panel", every_panel())
def test_a_panel_says_what_it_shows_and_what_it_says_without_data(panel):
    assert panel["title"]
    assert panel["description"].endswith((".", "?")), panel["description"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    assert defaults["noValue"]
    steps = defaults["thresholds"]["steps"]
    assert steps[0]["value"] is None
    assert all(a["value"] < b["value"] for a, b in pairwise(steps[1:]))
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]
        assert target["legendFormat"]
        assert bool(target.get("instant")) != bool(target.get("range"))
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)


@pytest.mark.parametrize("panel", every_panel())
def test_what_a_legend_names_is_a_label_of_what_it_shows(panel):
    for target in panel["targets"]:
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            assert label in target["expr"] or any(
                label in rule["expr"]
                for rule in rules("recording")
                if rule["record"] in names(_filled(target["expr"]))
            ), (label, target["expr"])


def _filled(expression: str) -> str:
    return expression.replace("$dag_id", "warehouse")


def test_every_expression_is_promql_about_metrics_that_exist():
    asked = board_queries()
    assert len(asked) > 100
    for board, panel, expression in asked:
        promql_parser.parse(expression)
        unknown = names(expression) - known()
        assert not unknown, f"{board}, {panel}: {unknown}"


def test_our_metrics_are_asked_by_labels_that_they_have():
    ours = {metric.prometheus: metric for metric in METRICS}
    theirs = {"job", "instance", "le", "__name__"}
    asked = [expression for _, _, expression in board_queries()]
    asked += [rule["expr"] for kind in ("alerts", "recording") for rule in rules(kind)]
    for expression in asked:
        for selector in selectors(expression):
            name = re.sub("_(bucket|sum|count)$", "", str(selector.name))
            if metric := ours.get(name):
                used = {matcher.name for matcher in selector.matchers.matchers}
                assert used - theirs <= set(metric.labels), expression


def test_every_metric_of_ours_is_looked_at():
    asked = {name for _, _, expression in board_queries() for name in names(expression)}
    asked |= {
        name for kind in ("alerts", "recording") for r in rules(kind) for name in names(r["expr"])
    }
    for metric in METRICS:
        parts = ("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",)
        assert {metric.prometheus + part for part in parts} <= asked, metric.name


def test_every_recording_rule_is_used_by_something():
    asked = {name for _, _, expression in board_queries() for name in names(expression)}
    asked |= {name for rule in rules("alerts") for name in names(rule["expr"])}
    for rule in rules("recording"):
        asked |= names(rule["expr"]) - {rule["record"]}
    assert recorded() <= asked


def test_grafana_is_provisioned_with_what_the_boards_ask_for():
    place = MONITORING / "grafana" / "provisioning"
    files = sorted((place / "datasources").iterdir())
    sources = [one for path in files for one in yaml.safe_load(path.read_text())["datasources"]]
    assert [source["uid"] for source in sources] == ["investiq-marts", DATASOURCE_UID]
    for board in COMMITTED.values():
        chosen = board["templating"]["list"][0]
        assert (chosen["type"], chosen["query"]) == ("datasource", "prometheus")
        assert chosen["current"]["value"] == DATASOURCE_UID
    for source in sources:
        secrets = source.get("secureJsonData", {}).values()
        assert all(str(secret).startswith("$__file{") for secret in secrets)
    [provider] = yaml.safe_load((place / "dashboards" / "investiq.yml").read_text())["providers"]
    assert provider["allowUiUpdates"] is False
    compose = yaml.safe_load((project_root() / "docker-compose.yaml").read_text())
    mounts = compose["services"]["grafana"]["volumes"]
    assert f"./monitoring/grafana/dashboards:{provider['options']['path']}:ro" in mounts
