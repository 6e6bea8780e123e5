"""The rules as Prometheus takes them: valid, tested alert by alert, each with a runbook."""

import re
from pathlib import Path

import pytest
import yaml

from tests.monitoring.vocabulary import (
    ALERTMANAGER,
    MONITORING,
    PROMETHEUS,
    RULES,
    known,
    names,
    ours,
    recorded,
    rules,
    tool,
)

UNIT_TESTS = sorted((Path(__file__).parent / "promtool").glob("*.yml"))
ALERTS = {rule["alert"]: rule for rule in rules("alerts")}
SEVERITIES = {"critical": "on-call", "warning": "desk", "info": "desk-digest"}


def test_the_configuration_and_the_rules_are_valid():
    said = tool("promtool", "check", "config", "--lint=all", "--lint-fatal", PROMETHEUS)
    assert "2 rule files found" in said
    for path in RULES.values():
        tool("promtool", "check", "rules", "--lint=all", "--lint-fatal", path)


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
def test_the_unit_tests_of_the_rules_pass(path):
    assert "SUCCESS" in tool("promtool", "test", "rules", path)


def test_every_alert_has_a_test_that_fires_it_and_one_that_stays_quiet():
    asked = [
        case
        for path in UNIT_TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test.get("alert_rule_test", [])
    ]
    fired = {case["alertname"] for case in asked if case.get("exp_alerts")}
    quiet = {case["alertname"] for case in asked if not case.get("exp_alerts")}
    assert fired == set(ALERTS)
    assert quiet == set(ALERTS)


def test_every_recording_rule_has_a_test_of_its_values():
    tested = {
        name
        for path in UNIT_TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test.get("promql_expr_test", [])
        for name in names(case["expr"])
    }
    assert tested == recorded()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_means_and_where_to_look(name):
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    path, _, heading = alert["annotations"]["runbook_url"].partition("#")
    assert heading == name.lower()
    readme = (MONITORING.parent / path).read_text()
    [runbook] = re.findall(rf"^### {name}\n(.+?)(?=^### |\Z)", readme, re.M | re.S)
    for part in ("**Means**", "**Look**", "**Do**"):
        assert part in runbook, f"{name}: no {part}"


def test_no_runbook_is_left_of_an_alert_that_is_gone():
    runbooks = (MONITORING / "README.md").read_text().partition("\n## Runbooks\n")[2]
    assert set(re.findall(r"^### (\w+)$", runbooks, re.M)) == set(ALERTS)


@pytest.mark.parametrize("kind", RULES)
def test_every_metric_that_a_rule_names_exists(kind):
    for rule in rules(kind):
        unknown = names(rule["expr"]) - known()
        assert not unknown, f"{rule.get('alert') or rule['record']}: {unknown}"


def test_the_mapping_is_of_timers_that_are_sent():
    mapping = yaml.safe_load((MONITORING / "statsd" / "mapping.yml").read_text())
    assert mapping["defaults"]["observer_type"] == "histogram"
    for entry in mapping["mappings"]:
        if entry.get("action") == "drop":
            continue
        assert entry["match_metric_type"] == "observer"
        shape = re.compile(re.escape(entry["name"]).replace(r"\$\{1\}", r"\w+") + "_bucket")
        assert any(shape.fullmatch(name) for name in known()), entry["name"]
        buckets = entry.get("histogram_options", mapping["defaults"]["histogram_options"])[
            "buckets"
        ]
        assert buckets == sorted(set(buckets))
    mapped = {entry["name"] for entry in mapping["mappings"]}
    assert {name[: -len("_bucket")] for name in ours() if name.endswith("_bucket")} <= mapped


def test_alertmanager_sends_each_severity_where_it_belongs():
    tool("amtool", "check-config", ALERTMANAGER)
    for alert in ALERTS.values():
        labels = (f"severity={alert['labels']['severity']}", f"alertname={alert['alert']}")
        asked = ("config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels)
        assert tool("amtool", *asked).strip() == SEVERITIES[alert["labels"]["severity"]]


def test_alertmanager_knows_no_secret_and_no_alert_that_is_not_there():
    text = ALERTMANAGER.read_text()
    config = yaml.safe_load(text)
    keys = re.findall(r"^\s*(?:- )?(\w+):", text, re.M)
    secret = {key for key in keys if re.search("password|token|credential|secret|key", key)}
    assert secret == {"smtp_auth_password_file", "credentials_file"}
    for rule in config["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            [named] = re.findall(r'^alertname=~?"(.+)"$', matcher)
            assert set(named.split("|")) <= set(ALERTS)
