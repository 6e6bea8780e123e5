"""What Alertmanager keeps to itself, asked of a real one: what follows from something else."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from tests.monitoring.vocabulary import ALERTMANAGER, rules, running

SEVERITY = {rule["alert"]: rule["labels"]["severity"] for rule in rules("alerts")}


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """On loopback, for this file; it waits half a minute before it sends anything anywhere."""
    folder = tmp_path_factory.mktemp("alertmanager")
    command = ["prometheus-alertmanager", f"--config.file={ALERTMANAGER}"]
    command += [f"--storage.path={folder}", "--cluster.listen-address="]
    with running(folder, *command) as url:
        yield url


def inhibited(url: str, case: str, *alerts: tuple[str, dict[str, str]]) -> set[tuple[str, ...]]:
    """Of alerts that fire together those that are kept back; `case` keeps cases apart."""
    posted = [
        {"labels": {"alertname": name, "severity": SEVERITY[name], "case": case, **labels}}
        for name, labels in alerts
    ]
    body = json.dumps(posted).encode()
    kind = {"Content-Type": "application/json"}
    urlopen(Request(f"{url}/api/v2/alerts", body, kind), timeout=5).close()
    with urlopen(f'{url}/api/v2/alerts?filter=case="{case}"'.replace('"', "%22"), timeout=5) as it:
        seen = json.load(it)
    assert len(seen) == len(alerts)
    resolved = [{**one, "endsAt": "2020-01-01T00:00:00Z"} for one in posted]
    urlopen(Request(f"{url}/api/v2/alerts", json.dumps(resolved).encode(), kind), timeout=5).close()
    return {
        (one["labels"]["alertname"], *(value for _, value in sorted(labels.items())))
        for one in seen
        if one["status"]["inhibitedBy"]
        for labels in [{k: one["labels"][k] for k in ("dataset", "place") if k in one["labels"]}]
    }


def test_a_missing_session_silences_the_late_one_of_its_own_dataset_alone(alertmanager):
    assert inhibited(
        alertmanager,
        "missing",
        ("MissingSession", {"dataset": "quotes"}),
        ("LateData", {"dataset": "quotes"}),
        ("LateData", {"dataset": "index_quotes"}),
    ) == {("LateData", "quotes")}


@pytest.mark.parametrize("cause", ["WarehouseFailed", "WarehouseStuck", "SchedulerDown"])
def test_what_stopped_the_warehouse_silences_late_data_but_never_a_missing_session(
    alertmanager, cause
):
    assert inhibited(
        alertmanager,
        cause,
        (cause, {}),
        ("LateData", {"dataset": "quotes"}),
        ("MissingSession", {"dataset": "index_quotes"}),
    ) == {("LateData", "quotes")}


def test_without_a_scheduler_its_standing_gauges_say_nothing(alertmanager):
    assert inhibited(
        alertmanager,
        "scheduler",
        ("SchedulerDown", {}),
        ("WarehouseStuck", {}),
        ("PoolStarving", {}),
        ("DagImportErrors", {}),
        ("GreatExpectationsFailed", {}),
    ) == {("WarehouseStuck",), ("PoolStarving",), ("DagImportErrors",)}


def test_an_almost_full_disk_is_told_once_and_another_one_by_itself(alertmanager):
    assert inhibited(
        alertmanager,
        "disk",
        ("DiskAlmostFull", {"place": "home"}),
        ("DiskFillingUp", {"place": "home"}),
        ("DiskFillingUp", {"place": "warehouse"}),
    ) == {("DiskFillingUp", "home")}
