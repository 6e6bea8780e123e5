"""File locks between processes: exclusive, shared, and released by death."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.locks import FileLock, StillLocked, alone

HOLDER = """
import sys, time
from pathlib import Path
from sandbox.locks import alone
with alone(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_by_one_and_released_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StillLocked, match=r"a\.lock.*lsof"), alone(path, 0.2):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=10)
    with alone(path, 0.2):
        other = FileLock(path)
        assert not other.take_alone()
        other.close()


def test_shared_holders_exclude_a_single_one(tmp_path: Path) -> None:
    first, second = (FileLock(tmp_path / "u.lock").share() for _ in range(2))
    assert not first.take_alone()
    second.close()
    assert first.take_alone()
    first.close()
