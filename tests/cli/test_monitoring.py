"""`investiq monitoring`: a real Prometheus on what comes by StatsD, and nothing left of it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import requests

from ingestion.settings import project_root
from sandbox.servers import free_ports


def test_it_shows_what_is_sent_and_leaves_no_process(tmp_path: Path) -> None:
    port = free_ports(("statsd",), {})["statsd"]
    leaks = ("INVESTIQ_", "AWS_", "DBT_", "COV_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(leaks)}
    environment |= {"INVESTIQ_STATSD_PORT": str(port), "COLUMNS": "300"}
    command = [sys.executable, "-m", "investiq.app", "--home", str(tmp_path), "monitoring"]
    with (
        subprocess.Popen(
            [*command, "--no-run"],
            env=environment,
            cwd=project_root(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
        ExitStack() as opened,
    ):
        opened.callback(process.kill)  # where something below fails
        assert process.stdout is not None
        told = ""
        while "Ctrl-C ends" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        [(url, pages)] = re.findall(r"Prometheus  (http://127\.0\.0\.1:\d+)(\S*)/graph ", told)
        links = re.findall(r"/graph\?(\S+)", told)
        assert len(links) > 3
        for path in ("/alerts", "/rules", "/targets", f"/graph?{links[0]}"):
            assert requests.get(f"{url}{pages}{path}", timeout=10).status_code == 200
        rules = requests.get(f"{url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        assert any(rule["name"] == "LateData" for group in rules for rule in group["rules"])

        deadline = time.monotonic() + 60
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"investiq.rows_loaded_total,table=t:5|c", ("127.0.0.1", port))
        asked = {"query": "investiq_rows_loaded_total"}
        while not (
            found := requests.get(f"{url}/api/v1/query", asked, timeout=10).json()["data"]["result"]
        ):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert [(one["metric"]["table"], one["value"][1]) for one in found] == [("t", "5")]

        family = psutil.Process(process.pid).children(recursive=True)
        assert {child.name() for child in family} >= {"prometheus"}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert not any(child.is_running() for child in family)
