"""What Airflow needs before it starts: metadata, the pool, the dbt manifest, what tasks import.

Run alone: `python -m orchestration.setup`, in the environment of the Airflow that it is for; again
after every change of the dbt project. Running it again changes nothing else.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings, load_settings
from investiq.console import step
from investiq.context import places, prepare_warehouse
from investiq.dbt import run_dbt
from orchestration.environment import MANIFEST, WAREHOUSE_POOL, airflow_home

_SLOTS = "INVESTIQ_WAREHOUSE_SLOTS"
_LOCAL_SETTINGS = """import sys

if "scheduler" in sys.argv:
    import orchestration.preload
"""


def prepare(settings: Settings, environment: dict[str, str]) -> None:
    """Everything that can be made before the components run.

    Args:
        environment: that of Airflow's components.

    Raises:
        ConfigurationError: Airflow's own set-up failed; the message holds what it said.
        BuildFailed: the dbt project does not parse.
    """
    make_manifest(settings)
    prepare_warehouse(settings)
    config = airflow_home(settings.home) / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "airflow_local_settings.py").write_text(_LOCAL_SETTINGS, encoding="utf-8")
    with step("metadata of Airflow"):
        airflow(environment, "db", "migrate")
    slots = environment.get(_SLOTS, "1")
    with step("pool"):
        what = "what reads or writes the warehouse"
        airflow(environment, "pools", "set", WAREHOUSE_POOL, slots, what)


def make_manifest(settings: Settings) -> Path:
    """The manifest that Cosmos draws; replaced in one step, because it may be being read."""
    with step("dbt parse") as advance:
        run_dbt(settings, ["parse"], advance)
    place = airflow_home(settings.home) / "manifest.json"
    path = Path(os.environ.get(MANIFEST, place))
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    shutil.copyfile(places(settings).dbt / "target" / "manifest.json", new)
    new.replace(path)
    return path


def airflow(environment: dict[str, str], *arguments: str) -> None:
    """One command of Airflow in that environment.

    Raises:
        ConfigurationError: it failed; the message holds what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise ConfigurationError(
            f"`airflow {' '.join(arguments[:2])}` failed: {said[:600]}. Look at the database that "
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names, then try again."
        )


if __name__ == "__main__":
    prepare(load_settings(), dict(os.environ))
