"""The lock of one thing to fetch: alone while held, gone afterwards, and never in the way."""

import subprocess
import sys
import threading
import time

from ingestion.locks import lock_of
from ingestion.settings import project_root


def test_only_one_holds_it_and_no_file_is_left(tmp_path):
    path, inside, most = tmp_path / "locks" / "a.lock", [], []

    def work():
        for _ in range(20):
            with lock_of(path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (80, 1)
    assert list(path.parent.iterdir()) == []


def test_who_is_killed_leaves_a_file_and_no_lock(tmp_path):
    path = tmp_path / "a.lock"
    program = (
        "import sys, time, pathlib\nfrom ingestion.locks import lock_of\n"
        "with lock_of(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=project_root(),
    )
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()
    assert path.exists()
    with lock_of(path):
        pass
    assert not path.exists()
