"""`python -m report`: what it prints and which code it leaves."""

import shutil

import duckdb
import pytest

from report.__main__ import main


@pytest.fixture
def home(place, clean_environment):
    here = place()
    clean_environment.setenv("INVESTIQ_HOME", str(here.home))
    return here


def test_command_publishes_both_and_says_when_nothing_changed(home, capsys):
    assert main([]) == 0
    told = capsys.readouterr().out
    assert " marts, " in told
    assert "published" in told
    assert "2024-11-01" in told
    assert main([]) == 0
    assert capsys.readouterr().out.count("unchanged") == 2
    assert home.page.is_file()


def test_each_step_runs_alone(home, capsys):
    assert main(["--only", "marts"]) == 0
    assert not home.page.exists()
    home.warehouse.unlink()
    assert main(["--only", "page"]) == 0, "the page needs the Parquet files and no warehouse"
    assert home.page.is_file()


def test_exit_codes_tell_what_is_wrong(home, capsys):
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("drop table marts.dim_dates")
    assert main([]) == 11
    assert "investiq build" in capsys.readouterr().err
    shutil.move(home.warehouse, home.home / "elsewhere.duckdb")
    assert main([]) == 2
    assert "There is no warehouse" in capsys.readouterr().err
