"""Airflow as the tests meet it: its own home, made once, with the manifest of the real project."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.settings import load_settings, project_root

_LEAKS = ("AIRFLOW", "AWS_", "INVESTIQ_", "DBT_")


@pytest.fixture(scope="session")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a manifest, and the variables of Airflow; set before Airflow is imported.

    Yields the home.
    """
    from orchestration.environment import environment
    from orchestration.setup import make_manifest

    assert "airflow" not in sys.modules, "Airflow reads its settings once, when it is imported"
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as variables:
        for name in list(os.environ):
            if name.startswith(_LEAKS):
                variables.delenv(name)
        database = f"sqlite:///{home / 'unused.db'}"
        for name, value in environment(home, project_root(), database=database, port=0).items():
            variables.setenv(name, value)
        make_manifest(load_settings())
        yield home
