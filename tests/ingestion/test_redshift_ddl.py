"""Both engines have the same raw tables, column by column; only the names of the types differ."""

import re
from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.loading import DATASETS, redshift_bootstrap
from ingestion.loading.duckdb_warehouse import DDL as DUCKDB
from ingestion.loading.redshift_bootstrap import DDL as REDSHIFT

TYPES = {"super": "json", "double": "double"}


def tables(path: Path) -> dict[str, list[tuple[str, str, bool]]]:
    """Of each table its columns in order: name, type without its length, whether it may be null."""
    found = re.findall(
        r"create table if not exists raw_data\.(\w+) \(\n(.*?)\n\)", path.read_text(), re.S
    )
    return {name: [column(line) for line in body.splitlines()] for name, body in found}


def column(line: str) -> tuple[str, str, bool]:
    name, kind = line.strip().rstrip(",").split()[:2]
    kind = kind.partition("(")[0]
    return name, TYPES.get(kind, kind), "not null" in line


def test_both_engines_have_the_same_tables_and_columns():
    redshift, duckdb = tables(REDSHIFT), tables(DUCKDB)
    assert redshift.pop("load_lock") == [("loads", "bigint", True)]
    assert list(redshift) == list(duckdb)
    assert redshift == duckdb
    assert {*DATASETS, "load_receipts"} == set(duckdb)


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_loaded_are_the_columns_of_the_table(name):
    columns = {column for column, _, _ in tables(REDSHIFT)[name]}
    assert {*(column for column, _ in DATASETS[name].columns), "loaded_at"} == columns


def test_no_text_has_a_length_that_nobody_chose():
    """A bare varchar has 256 bytes on Redshift."""
    text = REDSHIFT.read_text()
    assert re.findall(r"varchar(?!\()", text) == []
    lengths = {int(length) for length in re.findall(r"varchar\((\d+)\)", text)}
    assert lengths == {128, 1024, 65535}


def test_another_schema_is_made_in_full_and_nothing_else():
    made = redshift_bootstrap.raw_tables("scratch_raw")
    assert len(made) == len(DATASETS) + 3  # receipts, the lock and its row
    assert all("scratch_raw." in statement for statement in made)
    assert not any("raw_data" in statement for statement in made)
    with pytest.raises(ConfigurationError, match="cannot be the name"):
        redshift_bootstrap.raw_tables('x"; drop schema raw_data; --')
