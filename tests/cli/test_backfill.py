"""`investiq backfill` and `--source nse`: real processes against the simulated exchange."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from functools import partial

import pytest

from ingestion.settings import project_root
from sandbox.exchange.faults import BotPage

DAYS = ("--from", "2025-10-01", "--to", "2025-10-17")  # 12 sessions; 2 October is a holiday
ONE = (*DAYS, "--dataset", "sec_bhavdata", "--no-build")


@pytest.fixture
def upstream(exchange):
    """The variables that make the real source ask the simulated exchange."""
    exchange.set_clock(datetime(2025, 10, 17, 20, 0))
    return {
        "INVESTIQ_NSE_ARCHIVES_URL": exchange.url,
        "INVESTIQ_NSE_URL": exchange.url,
        "INVESTIQ_NSE_REQUESTS_PER_SECOND": "1000",
    }


def files(exchange):
    return [r.path for r in exchange.requests if "sec_bhavdata" in r.path]


def start(home, upstream, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "INVESTIQ_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "investiq.app", "--home", str(home), *arguments],
        env={**environment, **upstream},
        cwd=project_root(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell ignore the interrupt; a terminal does not.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it did not come to pass in a minute"
        time.sleep(0.02)


def test_a_range_is_brought_and_nothing_of_it_is_asked_for_twice(
    investiq, tmp_path, exchange, upstream
):
    ended = investiq("backfill", *DAYS, "--no-build", home=tmp_path, **upstream)
    assert ended.returncode == 0, ended.stderr
    assert "12 days" in ended.stdout
    assert "0 need not be asked for" in ended.stdout
    first = len(exchange.requests)
    assert len(files(exchange)) == 12
    ended = investiq("backfill", *DAYS, "--no-build", home=tmp_path, **upstream)
    assert ended.returncode == 0, ended.stderr
    assert "nothing had to be asked" in ended.stdout
    assert len(exchange.requests) == first
    ended = investiq("backfill", *ONE, "--again", home=tmp_path, **upstream)
    # Sundays, Saturdays and the holiday too: Sundays and holidays answer with a stale copy.
    assert "17 files asked for: unchanged 12, stale 3, not_published 2" in ended.stdout


def test_it_goes_on_where_it_was_interrupted(investiq, tmp_path, exchange, upstream):
    slow = {**upstream, "INVESTIQ_NSE_REQUESTS_PER_SECOND": "1"}
    running = start(tmp_path, slow, "backfill", *ONE)
    wait_for(lambda: len(files(exchange)) >= 3)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "goes on where it stopped" in said
    assert len(files(exchange)) < 12
    ended = investiq("backfill", *ONE, home=tmp_path, **upstream)
    assert ended.returncode == 0, ended.stderr
    times = Counter(files(exchange))
    assert len(times) == 12
    # At most the one that was under way when the signal came is asked for again.
    assert sum(times.values()) <= 13


def test_fault_12_a_backfill_and_a_run_at_once_ask_for_nothing_twice(tmp_path, exchange, upstream):
    both = [start(tmp_path, upstream, "backfill", *ONE) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert Counter(files(exchange)).most_common(1)[0][1] == 1
    assert len(files(exchange)) == 12
    assert list((tmp_path / "locks").iterdir()) == []


def test_a_refusal_stops_it_and_says_what_to_do(investiq, tmp_path, exchange, upstream):
    third = "/products/content/sec_bhavdata_full_06102025.csv"
    exchange.script(third, BotPage(code=403))
    ended = investiq("backfill", *ONE, home=tmp_path, **upstream)
    assert ended.returncode == 6
    said = " ".join(ended.stderr.split())
    assert re.search("refused 2025-10-06: .*--source directory PATH", said)
    assert files(exchange)[-1] == third
    ended = investiq("backfill", *ONE, home=tmp_path, **upstream)
    assert "10 files asked for: ok 10" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "2025-10-17"], "Give --from"),
        (["--from", "2025-10-17", "--to", "2025-10-01"], "Give --from before --to"),
        (["--from", "2030-01-01"], "newest session is"),
        (["--from", "2025-10-01", "--dataset", "nonsense"], "Name one of bhavcopy"),
        (["--from", "2025-10-01", "--source", "live"], "use --source nse"),
        (["--from", "2019-01-01", "--source", "sandbox"], "runs from 2021-01-01"),
        (["--source", "directory", "no-such-folder"], "There is no folder"),
    ],
)
def test_a_range_that_cannot_be_is_said(investiq, tmp_path, upstream, arguments, says):
    ended = investiq("backfill", "--no-build", *arguments, home=tmp_path, **upstream)
    assert ended.returncode == 2, ended.stdout
    assert "Traceback" not in ended.stderr
    assert says in " ".join(ended.stderr.replace("│", " ").split())


def test_ingest_brings_one_session_of_the_exchange(investiq, tmp_path, exchange, upstream):
    day = ("--source", "nse", "--date", "2025-10-16")
    ended = investiq("ingest", *day, home=tmp_path, **upstream)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    for dataset in ("bhavcopy_udiff", "sec_bhavdata", "index_closes"):
        assert any(line.startswith(f"2025-10-16 {dataset} ok:") for line in lines)
    holiday = investiq("ingest", "--source", "nse", "--date", "2025-10-02", home=tmp_path,
                       **upstream)  # fmt: skip
    assert holiday.returncode == 0
    assert "2025-10-02 bhavcopy_udiff holiday:" in holiday.stdout


def test_the_simulated_exchange_brings_quotes_and_archives(investiq, tmp_path):
    ended = investiq("ingest", "--source", "sandbox", "--date", "2025-10-16", home=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^2025-10-16 ok:", ended.stdout, re.M)  # quotes
    assert re.search(r"^2025-10-16 bhavcopy_udiff ok:", ended.stdout, re.M)
