"""The archives suite: a file cut between two lines stops the run, a missing one warns."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from expectations.report import CheckReport
from expectations.runner import concerned_suites, run_suite
from ingestion.calendar import default_calendar
from ingestion.loading.reading import DuckDBFile

DDL = Path(__file__).parents[2] / "ingestion/loading/ddl/duckdb.sql"
SESSIONS = default_calendar().sessions(date(2024, 1, 1), date(2024, 3, 15))

SATURDAY = date(2024, 3, 9)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., CheckReport]:
    """Write receipts of one bhavcopy per session, spoiled by `lines` (None: no file), and check."""

    def run(
        lines: dict[date, int | None], accepted: str = "", days: Sequence[date] = SESSIONS
    ) -> CheckReport:
        warehouse, allowed = tmp_path / "warehouse.duckdb", tmp_path / "accepted.csv"
        allowed.write_text(f"trade_date,reason\n{accepted}", encoding="utf-8")
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as con:
            con.execute(DDL.read_text(encoding="utf-8"))
            for number, day in enumerate(days):
                rows = lines.get(day, 2000 + number)
                if rows is None:
                    continue
                key = f"raw/source=nse/dataset=bhavcopy_legacy/trade_date={day}/fetched_at=x/y"
                con.execute(
                    "insert into raw_data.load_receipts values "
                    "('nse_bhavcopy_legacy', $1, 'e', 's', $2, $3)",
                    [key, rows, datetime(2024, 4, 1)],
                )
        return run_suite(
            "archives",
            warehouse=DuckDBFile(warehouse),
            output=tmp_path / "gx",
            accepted_sessions=allowed,
        )

    return run


def test_whole_files_of_every_session_pass(check: Callable[..., CheckReport]) -> None:
    report = check({})
    assert report.passed
    assert not report.warnings
    assert len(report.results) == 6


def test_a_recent_file_cut_between_two_lines_fails(check: Callable[..., CheckReport]) -> None:
    report = check({SESSIONS[-1]: 380})
    assert [broken.name for broken in report.failures] == ["recent_files_are_whole"]
    assert SESSIONS[-1].isoformat() in str(report.failures[0].where)
    assert "backfill" in report.failures[0].next_step
    assert check({SESSIONS[-1]: 380}, f"{SESSIONS[-1]},a drill with few shares\n").passed


def test_an_old_short_file_and_a_hole_warn(check: Callable[..., CheckReport]) -> None:
    report = check({SESSIONS[30]: 900, SESSIONS[20]: None, SESSIONS[-2]: None})
    assert report.passed
    assert {warning.name for warning in report.warnings} == {
        "older_files_are_whole",
        "older_archived_sessions_arrived",
        "archived_sessions_arrived",
    }


def test_fault_18_a_file_of_a_day_that_no_calendar_has_is_a_hint(
    check: Callable[..., CheckReport],
) -> None:
    assert not default_calendar().is_session(SATURDAY)
    report = check({}, days=[*SESSIONS, SATURDAY])
    assert report.passed
    [hint] = report.warnings
    assert hint.name == "archived_day_is_a_session"
    assert SATURDAY.isoformat() in str(hint.where)
    assert "nse_trading_calendar.csv" in hint.next_step


def test_a_home_is_judged_by_what_it_has(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(DDL.read_text(encoding="utf-8"))
    assert concerned_suites(("arrival", "archives"), warehouse=DuckDBFile(warehouse)) == ["arrival"]
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "insert into raw_data.load_receipts values "
            "('nse_sec_bhavdata', 'k', 'e', 's', 1, timestamp '2024-01-01')"
        )
    assert concerned_suites(("arrival", "archives"), warehouse=DuckDBFile(warehouse)) == [
        "archives"
    ]
