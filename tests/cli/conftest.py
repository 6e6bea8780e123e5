"""The real command, as a process of its own, in an environment without anybody's settings."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.settings import project_root

Run = Callable[..., subprocess.CompletedProcess[str]]
_LEAKS = ("AWS_", "INVESTIQ_", "DBT_", "COV_")


@pytest.fixture(scope="session")
def investiq() -> Run:
    """`investiq(*arguments, home=…, **variables)`; returns the ended process."""

    def run(
        *arguments: str, home: Path, timeout: float = 280, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_LEAKS)}
        return subprocess.run(
            [sys.executable, "-m", "investiq.app", "--home", str(home), *arguments],
            env={**environment, **variables, "COLUMNS": "160"},
            cwd=project_root(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
