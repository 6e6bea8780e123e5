"""The quota guard: it waits out a second, it remembers a day, it counts all processes as one."""

import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import time_machine

from ingestion.errors import QuotaExceeded
from ingestion.limits import Quota, quota_guard
from ingestion.settings import project_root

PLENTY = 1000


def take(quota, folder, times=1):
    """How many of `times` requests the guard lets pass."""
    passed = 0
    with quota_guard(quota, folder) as guard:
        for _ in range(times):
            try:
                guard.acquire()
            except QuotaExceeded:
                continue
            passed += 1
    return passed


def test_a_second_is_waited_out(tmp_path):
    started = time.monotonic()
    assert take(Quota("api", per_second=2, per_day=PLENTY), tmp_path, times=3) == 3
    assert 0.9 < time.monotonic() - started < 3


def test_a_spent_day_says_what_to_set(tmp_path):
    with quota_guard(Quota("rapidapi", PLENTY, per_day=1), tmp_path) as guard:
        guard.acquire()
        with pytest.raises(QuotaExceeded, match="set INVESTIQ_RAPIDAPI_REQUESTS_PER_DAY"):
            guard.acquire()


def test_the_day_is_remembered_by_the_next_command(tmp_path):
    quota = Quota("api", PLENTY, per_day=3)
    assert take(quota, tmp_path / "limits", times=2) == 2
    assert take(quota, tmp_path / "limits", times=5) == 1


def test_a_day_later_there_is_a_new_quota(tmp_path):
    quota = Quota("api", PLENTY, per_day=1)
    assert take(quota, tmp_path, times=2) == 1
    with time_machine.travel(timedelta(hours=23), tick=True):
        assert take(quota, tmp_path) == 0
    with time_machine.travel(timedelta(hours=24, minutes=1), tick=True):
        assert take(quota, tmp_path) == 1


def test_a_refused_request_takes_nothing_out(tmp_path):
    quota = Quota("api", PLENTY, per_day=1)
    assert take(quota, tmp_path, times=5) == 1
    assert take(Quota("api", PLENTY, per_day=2), tmp_path, times=5) == 1  # a larger plan


def test_each_upstream_has_a_quota_of_its_own(tmp_path):
    assert take(Quota("one", PLENTY, per_day=1), tmp_path) == 1
    assert take(Quota("two", PLENTY, per_day=1), tmp_path) == 1


def test_two_guards_at_once_share_the_day(tmp_path):
    quota, passed = Quota("api", PLENTY, per_day=20), []
    threads = [
        threading.Thread(target=lambda: passed.append(take(quota, tmp_path, times=15)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 20


def test_two_processes_at_once_share_the_day(tmp_path):
    program = (
        "import sys, pathlib\n"
        "from ingestion.errors import QuotaExceeded\n"
        "from ingestion.limits import Quota, quota_guard\n"
        "passed = 0\n"
        "with quota_guard(Quota('api', 1000, 25), pathlib.Path(sys.argv[1])) as guard:\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
        "    for _ in range(20):\n"
        "        try: guard.acquire()\n"
        "        except QuotaExceeded: continue\n"
        "        passed += 1\n"
        "print(passed)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=project_root(),
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=30)[0]) for process in processes) == 25
