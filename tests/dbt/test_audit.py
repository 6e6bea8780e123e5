"""Audit before publish: a failed check leaves the marts alone and names the next step."""

from types import SimpleNamespace
from typing import Any

import pytest


def test_fault_09_a_failed_audit_leaves_the_marts_as_they_were(
    loaded: Any, make: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    warehouse = loaded.copy(tmp_path_factory.mktemp("audit"))
    records = [make.quote(f"S{n:02}", last_update_time="29-Apr-2024 15:59:00") for n in range(99)]
    broken = make.quote("S99", last_update_time="29-Apr-2024 15:59:00", day_high=1)
    monday = {"fetched_at": "2024-04-29 12:00", "asked": "2024-04-29", "loaded_at": "2024-05-06"}
    before = warehouse.content("marts")
    build = ("build", "--exclude-resource-type", "unit_test")

    # Two of 101 is too much: the gate fails and every mart keeps its rows.
    warehouse.load("monday", [*records, broken, broken], **monday)
    run = warehouse.dbt(*build)
    assert run.returncode == 1, run.output
    assert run.named("fail") == {"assert_broken_records_stay_below_threshold"}
    marts = {name.removeprefix("marts.") for name in before}
    assert run.named("skipped") >= marts
    assert warehouse.content("marts") == before

    # Looked at and accepted, the day is published without its broken rows. What promotion read and
    # nobody can show is an error all the same.
    warehouse.promoted("monday", 103)
    run = warehouse.dbt(*build, "--vars", "audit_accepted_dates: ['2024-04-29']")
    assert run.named("fail") == {"assert_every_record_is_accounted_for"}
    assert run.returncode == 1
    assert warehouse.query(
        "select securities_traded from marts.fct_market_breadth_daily "
        "where trade_date = '2024-04-29' and universe = 'all'"
    ) == [(99,)]


def test_a_null_is_found_in_whichever_column_it_is(
    loaded: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    warehouse = loaded.copy(tmp_path_factory.mktemp("nulls"))
    named = "select column_name from duckdb_columns() where schema_name = 'marts' and table_name ="
    columns = [name for (name,) in warehouse.query(f"{named} 'rpt_movers_daily'")]
    nulls = ", ".join(f"null as {one}" if one == "rank_no" else one for one in columns)
    warehouse.execute(
        "create table spoiled as from marts.rpt_movers_daily; drop table marts.rpt_movers_daily;"
        f"create table marts.rpt_movers_daily as select {nulls} from spoiled"
    )
    select = ("test", "--select", "rpt_movers_daily,test_name:not_null_columns")
    run = warehouse.dbt(*select)
    assert (run.returncode, len(run.named("fail"))) == (1, 1), run.output
    warehouse.execute("create or replace table marts.rpt_movers_daily as from spoiled")
    assert warehouse.dbt(*select).returncode == 0


def test_without_raw_tables_the_message_names_the_next_step(
    tmp_path_factory: pytest.TempPathFactory, loaded: Any
) -> None:
    empty = type(loaded)(tmp_path_factory.mktemp("empty"))
    empty.execute("create schema raw_data")
    run = empty.dbt("run")
    assert run.returncode != 0
    assert "Run `investiq init`" in run.output
    assert "raw_data.rapidapi_quotes" in run.output
    assert empty.query("select * from information_schema.tables") == []


def test_without_seeds_the_message_names_the_next_step(
    tmp_path_factory: pytest.TempPathFactory, loaded: Any
) -> None:
    run = type(loaded)(tmp_path_factory.mktemp("unseeded")).create().dbt("run")
    assert run.returncode != 0
    assert "Run `dbt seed`" in run.output
