"""Airflow's REST API, as far as the tests ask it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.objectstore import ObjectStore
from ingestion.settings import load_settings
from investiq import context
from orchestration.local import LocalAirflow, local_airflow

_ENDED = ("success", "failed")
_LEAKS = ("AIRFLOW", "AWS_", "INVESTIQ_", "DBT_")


@dataclass(slots=True)
class Client:
    """Triggers runs and waits for them."""

    airflow: LocalAirflow
    store: ObjectStore
    _token: str = field(default="", repr=False)

    def unpause(self, *dag_ids: str) -> None:
        """Let runs of these DAGs begin, once Airflow knows them."""
        for dag_id in dag_ids:
            until(lambda name=dag_id: name in self._known(), 120, f"{dag_id} to be parsed")
            self._ask("PATCH", f"dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Let no more runs of this DAG begin."""
        self._ask("PATCH", f"dags/{dag_id}?update_mask=is_paused", {"is_paused": True})

    def _known(self) -> set[str]:
        return {dag["dag_id"] for dag in self._ask("GET", "dags?limit=50")["dags"]}

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None, **body: Any) -> str:
        """Start a run; its id."""
        asked = {"logical_date": None, "conf": conf or {}, **body}
        return str(self._ask("POST", f"dags/{dag_id}/dagRuns", asked)["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str:
        """The state of a run."""
        return str(self._ask("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """All runs of a DAG, the oldest first."""
        path = f"dags/{dag_id}/dagRuns?limit=100&order_by=run_after"
        return list(self._ask("GET", path)["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """The task instances of a run by id; of mapped ones the last."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100&offset={len(found)}"
            page = self._ask("GET", path)["task_instances"]
            found |= {one["task_id"]: one for one in page}
            if len(page) < 100:
                return found

    def drawn(self, dag_id: str) -> set[str]:
        """The labels of what the UI draws of a DAG, groups closed."""
        graph = self._ask("GET", f"ui/structure/structure_data?dag_id={dag_id}", under="")
        return {node["label"] for node in graph["nodes"]}

    def instances(self, dag_id: str, run_id: str, task_id: str) -> list[dict[str, Any]]:
        """The instances of a mapped task."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/listMapped"
        return list(self._ask("GET", path)["task_instances"])

    def log(self, dag_id: str, run_id: str, task_id: str, number: int) -> str:
        """What a try of a task has logged."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}"
        return str(self._ask("GET", f"{path}?full_content=true")["content"])

    def value(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task has returned."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self._ask("GET", f"{path}/xcomEntries/return_value?deserialize=true")["value"]

    def clear(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Let a task and what follows it run once more."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id]}
        body |= {"include_downstream": True, "only_failed": False, "reset_dag_runs": True}
        self._ask("POST", f"dags/{dag_id}/clearTaskInstances", body)

    def wait(self, dag_id: str, run_id: str, seconds: float = 300) -> str:
        """The state in which a run has ended."""
        until(lambda: self.state(dag_id, run_id) in _ENDED, seconds, f"{dag_id} {run_id} to end")
        return self.state(dag_id, run_id)

    def wait_for_run(self, dag_id: str, number: int = 1, seconds: float = 300) -> dict[str, Any]:
        """The run of that number, ended."""
        until(lambda: len(self.runs(dag_id)) >= number, seconds, f"run {number} of {dag_id}")
        run_id = self.runs(dag_id)[number - 1]["dag_run_id"]
        self.wait(dag_id, run_id, seconds)
        return self.runs(dag_id)[number - 1]

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, under: str = "api/v2/"
    ) -> Any:
        url = self.airflow.url
        if not self._token:
            login = {"username": self.airflow.user, "password": self.airflow.password}
            reply = requests.post(f"{url}/auth/token", json=login, timeout=30)
            reply.raise_for_status()
            self._token = reply.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        reply = requests.request(
            method, f"{url}/{under}{path}", json=body, headers=headers, timeout=60
        )
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        return reply.json()


@contextmanager
def started_airflow(home: Path, *, parallelism: int = 3, **settings: str) -> Iterator[Client]:
    """Airflow on a home, whose DAGs wait to be unpaused; the settings are those of the tasks."""
    with pytest.MonkeyPatch.context() as variables:
        for name in list(os.environ):
            if name.startswith(_LEAKS):
                variables.delenv(name)
        for name, value in ({"INVESTIQ_HOME": str(home)} | settings).items():
            variables.setenv(name, value)
        found = load_settings()
        with (
            context.object_store(found) as store,
            local_airflow(found, parallelism=parallelism, paused=True, port=0) as running,
        ):
            yield Client(running, store)


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for it; who waits in vain is told for what."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.5)
