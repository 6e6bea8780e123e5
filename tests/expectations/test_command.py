"""The command as a user runs it: exit codes, messages, no word to any other machine."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from expectations.__main__ import main

# Every Python process below imports this first: whoever calls another machine is written down.
GUARD = """
import socket, sys
def _watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = host[0] if isinstance(host, tuple) else host
        if isinstance(host, str) and host not in ("127.0.0.1", "::1", "localhost"):
            with open({log!r}, "a") as log:
                log.write(f"{{event}} {{host}}\\n")
            raise OSError(f"no network here: {{host}}")
sys.addaudithook(_watch)
"""
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


@pytest.fixture
def calls(tmp_path):
    """Where calls to other machines are written down."""
    return tmp_path / "calls.log"


@pytest.fixture
def run(tmp_path, calls):
    """Run Python under the guard in the home of the test."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD.format(log=str(calls)))
    root = Path(__file__).parents[2]

    def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(guard), str(root)]),
            "INVESTIQ_HOME": str(tmp_path),
            "INVESTIQ_DUCKDB_PATH": str(tmp_path / "warehouse.duckdb"),
            "INVESTIQ_LOCK_WAIT_SECONDS": "0.5",
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return _run


def test_the_guard_notices_a_call(run, calls):
    done = run("-c", "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)")
    assert done.returncode != 0
    assert "192.0.2.1" in calls.read_text()


def test_passed_is_0_and_nobody_was_called(run, calls, market):
    market.write()
    done = run("-m", "expectations", "arrival", "--sessions", "5")
    assert done.returncode == 0, done.stderr
    assert "arrival: passed (2024-04-22 to 2024-04-26)" in done.stdout
    assert re.search(r"(\d\d) of \1 expectations hold", done.stdout)
    assert done.stderr == ""
    assert not calls.exists()
    index = market.output / "docs" / "index.html"
    assert "arrival: <span class=ok>passed</span>" in index.read_text()


def test_failed_is_10_and_says_what_to_do(run, market):
    market.ohlc.loc[market.rows(), "turnover_inr"] *= 1e5
    market.write()
    done = run("-m", "expectations", "ohlc")
    assert done.returncode == 10
    assert "ohlc: FAILED" in done.stdout
    step = "turnover_vs_recent [2024-04-26]: Compare turnover_inr with close_price"
    assert step in done.stdout
    stored = json.loads((market.output / "reports" / "ohlc.json").read_text())
    assert stored["passed"] is False
    assert not (market.output / "reports" / "ohlc.passed").exists()


def test_no_warehouse_is_2(run):
    done = run("-m", "expectations", "ohlc")
    assert done.returncode == 2
    assert "There is no warehouse" in done.stderr
    assert done.stderr.strip().endswith("`make demo` first.")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The same home for the command run inside this process."""
    monkeypatch.setenv("INVESTIQ_HOME", str(tmp_path))
    monkeypatch.setenv("INVESTIQ_DUCKDB_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("INVESTIQ_LOCK_WAIT_SECONDS", "0.5")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.mark.parametrize(("suite", "step"), [("arrival", "load"), ("ohlc", "build")])
def test_a_missing_table_is_2_and_names_the_step_that_makes_it(here, capsys, suite, step):
    duckdb.connect(str(here / "warehouse.duckdb")).close()
    assert main([suite]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "does not exist" in told
    assert told.endswith(f"Run `investiq {step}` first.")


def test_a_missing_column_is_2(here, market, capsys):
    market.write()
    with duckdb.connect(str(market.warehouse)) as con:
        con.execute("alter table marts.fct_ohlc_daily drop column vwap")
    assert main(["ohlc"]) == 2
    assert "vwap" in capsys.readouterr().err


def test_fault_14_a_held_warehouse_is_8_and_names_the_process(here, market, capsys):
    market.write()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(market.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert main(["ohlc"]) == 8
    finally:
        holder.communicate(b"\n")
    told = capsys.readouterr().err
    assert f"PID {holder.pid}" in told
    assert "Waiting for the warehouse" in told
    assert main(["ohlc"]) == 0


def test_no_lock_is_kept_while_great_expectations_judges(market, monkeypatch):
    from expectations import store

    judge = store.judge

    def write_meanwhile(*arguments):
        with duckdb.connect(str(market.warehouse)) as con:
            con.execute("delete from marts.fct_ohlc_daily")
        return judge(*arguments)

    monkeypatch.setattr(store, "judge", write_meanwhile)
    assert market.check("ohlc").passed


def test_warnings_are_told_and_pass(here, market, capsys):
    del market.replies[market.sessions[2]]
    market.write()
    assert main(["arrival", "--as-of", "2024-04-26"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"warn .*sessions_asked_for", told)
    assert f"sessions_asked_for [{market.sessions[2]}]: Run `investiq run --from" in told
