"""Measuring processes, and the chain from landed files to marts as commands to be measured."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion.objectstore import ObjectStore, s3_client
from ingestion.settings import project_root

CHAIN = """
import boto3
from pathlib import Path
from ingestion.enrichment import enrich_pending
from ingestion.ingest import ingest_directory
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.objectstore import ObjectStore, s3_client
from ingestion.promotion import promote_pending
if __name__ == "__main__":
    store = ObjectStore(s3_client(), {bucket!r})
    access = S3Access.of(store.client, boto3.Session())
    warehouse = DuckDBWarehouse(Path({path!r}), store.bucket, access)
    {step}
"""
LAND = "ingest_directory(Path({folder!r}), store, max_bytes=1 << 28)"
PROMOTE = "promote_pending(store)"
ENRICH = "enrich_pending(store)"
LOAD = "[load_pending(dataset, store, warehouse) for dataset in DATASETS.values()]"


@dataclass(frozen=True)
class Run:
    """Of a process and those it waited for: wall time, CPU time, the peak memory of the largest."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    said: str


def run(command: list[str], **environment: str) -> Run:
    """Run a process and wait for it."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=project_root(),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said[-3000:]
    scale = 1024 if sys.platform != "darwin" else 1024**2
    seconds = time.monotonic() - started
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, said)


@dataclass(frozen=True)
class Home:
    """A bucket and a warehouse, and the steps between them, each a process of its own."""

    bucket: str
    folder: Path

    def stored_bytes(self) -> int:
        """The size of all objects in the bucket."""
        store = ObjectStore(s3_client(), self.bucket)
        return sum(item.size for item in store.list(""))

    @property
    def path(self) -> Path:
        """The warehouse."""
        return self.folder / "warehouse.duckdb"

    def land(self, files: Path) -> Run:
        """What a folder of downloaded files holds, as received."""
        return self._python(LAND.format(folder=str(files)))

    def promote(self) -> Run:
        """Landing to raw."""
        return self._python(PROMOTE)

    def enrich(self) -> Run:
        """Clusters and tones of promoted news."""
        return self._python(ENRICH)

    def load(self) -> Run:
        """Raw to the warehouse."""
        return self._python(LOAD)

    def dbt(self, *arguments: str) -> Run:
        """A command of dbt; its results stay in `folder/target`."""
        return run(
            [sys.executable, "-m", "dbt.cli.main", *arguments, "--quiet"],
            INVESTIQ_DUCKDB_PATH=str(self.path),
            DBT_TARGET_PATH=str(self.folder / "target"),
            DBT_LOG_PATH=str(self.folder / "logs"),
        )

    def slowest(self, count: int = 8) -> dict[str, float]:
        """The nodes that took longest in the last command of dbt, with their seconds."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        took = sorted(((r["execution_time"], r["unique_id"]) for r in results), reverse=True)
        return {node.split(".", 2)[2]: round(seconds, 2) for seconds, node in took[:count]}

    def _python(self, step: str) -> Run:
        # A file, because processes of a pool import the main module.
        script = self.folder / "chain.py"
        script.write_text(CHAIN.format(bucket=self.bucket, path=str(self.path), step=step))
        return run([sys.executable, str(script)])


@pytest.fixture
def measured() -> Callable[..., Run]:
    """Runs a command in the project's folder: `measured(["dbt", "ls"], HOME="/tmp")`."""
    return run


@pytest.fixture
def make_home(store: ObjectStore, tmp_path: Path) -> Callable[[str], Home]:
    """Makes an empty bucket with a warehouse beside it."""

    def made(name: str) -> Home:
        bucket = ObjectStore(store.client, f"{store.bucket}-{name}")
        bucket.ensure_bucket()
        folder = tmp_path / name
        folder.mkdir()
        return Home(bucket.bucket, folder)

    return made


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Print figures as one line of JSON, and record them with the test."""

    def told(what: str, **figures: object) -> None:
        sys.stdout.write(f"\n{json.dumps({'bench': what, **figures})}\n")
        sys.stdout.flush()
        for name, value in figures.items():
            record_property(f"{what}: {name}", value)

    return told
