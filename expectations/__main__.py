"""`python -m expectations arrival|ohlc`: run one suite, print the outcome, say it by exit code.

0 passed, 10 failed, 2 not configured (no warehouse, no table), 8 the warehouse is busy.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from expectations.report import CheckReport
from expectations.runner import SUITES, run_suite
from ingestion.errors import CheckFailed, InvestiqError
from ingestion.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m expectations", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--sessions", type=int, help="how many newest sessions to check")
    parser.add_argument("--as-of", type=date.fromisoformat, help="look no further than this day")
    asked = parser.parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    try:
        settings = load_settings()
        report = run_suite(
            asked.suite,
            warehouse=settings.duckdb_path,
            output=settings.home / "gx",
            sessions=asked.sessions,
            as_of=asked.as_of,
            wait_seconds=settings.lock_wait_seconds,
            on_wait=lambda holder: errors.print(f"Waiting for the warehouse, held by {holder}."),
        )
    except InvestiqError as failed:
        errors.print(Text(str(failed)))
        return failed.exit_code
    console.print(summary(report))
    for broken in (*report.failures, *report.warnings):
        console.print(Text(f"{broken.name}: {broken.next_step}"))
    return 0 if report.passed else CheckFailed.exit_code


def summary(report: CheckReport) -> Table:
    """The verdict as a short table: what is broken in full, what holds as one count."""
    days = f"{report.sessions[0]} to {report.sessions[-1]}" if report.sessions else "no session"
    table = Table(
        title=f"{report.suite}: {'passed' if report.passed else 'FAILED'} ({days})",
        caption=f"{report.seconds:.1f} s, Data Docs: {report.data_docs}",
    )
    for heading in ("", "check", "observed", "expected", "where"):
        table.add_column(heading, overflow="fold")
    for broken in (*report.failures, *report.warnings):
        sign = Text("failed", "red") if broken.severity == "critical" else Text("warn", "yellow")
        where = ", ".join(broken.where[:3]) + (" ..." if len(broken.where) > 3 else "")
        cells = (broken.name, broken.observed, broken.expected, where)
        table.add_row(sign, *(Text(cell) for cell in cells))
    held = sum(result.passed for result in report.results)
    table.add_row(Text("ok", "green"), f"{held} of {len(report.results)} hold", "", "", "")
    return table


if __name__ == "__main__":
    sys.exit(main())
