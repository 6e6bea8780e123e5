"""`investiq sandbox redshift`: another process finds it by the variables that are printed."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from ingestion.settings import project_root

QUESTION = """
import boto3, os, time
api = boto3.client("redshift-data")
ident = api.execute_statement(
    WorkgroupName=os.environ["INVESTIQ_REDSHIFT_WORKGROUP"],
    Database=os.environ["INVESTIQ_REDSHIFT_DATABASE"],
    Sql="select current_user",
)["Id"]
while api.describe_statement(Id=ident)["Status"] not in ("FINISHED", "FAILED"):
    time.sleep(0.05)
print(api.get_statement_result(Id=ident)["Records"][0][0]["stringValue"])
"""


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "investiq.app", "--home", str(tmp_path), "sandbox", "redshift"]
    serving = subprocess.Popen(
        command, cwd=project_root(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        printed = dict[str, str]()
        while "SSL_CERT_FILE" not in printed:
            line = serving.stdout.readline()
            assert line.startswith("export ")
            name, _, value = shlex.split(line)[1].partition("=")
            printed[name] = value
        asked = subprocess.run(
            [sys.executable, "-c", QUESTION],
            env={**os.environ, **printed},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert asked.stdout == "investiq_loader\n", asked.stderr
    finally:
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=60) == 0
    assert not (tmp_path / "redshift" / "server.json").exists()
