"""dbt as a process of its own: what is read out of its log, and what its death means."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingestion.errors import BuildInterrupted
from ingestion.settings import Settings
from investiq.dbt import BuildReport, follow, run_dbt


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
    follow(line("RunResultError", node_info={"node_name": "x"}), report, lambda *_: None)
    assert report.failed == {"x": "2 of 5 FAIL 7 x: 2 of 5 FAIL 7 x"}  # and why


def test_a_node_that_went_well_and_text_that_is_no_event_are_no_failures() -> None:
    report = BuildReport()
    follow(line("LogTestResult", index=1, num_models=5, status="pass"), report, lambda *_: None)
    follow("Traceback (most recent call last):", report, lambda *_: None)
    assert (report.failed, report.failures) == ({}, [])


@contextmanager
def once_it_runs(number: signal.Signals, whom: int | None = None) -> Iterator[None]:
    """Send a signal to dbt, or to `whom`, as soon as dbt is there."""
    us, ended = psutil.Process(), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for child in us.children():
                with suppress(psutil.NoSuchProcess):  # another one, that has just ended
                    if "dbt.cli.main" in child.cmdline():
                        time.sleep(0.1)  # it still imports, and we read what it says
                        os.kill(whom or child.pid, number)
                        return
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def test_a_dbt_that_was_killed_has_failed_at_nothing(tmp_path: Path) -> None:
    killed = pytest.raises(BuildInterrupted, match=r"signal 9 after 0 of \? nodes.*again\.$")
    with once_it_runs(signal.SIGKILL), killed as problem:
        run_dbt(Settings(home=tmp_path), ["parse"], lambda *_: None)
    assert problem.value.failed == {}


def test_who_gives_up_on_dbt_takes_it_along(tmp_path: Path) -> None:
    with once_it_runs(signal.SIGINT, os.getpid()), pytest.raises(KeyboardInterrupt):
        run_dbt(Settings(home=tmp_path), ["parse"], lambda *_: None)
    assert not (tmp_path / "dbt" / "target" / "manifest.json").exists()
    assert [child for child in psutil.Process().children() if _is_dbt(child)] == []


def _is_dbt(child: psutil.Process) -> bool:
    try:
        return "dbt.cli.main" in child.cmdline()
    except psutil.ZombieProcess:  # of another test; it has ended
        return False
