"""A simulated home on Redshift: each command has the stand-in for as long as it runs."""

import re

import psutil
import pytest

REDSHIFT = {"INVESTIQ_TARGET": "redshift"}
LOAD = ["load", "rapidapi_quotes", "ingestion_outcomes"]


@pytest.fixture(scope="module")
def home(investiq, tmp_path_factory):
    """One session, landed, promoted and loaded by commands of their own."""
    folder = tmp_path_factory.mktemp("home")
    for command in (["ingest", "--source", "sandbox", "--date", "2025-10-16"], ["promote"], LOAD):
        ended = investiq(*command, home=folder, **REDSHIFT)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder, ended.stdout


def test_what_one_command_loads_the_next_one_finds(home, investiq):
    folder, said = home
    assert re.search(r"^rapidapi_quotes: 1 objects, [1-9]\d* rows$", said, re.M)
    again = investiq(*LOAD, home=folder, **REDSHIFT)
    assert "rapidapi_quotes: 0 objects, 0 rows" in again.stdout
    assert not (folder / "warehouse.duckdb").exists()


def test_status_tells_of_a_home_that_is_not_built_yet(home, investiq):
    folder, _ = home
    ended = investiq("status", home=folder, **REDSHIFT)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"fetch\s+rapidapi/quotes\s+ok\s+1", " ".join(ended.stdout.split()))
    assert "run `investiq build`" in ended.stdout


def test_and_nothing_is_left_running(home):
    folder, _ = home
    there = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert [command for command in there if any(str(folder) in part for part in command)] == []
