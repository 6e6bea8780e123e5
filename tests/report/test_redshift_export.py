"""The Parquet set made from Redshift: the files that DuckDB makes, and as little work."""

import shutil

import duckdb
import pytest

from ingestion.loading.reading import ReadFailed
from report import fetch, parts
from report.errors import PublishFailed
from report.parquet import export_marts

# Ten years of 40 shares; keys as large as those that dbt makes, and one that is negative.
HISTORY = """
    create or replace table marts.fct_prices_daily as
    select cast(hash(s) % 4503599627370496 as bigint) * if(s = 7, -1, 1) as security_sk, trade_date,
        cast(hash(s, trade_date) % 100000 / 100 as decimal(18, 4)) as close_price,
        if(s = 3, null, sqrt(s * 7.0) / 3) as return_1d
    from range(40) as shares (s), (select unnest(generate_series(
        date '2015-01-05', date '2024-10-31', interval '14 days'))::date as trade_date)
"""
ODD = """
    create table marts.dim_odd (id integer, name varchar, is_known boolean, price decimal(24, 2),
        ratio double, seen_at timestamp, seen_on date, big bigint);
    insert into marts.dim_odd values
        (1, 'O''Neil "&" <b>, | \\ ; é 株' || chr(10) || '-', true, 0.1, 0.1 + 0.2,
            timestamp '2024-02-29 23:59:59.123456', date '0001-01-01', 9223372036854775807),
        (2, '', false, -9999999999999999999999.99, 5e-324, timestamp '1999-12-31 00:00:00',
            date '9999-12-31', -9223372036854775808),
        (3, null, null, null, null, null, null, null),
        (4, ' - ', null, 100, 1e300, null, null, 0);
"""


@pytest.fixture(scope="module")
def engines(small_warehouse, mirror, tmp_path_factory):
    """The same marts on both engines: a DuckDB file, and the database on Redshift."""
    path = tmp_path_factory.mktemp("engines") / "warehouse.duckdb"
    shutil.copy(small_warehouse, path)
    with duckdb.connect(path) as con:
        con.execute("create schema raw_data")
        con.execute(HISTORY)
        con.execute(ODD)
    return path, mirror(path)


@pytest.fixture(scope="module")
def first_set(engines, tmp_path_factory):
    """The folder of a set made from Redshift."""
    home = tmp_path_factory.mktemp("first_set")
    export_marts(engines[1], home / "marts")
    return home


@pytest.fixture
def published(first_set, tmp_path):
    """A set made from Redshift, for one test."""
    shutil.copytree(first_set, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "marts"


@pytest.fixture
def change(engines, administrator):
    """Run a statement on Redshift, as a build would, and take it back afterwards."""
    undo = []

    def run(statement: str, back: str) -> None:
        undo.append(back)
        with administrator(engines[1]) as cursor:
            cursor.execute(statement)

    yield run
    with administrator(engines[1]) as cursor:
        for statement in reversed(undo):
            cursor.execute(statement)


def inodes(marts) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in marts.glob("*.parquet")}


def test_the_same_marts_make_the_same_files_on_both_engines(engines, published, tmp_path):
    export_marts(engines[0], tmp_path / "by_duckdb")
    by_duckdb = {path.name: path.read_bytes() for path in (tmp_path / "by_duckdb").iterdir()}
    by_redshift = {path.name: path.read_bytes() for path in published.iterdir()}
    assert set(by_redshift) == set(by_duckdb)
    assert sum(".before-" in name for name in by_duckdb) > 20
    assert [name for name in by_duckdb if by_duckdb[name] != by_redshift[name]] == []


def test_the_same_marts_are_not_fetched_again(engines, published, monkeypatch):
    monkeypatch.setattr(fetch, "_batches", None)  # whoever asked for rows would fail
    again = export_marts(engines[1], published)
    assert (again.changed, again.written) == (False, 0)


@pytest.mark.parametrize(
    ("where", "file"),
    [
        ("trade_date > date '2024-10-14'", "2024"),
        ("security_sk < 0 and trade_date < date '2016-01-01'", "before"),
    ],
    ids=["of this year", "of an old year"],
)  # fmt: skip
def test_a_changed_value_writes_the_one_file_that_holds_it(engines, published, change, where, file):
    before = inodes(published)
    change(
        f"update marts.fct_prices_daily set close_price = close_price + 0.0001 where {where}",
        f"update marts.fct_prices_daily set close_price = close_price - 0.0001 where {where}",
    )
    assert export_marts(engines[1], published).written == 1
    after = inodes(published)
    [changed] = [name for name in after if after[name] != before[name]]
    assert changed.startswith(f"fct_prices_daily.{file}")


@pytest.mark.parametrize(
    "change_of",
    ["name = null where id = 2", "name = '-' where id = 3", "is_known = false where id = 3"],
    ids=["empty to NULL", "NULL to a text", "NULL to false"],
)
def test_what_is_easily_taken_for_the_same_is_noticed(engines, published, change, change_of):
    columns = "name, is_known"
    change(f"create table marts.kept__dbt_backup as select id, {columns} from marts.dim_odd",
           "drop table marts.kept__dbt_backup")  # fmt: skip
    change(f"update marts.dim_odd set {change_of}",
           "update marts.dim_odd set name = b.name, is_known = b.is_known "
           "from marts.kept__dbt_backup b where b.id = marts.dim_odd.id")  # fmt: skip
    result = export_marts(engines[1], published)
    assert (result.changed, result.written) == (True, 1)


def test_memory_holds_a_few_rows_however_long_the_mart(engines, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "ROWS_A_FETCH", 100)
    monkeypatch.setattr(fetch, "ROWS_AN_INSERT", 500)
    seen = []
    honest = fetch._insert

    def counting(connection, mart, rows) -> None:
        seen.append(len(rows))
        honest(connection, mart, rows)

    monkeypatch.setattr(fetch, "_insert", counting)
    tables = export_marts(engines[1], tmp_path / "marts").tables
    assert max(seen) == 500
    assert sum(seen) == sum(table.rows for table in tables) > 5_000


def test_a_build_during_the_export_does_not_mix_with_it(engines, published, change, monkeypatch):
    honest, began = parts.first_recent_year, []

    def meanwhile(reader, mart):
        if not began:
            began.append(mart.name)
            change("update marts.dim_odd set id = id + 10", "update marts.dim_odd set id = id - 10")
        return honest(reader, mart)

    monkeypatch.setattr(parts, "first_recent_year", meanwhile)
    assert not export_marts(engines[1], published).changed
    assert began < ["dim_odd"]
    assert export_marts(engines[1], published).written == 1


def test_a_connection_lost_in_the_middle_leaves_the_set_before(
    engines, published, change, redshift
):
    before = {path.name: path.read_bytes() for path in published.iterdir()}
    change("update marts.dim_odd set big = 1 where id = 4",
           "update marts.dim_odd set big = 0 where id = 4")  # fmt: skip
    try:
        redshift.script("hang_up", match="^fetch forward", times=1)
        with pytest.raises(ReadFailed, match="Run the command again"):
            export_marts(engines[1], published)
    finally:
        redshift.clear_faults()
    assert {path.name: path.read_bytes() for path in published.iterdir()} == before
    assert export_marts(engines[1], published).changed
    assert list(published.parent.glob(".marts/staging-*")) == []


def test_rows_that_did_not_all_come_are_not_published(engines, published, change, monkeypatch):
    change("update marts.dim_odd set big = 1 where id = 4",
           "update marts.dim_odd set big = 0 where id = 4")  # fmt: skip
    honest = fetch._batches
    monkeypatch.setattr(fetch, "_batches", lambda *asked: (rows[1:] for rows in honest(*asked)))
    with pytest.raises(PublishFailed, match=r"3 rows of dim_odd came.*counted 4"):
        export_marts(engines[1], published)


def test_a_type_without_a_place_in_the_files_is_named(engines, tmp_path, change):
    change("create table marts.dim_super as select json_parse('{}') as payload",
           "drop table marts.dim_super")  # fmt: skip
    change("grant select on marts.dim_super to investiq_reader", "select 1")
    with pytest.raises(PublishFailed, match=r"payload of the mart dim_super is .*Cast it"):
        export_marts(engines[1], tmp_path / "marts")
