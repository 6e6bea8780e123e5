"""What dbt-redshift and our commands read, and views that are bound late."""

from typing import Any

import pytest
from redshift_connector import ProgrammingError

from sandbox.redshift import RedshiftServer
from tests.sandbox.redshift.conftest import connect


def rows(cursor: Any, query: str) -> list[list[Any]]:
    cursor.execute(query)
    return [list(row) for row in cursor.fetchall()]


def late_view(cursor: Any, schema: str, name: str, query: str) -> None:
    cursor.execute(
        f'create view "investiq"."{schema}"."{name}" as ({query}) with no schema binding'
    )


def test_a_late_view_outlives_its_table(cursor: Any, schema: str) -> None:
    """As dbt replaces a table: made beside, renamed, the old one dropped with all on it."""
    cursor.execute(f"create table {schema}.t as select 1 as a")
    late_view(cursor, schema, "v", f"select a from {schema}.t")
    late_view(cursor, schema, "w", f"select a + 1 as b from {schema}.v")
    cursor.execute(f"create table {schema}.t__dbt_tmp as select 10 as a")
    cursor.execute(f"alter table {schema}.t rename to t__dbt_backup")
    cursor.execute(f"alter table {schema}.t__dbt_tmp rename to t")
    cursor.execute(f"drop table if exists {schema}.t__dbt_backup cascade")
    assert rows(cursor, f"select b from {schema}.w") == [[11]]
    cursor.execute(f"drop table {schema}.t cascade")
    with pytest.raises(ProgrammingError, match="does not exist"):
        cursor.execute(f"select b from {schema}.w")
    cursor.execute(f"create table {schema}.t as select 20 as a")
    assert rows(cursor, f"select b from {schema}.w") == [[21]]


def test_a_late_view_follows_its_new_name_and_goes_when_dropped(cursor: Any, schema: str) -> None:
    cursor.execute(f"create table {schema}.t as select 1 as a")
    late_view(cursor, schema, "v__dbt_tmp", f"select a from {schema}.t")
    cursor.execute(f"alter table {schema}.v__dbt_tmp rename to v")
    cursor.execute(f"drop table {schema}.t cascade")
    cursor.execute(f"create table {schema}.t as select 2 as a")
    assert rows(cursor, f"select a from {schema}.v") == [[2]]
    cursor.execute(f"drop view if exists {schema}.v cascade")
    cursor.execute(f"create table {schema}.v as select 3 as a")
    cursor.execute(f"alter table {schema}.v rename to v_old")
    with pytest.raises(ProgrammingError, match="does not exist"):
        cursor.execute(f"select a from {schema}.v")


def test_a_late_view_stays_with_its_owner(
    cursor: Any, schema: str, trusted: RedshiftServer
) -> None:
    """Whoever makes it again: the administrator does when he makes its table."""
    user = "investiq_transformer"
    cursor.execute(f"grant usage, create on schema {schema} to {user}")
    cursor.execute(f"create table {schema}.t as select 1 as a")
    cursor.execute(f"grant select on {schema}.t to {user}")
    with connect(trusted, user=user, password=trusted.users[user]) as connection:
        late_view(connection.cursor(), schema, "v", f"select a from {schema}.t")
        connection.commit()
    cursor.execute(f"drop table {schema}.t cascade")
    cursor.execute(f"create table {schema}.t as select 1 as a")
    found = rows(cursor, f"select viewowner from pg_views where schemaname = '{schema}'")
    assert found == [[user]]


def test_a_rolled_back_late_view_is_forgotten(cursor: Any, schema: str) -> None:
    cursor.execute(f"create table {schema}.t as select 1 as a")
    cursor.execute("begin")
    late_view(cursor, schema, "v", f"select a from {schema}.t")
    cursor.execute("rollback")
    cursor.execute(f"create table {schema}.u as select 1 as a")
    assert rows(cursor, f"select count(*) from rs_late_views where name like '{schema}.%'") == [[0]]


def test_a_filled_table_has_statistics(cursor: Any, schema: str) -> None:
    cursor.execute(
        f"create table {schema}.t as with recursive n(a) as "
        "(select 1 union all select a + 1 from n where a < 600) select a from n"
    )
    [[known]] = rows(cursor, f"select tbl_rows from svv_table_info where \"schema\" = '{schema}'")
    assert known == 600


def test_a_computed_column_has_a_size_in_the_catalog(cursor: Any, schema: str) -> None:
    cursor.execute(
        f"create table {schema}.t as select 1.5::decimal(8, 2) * 2 as a, 'x' || 'y' as b, "
        "2::decimal(6, 3) as c"
    )
    found = rows(
        cursor,
        "select data_type, numeric_precision, numeric_scale, character_maximum_length "
        f"from information_schema.columns where table_schema = '{schema}' order by column_name",
    )
    assert found == [
        ["numeric", 38, 10, None],
        ["character varying", None, None, 65535],
        ["numeric", 6, 3, None],
    ]


def test_roles_and_what_they_may_do(cursor: Any, schema: str) -> None:
    role = f"role_of_{schema}"
    cursor.execute(f"create role {role}")
    cursor.execute(f"create table {schema}.t (a integer)")
    cursor.execute(f"grant usage on schema {schema} to role {role}")
    cursor.execute(f"grant select, insert on all tables in schema {schema} to role {role}")
    cursor.execute(
        f"alter default privileges in schema {schema} grant select on tables to role {role}"
    )
    cursor.execute(f"grant role {role} to investiq_reader")
    found = rows(
        cursor,
        "select privilege_type, identity_name, identity_type from svv_relation_privileges "
        f"where namespace_name = '{schema}' and identity_type = 'role' order by 1",
    )
    assert found == [["INSERT", role, "role"], ["SELECT", role, "role"]]
    granted = rows(cursor, f"select user_name from svv_user_grants where role_name = '{role}'")
    assert granted == [["investiq_reader"]]
    cursor.execute(f"revoke role {role} from investiq_reader")
    cursor.execute(
        f"alter default privileges in schema {schema} revoke select on tables from role {role}"
    )
    cursor.execute(f"revoke all on all tables in schema {schema} from role {role}")
    cursor.execute(f"revoke all on schema {schema} from role {role}")
    cursor.execute(f"drop role {role}")


def test_a_new_database_has_all_functions(cursor: Any, schema: str) -> None:
    cursor.execute(f"create database {schema}")
    try:
        assert rows(cursor, f"select count(*) from pg_database where datname = '{schema}'") == [[1]]
    finally:
        cursor.execute(f"drop database {schema}")
