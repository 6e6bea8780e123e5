"""How metrics leave: the lines, the datagrams, and what happens where nobody takes them."""

import logging
import socket
import time

import pytest

from monitoring import client, metrics
from monitoring.client import Meter, meter
from monitoring.metrics import METRICS, SERIES_BUDGET, Kind, Metric

OPEN = Metric("things_total", Kind.COUNTER, "things", ("node",), 4, "Of an open set")


@pytest.fixture
def telling(receiver) -> Meter:
    return client.meter.__wrapped__("127.0.0.1", receiver.port)


def test_a_metric_leaves_with_its_labels_as_tags(telling, receiver):
    telling.tell(metrics.ROWS_LOADED, 828, table="rapidapi_quotes")
    telling.tell(metrics.STEP_DURATION, 0.25, step="load", result="ok")
    telling.tell(metrics.WAREHOUSE_SIZE, 10_000_000_000)
    receiver.samples()
    assert receiver.datagrams[:3] == [
        b"investiq.rows_loaded_total,table=rapidapi_quotes:828|c",
        b"investiq.step_duration_seconds,step=load,result=ok:250.000000|ms",
        b"investiq.warehouse_bytes:10000000000|g",
    ]


def test_a_gauge_below_zero_is_set_and_not_lowered(telling, receiver):
    """To StatsD a sign means a change, so 0 goes before it, in the same datagram."""
    telling.tell(metrics.LOAD_LAG, -5, table="rapidapi_quotes")
    receiver.samples()
    name = b"investiq.load_receipts_lag_seconds,table=rapidapi_quotes"
    assert receiver.datagrams[0] == name + b":0|g\n" + name + b":-5|g"


@pytest.mark.parametrize("spoilt", ["a,b", "a=b", "a:1|c", "a b", "a\nb", "ä;#", "a|@0.1"])
def test_no_value_of_a_label_can_end_the_line(spoilt, telling, receiver):
    telling.tell(OPEN, 1, node=spoilt)
    [sample] = receiver.samples()
    assert sample.name == OPEN.name
    assert set(sample["node"]) <= set("a_b10c.")


def test_a_long_value_is_cut_and_an_empty_one_named(telling, receiver):
    telling.tell(OPEN, 1, node="x" * 500)
    telling.tell(OPEN, 1, node="")
    assert [sample["node"] for sample in receiver.samples()] == ["x" * 80, "none"]


def test_what_is_in_no_known_set_is_other(telling, receiver):
    telling.tell(metrics.ROWS_LOADED, 1, table="made_up")
    telling.tell(metrics.FETCHES, 1, source="nse", dataset="bhavcopy", status="<html>")
    assert [dict(sample.labels) for sample in receiver.samples()] == [
        {"table": "other"},
        {"source": "nse", "dataset": "bhavcopy", "status": "other"},
    ]


def test_a_metric_never_has_more_series_than_its_budget(telling, receiver):
    """Also when it is told many at once; what is over goes together as `other`."""
    with telling.together() as batch:
        for number in range(50):
            batch.tell(OPEN, 1, node=f"node{number}")
    telling.tell(OPEN, 1, node="node1")
    telling.tell(OPEN, 1, node="node99")
    sent = [sample["node"] for sample in receiver.samples()]
    assert set(sent) == {"node0", "node1", "node2", "other"}
    assert len(set(sent)) == OPEN.budget
    assert sent.count("other") == 48


def test_many_go_in_few_datagrams_that_pass_any_network(telling, receiver):
    with telling.together() as batch:
        for number in range(150):
            batch.tell(metrics.DBT_NODE_DURATION, 1.5, node=f"int_something_long__number_{number}")
    assert len(receiver.samples()) == 150
    whole = [one for one in receiver.datagrams if not one.startswith(b"end")]
    assert max(map(len, whole)) < 1400
    assert len(whole) < 12


@pytest.mark.parametrize("where", [None, "127.0.0.1"])
@pytest.mark.parametrize(
    ("metric", "value", "labels"),
    [
        (metrics.ROWS_LOADED, 1, {}),
        (metrics.ROWS_LOADED, 1, {"dataset": "quotes"}),
        (metrics.ROWS_LOADED, 1, {"table": "rapidapi_quotes", "dataset": "quotes"}),
        (metrics.ROWS_LOADED, -1, {"table": "rapidapi_quotes"}),
        (metrics.STEP_DURATION, -0.1, {"step": "load", "result": "ok"}),
    ],
)
def test_what_is_not_as_defined_raises_also_where_nothing_is_sent(
    where, metric, value, labels, receiver
):
    telling = client.meter.__wrapped__(where, receiver.port)
    with pytest.raises(TypeError, match=metric.name):
        telling.tell(metric, value, **labels)
    assert receiver.samples() == []


def test_what_is_no_number_is_left_out_and_said(telling, receiver, caplog):
    with caplog.at_level(logging.WARNING):
        telling.tell(metrics.NEWS_MAPPING_RATE, float("nan"), scope="news_india_news")
    assert receiver.samples() == []
    assert "news_mapping_rate is nan: not sent" in caplog.text


def test_where_no_host_is_named_nothing_is_sent():
    assert not meter(None, 8125).sends
    assert not meter("", 8125).sends


def test_a_closed_port_costs_nothing():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
    telling = meter("127.0.0.1", closed)
    begun = time.perf_counter()
    for _ in range(1000):
        telling.tell(metrics.ROWS_LOADED, 1, table="rapidapi_quotes")
    assert time.perf_counter() - begun < 1


def test_a_name_that_does_not_resolve_turns_metrics_off_for_the_process(monkeypatch, caplog):
    """Asked once and not waited for long, however long the resolver takes."""
    asked = []

    def silent(*arguments, **named):
        asked.append(arguments)
        time.sleep(5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    begun = time.perf_counter()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            telling = meter("statsd.invalid", 8125)
            telling.tell(metrics.ROWS_LOADED, 1, table="rapidapi_quotes")
    assert time.perf_counter() - begun < 2
    assert len(asked) == 1
    assert not telling.sends
    assert caplog.text.count("does not resolve") == 1


def test_a_name_is_resolved_once_and_used(receiver):
    telling = meter("localhost", receiver.port)
    telling.tell(metrics.DEAD_LETTERS, 3)
    assert [sample.value for sample in receiver.samples()] == [3]


def test_the_definitions_fit_together():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert sum(metric.budget for metric in METRICS) <= SERIES_BUDGET
    for metric in METRICS:
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        known = [client.KNOWN.get(label) for label in metric.labels]
        assert all(known) or metric.labels == ("node",), metric.name
