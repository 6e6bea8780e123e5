"""Running dbt as a user would, as a command of its own, with its progress shown.

A process of its own, because dbt keeps the DuckDB file open for as long as it lives.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ingestion.errors import BuildFailed, BuildInterrupted
from ingestion.loading.duckdb_connection import connect
from ingestion.settings import Settings, project_root
from investiq.console import Advance, waiting
from investiq.context import places

_RESULTS = frozenset(
    {
        "LogModelResult",
        "LogSeedResult",
        "LogTestResult",
        "LogSnapshotResult",
        "LogUnitTestResult",
        "LogNodeNoOpResult",
        "SkippingDetails",
    }
)

_WHY = "RunResultError"  # comes when all is over
_FAILED = frozenset({"error", "fail"})
_QUIET = ("--log-format", "json", "--no-use-colors")


@dataclass(slots=True)
class BuildReport:
    """What dbt did: nodes in all and so far, what it said of errors, which nodes failed and why."""

    nodes: int = 0
    done: int = 0
    failures: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The environment in which `dbt` works on this home's warehouse."""
    home = places(settings)
    return {
        **os.environ,
        "INVESTIQ_DUCKDB_PATH": str(home.warehouse),
        "DBT_TARGET_PATH": str(home.dbt / "target"),
        "DBT_LOG_PATH": str(home.dbt / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }


def build(settings: Settings, as_of: date, advance: Advance) -> BuildReport:
    """`dbt build`: seeds, models and data tests in the order of their dependencies.

    Unit tests are left out: they judge the project, not the data, and run in `make test`. The day
    goes by the environment: another value of a variable would have dbt parse the project anew.

    Raises:
        BuildFailed: a model or a test failed; what hangs on it was not rebuilt.
        BuildInterrupted: dbt was killed.
        WarehouseBusy: another process holds the warehouse.
    """
    if settings.target == "duckdb":
        wait = settings.lock_wait_seconds
        with connect(settings.duckdb_path, wait_seconds=wait, on_wait=waiting):
            pass  # dbt itself does not wait long for the lock, nor say who holds it
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    return run_dbt(settings, arguments, advance, INVESTIQ_AS_OF=as_of.isoformat())


def run_dbt(
    settings: Settings, arguments: Sequence[str], advance: Advance, **environment: str
) -> BuildReport:
    """Any dbt command on this home's warehouse.

    Raises:
        BuildFailed: dbt ended with a failure; the message says of which node, and where the log is.
        BuildInterrupted: dbt was killed; what it had built stands, the rest is as it was.
    """
    command = [sys.executable, "-m", "dbt.cli.main", *_QUIET, *arguments]
    report = BuildReport()
    tail: list[str] = []
    with subprocess.Popen(
        command,
        cwd=project_root(),
        env=dbt_environment(settings) | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                tail = [*tail[-20:], line.strip()]
                follow(line, report, advance)
        except BaseException:
            process.terminate()  # who gives up on it must not leave it behind with the lock
            process.wait()
            raise
    log = places(settings).dbt / "logs" / "dbt.log"
    if process.returncode < 0:
        raise BuildInterrupted(
            f"dbt was killed by signal {-process.returncode} after {report.done} of "
            f"{report.nodes or '?'} nodes. Was the memory short? INVESTIQ_DUCKDB_MEMORY limits it. "
            f"The log is {log}; run `investiq build` again."
        )
    if process.returncode != 0:
        said = report.failures or tail[-3:]
        problem = BuildFailed(
            f"dbt failed, and the marts that hang on it keep what was audited before: "
            f"{' | '.join(said[:5])[:1200]}. The log is {log}; mend "
            "the model or the data, then run `investiq build`."
        )
        problem.failed = report.failed
        raise problem
    return report


def follow(line: str, report: BuildReport, advance: Advance) -> None:
    """Take one line of dbt's JSON log: count results, keep what failed."""
    try:
        event: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return
    info, data = event.get("info", {}), event.get("data", {})
    said = " ".join(str(info.get("msg", "")).split())
    node = str(data.get("node_info", {}).get("node_name", "?"))
    total = data.get("total") or data.get("num_models")  # the latter where a test has ended
    if info.get("name") in _RESULTS and "index" in data and total:
        report.nodes, report.done = int(total), report.done + 1
        advance(int(data["index"]), int(total))
        if data.get("status") in _FAILED:
            report.failed[node] = said
    if info.get("name") == _WHY and node in report.failed:
        report.failed[node] += f": {said}"
    if info.get("level") == "error":
        report.failures.append(said)
