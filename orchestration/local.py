"""A whole Airflow on this machine: metadata, scheduler, DAG processor, API server, triggerer.

Everything lies below the home; everything ends with the block.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings, project_root
from investiq.console import step
from orchestration.environment import (
    USER,
    airflow_home,
    credentials,
    environment,
)
from orchestration.metadata import metadata
from orchestration.setup import prepare
from sandbox.servers import free_ports

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
_PORT = 8080  # Airflow's usual one, where nobody has it
_READY_SECONDS = 240.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class LocalAirflow:
    """A running Airflow, and who may come in."""

    url: str
    user: str
    password: str = field(repr=False)
    database: str = field(repr=False)
    processes: dict[str, subprocess.Popen[bytes]]

    def memory(self) -> dict[str, int]:
        """Bytes by component with its children, shared pages counted once (PSS)."""
        found = {}
        for name, process in self.processes.items():
            whole = [root := psutil.Process(process.pid), *root.children(recursive=True)]
            found[name] = sum(one.memory_full_info().pss for one in whole)
        return found


@contextmanager
def local_airflow(
    settings: Settings, *, parallelism: int = 4, paused: bool = False, port: int = _PORT
) -> Iterator[LocalAirflow]:
    """Prepare and start all of it; the tasks see the environment of this process.

    Args:
        paused: new DAGs wait until somebody lets them run.
        port: of the API and the UI, where nobody has it; 0: any.

    Raises:
        ConfigurationError: a component ended, or all was not ready in time; where its log is.
    """
    home, known = settings.home, credentials(settings.home)
    place = airflow_home(home)
    (place / "logs").mkdir(parents=True, exist_ok=True)
    ports = free_ports(("api", "metadata"), {"api": port})
    with ExitStack() as opened:
        database = opened.enter_context(
            metadata(place / "metadata", ports["metadata"], known["secret_key"][:32])
        )
        own = environment(
            home,
            project_root(),
            database=database,
            port=ports["api"],
            parallelism=parallelism,
            statsd=(settings.statsd_host, settings.statsd_port) if settings.statsd_host else None,
        )
        own["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = str(paused)
        variables = {**os.environ, **own}
        prepare(settings, variables)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        opened.callback(_stop, processes)
        for name, arguments in COMPONENTS.items():
            processes[name] = _start(name, arguments, variables, place)
        running = LocalAirflow(
            own["AIRFLOW__API__BASE_URL"], USER, known["password"], database, processes
        )
        with step("Airflow"):
            _wait(running, place)
        yield running


def _start(
    name: str, arguments: list[str], variables: dict[str, str], place: Path
) -> subprocess.Popen[bytes]:
    with (place / "logs" / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=place,
            env=variables,
            start_new_session=True,  # Ctrl-C is for us; we tell them
        )


def _wait(running: LocalAirflow, place: Path) -> None:
    """Until every component says that it is healthy."""
    deadline = time.monotonic() + _READY_SECONDS
    silent: list[str] = list(COMPONENTS)
    while time.monotonic() < deadline:
        for name, process in running.processes.items():
            if process.poll() is not None:
                raise ConfigurationError(
                    f"Airflow's {name} ended by itself (code {process.returncode}). Look at "
                    f"{place / 'logs' / f'{name}.log'}, mend what it says, then try again."
                )
        try:
            health = requests.get(f"{running.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            health = {}
        silent = [
            name
            for name in ("scheduler", "dag_processor", "triggerer")
            if health.get(name, {}).get("status") != "healthy"
        ]
        if not silent:
            return
        time.sleep(0.3)
    raise ConfigurationError(
        f"Airflow was not ready within {_READY_SECONDS:.0f} s ({', '.join(silent)}). Look at the "
        f"logs in {place / 'logs'}, then try again."
    )


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask all, wait, and end what has not ended, with all that they started."""
    family = {}
    for name, process in processes.items():
        if process.poll() is None:
            root = psutil.Process(process.pid)
            family[name] = [root, *root.children(recursive=True)]
    for process in processes.values():
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for members in family.values():
        for member in members:
            if member.is_running():
                try:
                    member.kill()
                except psutil.NoSuchProcess:
                    continue
