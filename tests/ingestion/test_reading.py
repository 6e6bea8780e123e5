"""One port to both engines: the same values of the same kinds, and errors that say what to do."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from ingestion.errors import ConfigurationError
from ingestion.loading.reading import DuckDBFile, NotThere, ReadFailed, readable

EVERY_KIND = """
    select cast(8 as bigint) as whole, cast(2.5 as decimal(18, 4)) as money,
        cast(0.1 as double precision) as ratio, 'Bajaj' as name, true as is_known,
        date '2024-04-26' as day, timestamp '2024-04-26 15:59:52' as at,
        cast(null as date) as nothing, cast($text as varchar(64)) as asked, $day as asked_day
    where $day > date '2024-01-01'
"""
TEXT = 'O\'Neil \\ "x"; -- $day :day %s é'


@pytest.fixture(scope="module")
def both(mirror, tmp_path_factory):
    """The same small warehouse on both engines."""
    path = tmp_path_factory.mktemp("both") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema raw_data; create schema marts")
        con.execute("create table marts.facts as select 1 as id")
    return DuckDBFile(path), mirror(path)


@pytest.mark.parametrize("engine", [0, 1], ids=["duckdb", "redshift"])
def test_every_kind_of_value_comes_alike_and_parameters_are_values(both, engine):
    with both[engine].open() as reader:
        table = reader.table(EVERY_KIND, {"text": TEXT, "day": date(2024, 4, 26)})
    assert table.rows == [
        (8, Decimal("2.5000"), 0.1, "Bajaj", True, date(2024, 4, 26),
         datetime(2024, 4, 26, 15, 59, 52), None, TEXT, date(2024, 4, 26))
    ]  # fmt: skip
    assert table.kinds == (
        "integer", "number", "number", "text", "boolean", "day", "time", "day", "text", "day",
    )  # fmt: skip
    assert table.names[:3] == ("whole", "money", "ratio")


@pytest.mark.parametrize("engine", [0, 1], ids=["duckdb", "redshift"])
@pytest.mark.parametrize(
    "statement",
    ["select 1 from marts.nothing", "select nothing from marts.facts", "select 1 from no.thing"],
)
def test_what_is_missing_is_told_from_what_is_refused(both, engine, statement):
    with both[engine].open() as reader:
        with pytest.raises(NotThere, match=r"(?i)nothing|no\.thing|schema.*investiq build"):
            reader.rows(statement)
        # Redshift would refuse all that follows in the same transaction.
        assert reader.rows("select count(*) from marts.facts") == [(1,)]


def test_doubles_come_from_redshift_as_they_were_stored(both):
    values = (0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -123456789.12345678)
    columns = ", ".join(f"cast('{value!r}' as double precision) as v{n}"
                        for n, value in enumerate(values))  # fmt: skip
    with both[1].open() as reader:
        assert reader.rows(f"select {columns}") == [values]


def test_a_right_that_was_not_granted_names_the_command_that_grants_it(both, administrator):
    database = both[1]
    with administrator(database) as cursor:
        cursor.execute("create table marts.later (id integer)")
    with (
        database.open() as reader,
        pytest.raises(ConfigurationError, match=r"later.*investiq redshift init"),
    ):
        reader.rows("select * from marts.later")


def test_a_connection_that_is_lost_is_an_error_with_a_next_step(both, redshift):
    try:
        redshift.script("hang_up", match="marts.facts", times=1)
        with (
            both[1].open() as reader,
            pytest.raises(ReadFailed, match="Run the command again"),
        ):
            reader.rows("select count(*) from marts.facts")
    finally:
        redshift.clear_faults()


def test_a_refused_statement_says_why(both):
    with both[1].open() as reader, pytest.raises(ReadFailed, match="division by zero"):
        reader.rows("select 1 / (id - 1) from marts.facts")


def test_the_target_decides_which_engine_is_read(reader, tmp_path):
    assert str(readable(reader)) == f"investiq on Redshift at {reader.redshift_host}"
    embedded = reader.model_copy(update={"target": "duckdb", "home": tmp_path})
    assert str(readable(embedded)) == str(tmp_path / "warehouse.duckdb")
