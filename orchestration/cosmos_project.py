"""The dbt project as Cosmos draws it: from a manifest, a task per node under dbt's own name.

On DuckDB one task runs one `dbt build` (see `publishing.dbt_build`) and the nodes are drawn as
empty tasks that the scheduler sets by itself: a process for each of a hundred models would cost
minutes, and they could not run side by side anyhow. What failed is shown by node: one red task
instance each, named as dbt names it. On Redshift Cosmos's WATCHER runs the same one build and its
tasks follow it node by node.
"""

import os
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TaskGroup, TriggerRule
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import (
    DbtResourceType,
    ExecutionMode,
    InvocationMode,
    LoadMode,
    TestBehavior,
)

from orchestration.defaults import OWNER, WAREHOUSE
from orchestration.environment import MANIFEST

GROUP = "dbt"
MODE = "INVESTIQ_DBT_TASKS"
_AS_OF = "{{ ti.xcom_pull(task_ids='anything_new', key='as_of') }}"
# Folders whose nodes need each other in turn are drawn as one group: groups that depend on each
# other in a circle are more than Airflow can put in order, and then it shows no graph at all.
_TOGETHER: dict[tuple[str, ...], str] = {
    ("intermediate", "airbyte"): "history",
    ("intermediate", "calendar"): "history",
    ("intermediate", "corporate_actions"): "history",
    ("intermediate", "prices"): "history",
    ("intermediate", "quotes"): "history",
    ("intermediate", "securities"): "history",
    ("intermediate", "accounting"): "quality",
}


def project() -> Path:
    """The folder of dbt_project.yml: INVESTIQ_PROJECT_DIR, or where this package lies."""
    named = os.environ.get("INVESTIQ_PROJECT_DIR")
    return Path(named) if named else Path(__file__).resolve().parent.parent


def manifest() -> Path:
    """The manifest that the set-up makes (`python -m orchestration.setup`).

    Raises:
        FileNotFoundError: it is not there; shown by Airflow as an import error of the DAG.
    """
    home = Path(os.environ.get("INVESTIQ_HOME", project() / "var"))
    path = Path(os.environ.get(MANIFEST, home / "airflow" / "manifest.json"))
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no dbt manifest at {path}. Run `python -m orchestration.setup` once, and "
            "after every change of the dbt project."
        )
    return path


def target() -> str:
    """The engine: duckdb or redshift."""
    return os.environ.get("INVESTIQ_TARGET", "duckdb")


def mode() -> str:
    """`one_build` or `watcher`: INVESTIQ_DBT_TASKS, else what is right for the engine."""
    return os.environ.get(MODE) or ("watcher" if target() == "redshift" else "one_build")


def profile() -> ProfileConfig:
    """The profile of the engine; profiles.yml, because it knows IAM and both kinds of Redshift."""
    return ProfileConfig(
        profile_name="investiq",
        target_name=target(),
        profiles_yml_filepath=project() / "profiles.yml",
    )


def drawn() -> TaskGroup:
    """All nodes as empty tasks, green when the build before them went well."""
    draw = _Drawing().draw
    return _group(
        ExecutionConfig(execution_mode=ExecutionMode.LOCAL),
        RenderConfig(
            **_render(TestBehavior.NONE),
            node_converters={
                DbtResourceType.MODEL: draw,
                DbtResourceType.SEED: draw,
                DbtResourceType.SNAPSHOT: draw,
            },
        ),
        {},
    )


def watched() -> TaskGroup:
    """Cosmos's WATCHER: one `dbt build`, and a task per node that follows it."""
    return _group(
        ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER, invocation_mode=InvocationMode.SUBPROCESS
        ),
        RenderConfig(**_render(TestBehavior.AFTER_EACH)),
        {
            "env": {"INVESTIQ_AS_OF": _AS_OF},
            "append_env": True,
            "install_deps": False,
            "poke_interval": 1,
            **WAREHOUSE,
        },
    )


def _render(tests: TestBehavior) -> dict[str, Any]:
    return {
        "load_method": LoadMode.DBT_MANIFEST,
        "test_behavior": tests,
        "emit_datasets": False,
        "enable_owner_inheritance": False,
        "exclude": ["resource_type:exposure", "resource_type:operation"],
        "normalize_task_id": lambda node: node.name,
    }


def _group(
    execution: ExecutionConfig, render: RenderConfig, arguments: dict[str, Any]
) -> TaskGroup:
    return DbtTaskGroup(
        group_id=GROUP,
        project_config=ProjectConfig(
            dbt_project_path=project(),
            models_relative_path="dbt_project/models",
            seeds_relative_path="dbt_project/seeds",
            manifest_path=manifest(),
            project_name="investiq",
            install_dbt_deps=False,
        ),
        profile_config=profile(),
        execution_config=execution,
        render_config=render,
        operator_args=arguments,
        default_args={"owner": OWNER},
    )


class _Drawing:
    """Turns nodes of dbt into empty tasks, in a group for each subject of the project."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], TaskGroup] = {}

    def draw(self, dag: Any, task_group: Any, node: Any, **_: Any) -> EmptyOperator:
        """A node without work of its own: EmptyOperators never reach a worker."""
        return EmptyOperator(
            task_id=node.name,
            dag=dag,
            task_group=self._group(task_group, _subject(node.original_file_path)),
            # What goes before them is skipped when no node has failed.
            trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
            doc_md=f"`{node.unique_id}`",
            on_failure_callback=None,
        )

    def _group(self, parent: TaskGroup, names: tuple[str, ...]) -> TaskGroup:
        if not names:
            return parent
        if names not in self._groups:
            above = self._group(parent, names[:-1])
            self._groups[names] = TaskGroup(names[-1], parent_group=above)
        return self._groups[names]


def _subject(path: Path) -> tuple[str, ...]:
    """The groups of a node, from the outside: (seeds,), (staging, nse), (history,), (news,), …"""
    parts = Path(path).parts
    inside = parts[parts.index("dbt_project") + 1 : -1]
    if inside[0] != "models" or inside[1] == "staging":
        return tuple(name for name in inside if name != "models")
    return (_TOGETHER.get(inside[1:], inside[-1]),)
