"""What is read out of dbt's log while it works: dbt names the same thing in two ways."""

import json
from typing import Any

import pytest

from investiq.dbt import BuildReport, follow


def line(name: str, **data: Any) -> str:
    event = {"info": {"name": name, "level": "info", "msg": "2 of 5  FAIL 7  x"}, "data": data}
    return json.dumps(event)


@pytest.mark.parametrize(
    ("name", "total", "status"),
    [("LogModelResult", "total", "error"), ("LogTestResult", "num_models", "fail")],
)
def test_a_node_that_failed_is_known_by_its_name(name: str, total: str, status: str) -> None:
    report, told = BuildReport(), list[tuple[int, int]]()
    data = {"index": 2, total: 5, "status": status, "node_info": {"node_name": "x"}}

    follow(line(name, **data), report, lambda done, of: told.append((done, of)))

    assert report.failed == {"x": "2 of 5 FAIL 7 x"}
    assert (report.nodes, told) == (5, [(2, 5)])


def test_a_node_that_went_well_and_text_that_is_no_event_are_no_failures() -> None:
    report = BuildReport()
    follow(line("LogTestResult", index=1, num_models=5, status="pass"), report, lambda *_: None)
    follow("Traceback (most recent call last):", report, lambda *_: None)
    assert (report.failed, report.failures) == ({}, [])
