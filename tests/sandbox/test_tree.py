"""The folders of files that `python -m sandbox.archives` writes."""

import csv
import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from sandbox.archives.tree import write_tree
from sandbox.market import Market

FIRST, LAST = date(2024, 7, 1), date(2024, 7, 18)


@pytest.fixture(scope="module")
def tree(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tree")
    sessions = list(write_tree(market, FIRST, LAST, out, quirks=True))
    assert sessions == market.calendar.sessions(FIRST, LAST)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_era_has_its_files_and_the_months_of_change_have_both(tree: Path) -> None:
    names = {path.name for path in (tree / "bhavcopy").iterdir()}
    assert {"cm05JUL2024bhav.csv.zip", "BhavCopy_NSE_CM_0_0_0_20240705_F_0000.csv.zip"} <= names
    assert "BhavCopy_NSE_CM_0_0_0_20240708_F_0000.csv.zip" in names
    assert "cm08JUL2024bhav.csv.zip" not in names
    assert {path.name for path in (tree / "masters").iterdir()} == {
        "EQUITY_L.csv", "symbolchange.csv", "ind_nifty50list.csv", "ind_nifty500list.csv",
        "holiday-master.json",
    }  # fmt: skip
    corrections = (tree / "corrections/adjustment_corrections.csv").read_text()
    assert corrections.startswith("symbol,ex_date,share_factor,evidence\n")
    assert json.loads((tree / "masters/holiday-master.json").read_text())["CM"]


def test_sundays_and_holidays_have_copies_of_the_session_before(tree: Path) -> None:
    full = tree / "bhavdata"
    holiday = full / "sec_bhavdata_full_17072024.csv"  # Moharram, a Wednesday
    assert holiday.read_bytes() == (full / "sec_bhavdata_full_16072024.csv").read_bytes()
    sunday = full / "sec_bhavdata_full_07072024.csv"
    assert sunday.read_bytes() == (full / "sec_bhavdata_full_05072024.csv").read_bytes()
    assert not (full / "sec_bhavdata_full_06072024.csv").exists()


def test_the_events_are_as_the_website_gives_them(tree: Path) -> None:
    [path] = (tree / "actions").iterdir()
    assert path.name == "CF-CA-equities-01-07-2024-to-18-07-2024.csv"
    assert path.read_bytes().startswith(b'\xef\xbb\xbf"SYMBOL","COMPANY NAME","SERIES","PURPOSE"')
    with path.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 10
    assert any(row["PURPOSE"].startswith(" ") for row in rows)


def test_without_quirks_a_session_has_one_bhavcopy(market: Market, tmp_path: Path) -> None:
    sessions = list(write_tree(market, FIRST, LAST, tmp_path))
    assert len(list((tmp_path / "bhavcopy").iterdir())) == len(sessions)
    assert len(list((tmp_path / "bhavdata").iterdir())) == len(sessions)


def test_the_command_writes_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [
            *(sys.executable, "-m", "sandbox.archives", "--from", "2024-07-01"),
            *("--to", "2024-07-18", "--out", str(tmp_path), "--quirks"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "13 sessions of 400 securities" in told.stdout
    assert digests(tmp_path) == digests(tree)


def test_files_of_years_before_the_market_come_from_one_that_reaches_back(tmp_path: Path) -> None:
    told = subprocess.run(
        [
            *(sys.executable, "-m", "sandbox.archives", "--from", "2009-12-30"),
            *("--to", "2010-01-05", "--out", str(tmp_path), "--securities", "30"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "5 sessions of 30 securities" in told.stdout
    assert len(list((tmp_path / "bhavcopy").iterdir())) == 5
