"""`python -m expectations SUITE`: run one suite and print the outcome.

Exit codes: 0 passed, 10 failed, 2 not configured (no warehouse, no table), 8 the warehouse is busy.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from expectations.report import CheckReport, CheckResult
from expectations.runner import SUITES, run_suite
from ingestion.errors import CheckFailed, InvestiqError
from ingestion.loading.reading import readable
from ingestion.settings import load_settings

_OF_FIELDS = ("null_share_", "text_share_")
_PLACES = 3


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
            warehouse=readable(
                settings,
                lambda holder: errors.print(f"Waiting for the warehouse, held by {holder}."),
            ),
            output=settings.home / "gx",
            sessions=asked.sessions,
            as_of=asked.as_of,
            wait_seconds=settings.lock_wait_seconds,
        )
    except InvestiqError as failed:
        errors.print(Text(str(failed)), soft_wrap=True)
        return failed.exit_code
    _tell(report, console)
    return 0 if report.passed else CheckFailed.exit_code


def _tell(report: CheckReport, console: Console) -> None:
    """The table, what to do about each broken expectation, and where to read more."""
    console.print(summary(report))
    for broken in (*report.failures, *report.warnings):
        rows = "; ".join(broken.where[:_PLACES])
        more = f" and {len(broken.where) - _PLACES} more" if len(broken.where) > _PLACES else ""
        place = f" [{rows}{more}]" if rows else ""
        console.print(Text(f"{broken.name}{place}: {broken.next_step}"), soft_wrap=True)
    console.print(Text(f"{report.seconds:.1f} s. Data Docs: {report.data_docs}"), soft_wrap=True)


def summary(report: CheckReport) -> Table:
    """What is broken first, then what holds; the checks of single fields that hold are counted."""
    days = f"{report.sessions[0]} to {report.sessions[-1]}" if report.sessions else "no session"
    held = [result for result in report.results if result.passed]
    table = Table(
        title=f"{report.suite}: {'passed' if report.passed else 'FAILED'} ({days})",
        caption=f"{len(held)} of {len(report.results)} expectations hold",
    )
    table.add_column("")
    table.add_column("check", no_wrap=True)
    table.add_column("observed")
    table.add_column("expected")
    for result in (*report.failures, *report.warnings, *held):
        if not (result.passed and result.name.startswith(_OF_FIELDS)):
            table.add_row(_sign(result), result.name, Text(result.observed), Text(result.expected))
    for group in _OF_FIELDS:
        if number := sum(result.name.startswith(group) for result in held):
            table.add_row(Text("ok", "green"), f"{group}* ({number})", "", "")
    return table


def _sign(result: CheckResult) -> Text:
    if result.passed:
        return Text("ok", "green")
    return Text("failed", "red") if result.severity == "critical" else Text("warn", "yellow")


if __name__ == "__main__":
    sys.exit(main())
