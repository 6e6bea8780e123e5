"""The DAGs as Airflow loads them: which there are, and what every one of them has."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.settings import project_root
from orchestration.environment import metrics

DAGS = project_root() / "airflow" / "dags"
INGESTION = {
    "nse_quotes",
    "nse_archives",
    "nse_reference",
    "global_news",
    "india_news",
    "airbyte_history",
    "backfill",
}
EXPECTED = INGESTION | {"warehouse", "maintenance"}
# Of an import nothing but these warns; each is in the code of the library itself.
_UPSTREAM = ("/cosmos/", "/airflow/", "/sqlalchemy/", "/pydantic/", "/great_expectations/")
_READ = """
import json, sys, time, warnings
warnings.simplefilter("always")
seen = []
show = lambda message, category, filename, lineno, *_: seen.append([filename, str(message)])
warnings.showwarning = show
from airflow.dag_processing.dagbag import DagBag
started = time.perf_counter()
bag = DagBag(sys.argv[1])
seconds = time.perf_counter() - started
def timetable(dag):
    return type(dag.timetable).__name__
def circle(dag):  # as the API does before it draws
    try:
        for group in dag.task_group.get_task_group_dict().values():
            group.topological_sort()
    except Exception as problem:
        return repr(problem)
found = {
    dag.dag_id: {
        "doc": dag.doc_md, "tags": sorted(dag.tags), "timetable": timetable(dag),
        "schedule": getattr(dag.timetable, "expression", None), "catchup": dag.catchup,
        "runs": dag.max_active_runs, "file": dag.fileloc, "circle": circle(dag),
        "tasks": {
            task.task_id: {
                "owner": task.owner, "retries": task.retries, "pool": task.pool,
                "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                "backoff": bool(task.retry_exponential_backoff),
                "callback": bool(task.on_failure_callback),
                "empty": type(task).__name__ == "EmptyOperator",
                "upstream": sorted(task.upstream_task_ids),
                "outlets": [asset.name for asset in task.outlets],
            }
            for task in dag.tasks
        },
    }
    for dag in bag.dags.values()
}
print("READ" + json.dumps([found, bag.import_errors, seconds, seen]))
"""


@pytest.fixture(scope="module")
def bag(airflow_environment: Path) -> tuple[dict[str, Any], dict[str, str], float, list]:
    """(DAGs, import errors, seconds, warnings), read by a process of its own from outside."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(DAGS)],
        cwd=airflow_environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("READ")]
    found, errors, seconds, warned = json.loads(line.removeprefix("READ"))
    sys.stdout.write(f"parsing all DAGs: {seconds:.2f} s\n")
    return found, errors, seconds, warned


def test_exactly_these_dags_are_there_without_an_error(bag: Any) -> None:
    found, errors, _, _ = bag
    assert errors == {}
    assert set(found) == EXPECTED


def test_each_file_holds_one_dag_of_its_name_and_is_short(bag: Any) -> None:
    found, *_ = bag
    for dag_id, dag in found.items():
        path = Path(dag["file"])
        assert path == DAGS / f"{dag_id}.py"
        assert len(path.read_text("utf-8").splitlines()) <= 120


def test_nothing_of_ours_warns_when_it_is_imported(bag: Any) -> None:
    *_, warned = bag
    ours = [w for w in warned if not any(part in w[0] for part in _UPSTREAM)]
    assert ours == []


def test_every_dag_says_what_it_is_for_and_what_to_do(bag: Any) -> None:
    found, *_ = bag
    for dag_id, dag in found.items():
        for heading in ("**Purpose**", "**Owner**", "**When it fails**"):
            assert heading in dag["doc"], f"{dag_id} lacks {heading}"
        assert "investiq" in dag["tags"]
        assert len(dag["tags"]) > 1
        assert dag["catchup"] is False


def test_every_task_has_an_owner_a_timeout_retries_and_an_alarm(bag: Any) -> None:
    found, *_ = bag
    never_again = {"months", "node_failed"}  # a parameter, and a verdict: the same would come
    for dag in found.values():
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == "data-platform", task_id
            if task["empty"]:
                continue
            assert task["timeout"], task_id
            assert task["callback"], task_id
            assert task["backoff"], task_id
            assert (task["retries"] == 0) == (task_id in never_again), task_id


def test_what_is_published_is_asked_for_at_the_times_of_the_one_table(bag: Any) -> None:
    found, *_ = bag
    assert {name: found[name]["schedule"] for name in INGESTION - {"airbyte_history"}} == {
        "nse_quotes": "10 16 * * *",
        "nse_archives": "15 18 * * *",
        "nse_reference": "45 18 * * *",
        "global_news": "30 6,17 * * *",
        "india_news": "0 7,17 * * *",
        "backfill": None,
    }


def test_airflow_knows_the_settings_by_which_it_sends_metrics() -> None:
    [installed] = find_spec("airflow").submodule_search_locations
    known = yaml.safe_load((Path(installed) / "config_templates" / "config.yml").read_text("utf-8"))
    ours = {name.removeprefix("metrics__") for name in metrics("127.0.0.1", 8125)}
    assert ours <= set(known["metrics"]["options"])
    assert ours >= {"statsd_on", "statsd_influxdb_enabled", "legacy_names_on"}


def test_whoever_touches_the_warehouse_is_in_its_pool(bag: Any) -> None:
    found, *_ = bag
    for dag_id in INGESTION:
        assert found[dag_id]["tasks"]["loaded"]["pool"] == "warehouse"
    for task_id in ("anything_new", "check_arrival", "dbt_build", "check_marts", "published_marts"):
        assert found["warehouse"]["tasks"][task_id]["pool"] == "warehouse"
    for task_id in ("sweep", "quarantine_summary", "observed", "docs"):
        assert found["maintenance"]["tasks"][task_id]["pool"] == "warehouse"


def test_each_ingestion_emits_its_own_asset_and_the_warehouse_waits_for_them(bag: Any) -> None:
    found, *_ = bag
    emitted = {
        asset
        for dag_id in INGESTION
        for task in found[dag_id]["tasks"].values()
        for asset in task["outlets"]
    }
    assert emitted == (INGESTION - {"backfill"}) | {"backfilled"}
    assert found["warehouse"]["timetable"] == "AssetTriggeredTimetable"
    assert found["warehouse"]["runs"] == 1
    assert found["warehouse"]["tasks"]["published_marts"]["outlets"] == ["marts"]


def test_the_nodes_of_dbt_have_their_own_names_and_dependencies(
    bag: Any, airflow_environment: Path
) -> None:
    found, *_ = bag
    manifest = json.loads((airflow_environment / "airflow" / "manifest.json").read_text("utf-8"))
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "snapshot")
    }
    drawn = {
        task_id.rsplit(".", 1)[1]: task
        for task_id, task in found["warehouse"]["tasks"].items()
        if task_id.startswith("dbt.")
    }
    assert set(drawn) == {node["name"] for node in nodes.values()}
    assert [name for name, task in drawn.items() if not task["empty"]] == []  # the build does it
    for node in nodes.values():
        parents = {
            nodes[key]["name"] for key in node["depends_on"].get("nodes", []) if key in nodes
        }
        above = {task_id.rsplit(".", 1)[-1] for task_id in drawn[node["name"]]["upstream"]}
        assert above - {"dbt_build", "node_failed"} == parents, node["name"]
        assert parents or {"dbt_build", "node_failed"} <= above, node["name"]


def test_the_groups_of_a_dag_can_be_put_in_order(bag: Any) -> None:
    """Two folders of dbt that depend on each other: join them in `cosmos_project._TOGETHER`."""
    found, *_ = bag
    assert {dag_id: dag["circle"] for dag_id, dag in found.items() if dag["circle"]} == {}


def test_parsing_takes_seconds_at_most(bag: Any) -> None:
    _, _, seconds, _ = bag
    assert seconds < 30, "the DAG processor does this again and again"
