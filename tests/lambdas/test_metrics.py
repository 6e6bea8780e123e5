"""What the function prints for CloudWatch, and that alarms and dashboard look at what there is."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools.metrics.provider.cold_start import reset_cold_start_flag

UNITS = {
    "RecordsPromoted": "Count",
    "RecordsQuarantined": "Count",
    "MessagesFailed": "Count",
    "MessageAge": "Seconds",
    "BatchDuration": "Seconds",
    "ColdStart": "Count",
}
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
OF_AWS = {
    "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration"}, "FunctionName"),
    "AWS/SQS": (
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
        "QueueName",
    ),
}
REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Emitted:
    """One metric of one line of EMF."""

    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    values: tuple[float, ...]


def emitted(printed: str) -> list[Emitted]:
    """All metrics; every line that is printed is JSON, and EMF as CloudWatch reads it."""
    found = []
    for line in map(json.loads, printed.splitlines()):
        told = line.get("_aws", {})
        for directive in told.get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "InvestIQ"
            assert told["Timestamp"] > 1_600_000_000_000
            [names] = directive["Dimensions"]
            for metric in directive["Metrics"]:
                values = line[metric["Name"]]
                values = tuple(values) if isinstance(values, list) else (values,)
                dimensions = tuple((name, line[name]) for name in sorted(names))
                found.append(Emitted(metric["Name"], metric["Unit"], dimensions, values))
    return found


@pytest.fixture
def polled(stack, quote, capsys):
    """What one batch printed: a good object, one with a refused record, and a poison message."""
    stack.land(quote, 7, {**quote, "open": 2})
    stack.land(quote, minute=1)
    stack.sqs.send_message(QueueUrl=stack.queue, MessageBody="poison")
    reset_cold_start_flag()
    capsys.readouterr()
    stack.poll()
    return emitted(capsys.readouterr().out)


def test_a_batch_says_what_became_of_it(polled):
    values = {one.name: sorted(one.values) for one in polled}
    assert values.keys() == UNITS.keys()
    assert values["RecordsPromoted"] == [1, 2]
    assert values["RecordsQuarantined"] == [0, 1]
    assert values["MessagesFailed"] == values["ColdStart"] == [1]
    assert len(values["MessageAge"]) == 3
    assert all(0 <= age < 60 for age in values["MessageAge"])
    [seconds] = values["BatchDuration"]
    assert 0 < seconds < 60
    assert {one.name: one.unit for one in polled} == UNITS


def test_a_cold_start_is_told_once_and_nothing_else_changes(stack, quote, polled, capsys):
    stack.drain()
    stack.land({**quote, "open": 3}, minute=2)
    capsys.readouterr()
    stack.poll()
    again = {one.name for one in emitted(capsys.readouterr().out)}
    assert again == UNITS.keys() - {"ColdStart"}


def test_each_metric_costs_one_series(polled):
    """CloudWatch bills by combination of dimensions: none may come from data."""
    of_all, of_starts = {("service", "promote")}, {("function_name", "promote")}
    for one in polled:
        expected = of_all | of_starts if one.name == "ColdStart" else of_all
        assert set(one.dimensions) == expected


@pytest.fixture(scope="module")
def board(resources: dict[str, Any]) -> dict[str, Any]:
    """The body of the dashboard."""
    return json.loads(resources["Dashboard"]["DashboardBody"]["Fn::Sub"])


def test_the_dashboard_shows_all_that_is_emitted_and_nothing_else(board, polled):
    ours = {(one.name, tuple(name for name, _ in one.dimensions)) for one in polled}
    shown = set()
    for widget in board["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            options = rest.pop() if isinstance(rest[-1], dict) else {}
            assert options.get("stat") or widget["properties"].get("stat")
            dimensions = dict(zip(rest[::2], rest[1::2], strict=True))
            if namespace == "InvestIQ":
                shown.add((name, tuple(sorted(dimensions))))
                assert dimensions["service"] == "promote"
            else:
                known, dimension = OF_AWS[namespace]
                assert name in known
                assert list(dimensions) == [dimension]
    assert shown == ours


def test_the_dashboard_names_what_the_template_has(board, resources):
    for reference in REFERENCE.findall(json.dumps(board)):
        name = reference.partition(".")[0]
        assert name in resources or name == "AWS::Region"


def test_the_widgets_do_not_lie_on_each_other(board):
    taken = [
        (column, row)
        for widget in board["widgets"]
        for column in range(widget["x"], widget["x"] + widget["width"])
        for row in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) == 23


def alarms(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in resources.items() if name.endswith("Alarm")}


def test_alarms_look_at_what_aws_measures_and_tell_somebody(resources):
    assert len(alarms(resources)) == 5
    for alarm in alarms(resources).values():
        known, dimension = OF_AWS[alarm["Namespace"]]
        assert alarm["MetricName"] in known
        [told] = alarm["Dimensions"]
        assert told["Name"] == dimension
        [target] = told["Value"].values()
        assert target.partition(".")[0] in resources
        assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert len(alarm["AlarmDescription"]) > 40


def test_the_alarms_are_all_on_the_dashboard(resources, board):
    shown = {
        REFERENCE.fullmatch(arn)[1].removesuffix(".Arn")
        for widget in board["widgets"]
        for arn in widget["properties"].get("alarms", [])
    }
    assert shown == set(alarms(resources))


def test_thresholds_follow_from_the_settings_they_watch(resources, board):
    duration, age = resources["PromoteDurationAlarm"], resources["LandedAgeAlarm"]
    assert duration["Threshold"] == resources["Promote"]["Timeout"] * 1000 * 0.8
    assert resources["LandedQueue"]["VisibilityTimeout"] < age["Threshold"]
    drawn = {
        line["value"]
        for widget in board["widgets"]
        for line in widget["properties"].get("annotations", {}).get("horizontal", [])
    }
    assert drawn == {duration["Threshold"], age["Threshold"]}


def test_the_log_is_kept_for_a_while_and_not_for_ever(resources):
    assert resources["PromoteLogs"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert resources["Promote"]["LoggingConfig"] == {"LogGroup": {"Ref": "PromoteLogs"}}
