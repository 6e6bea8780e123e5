"""Redshift's SHOW statements as queries of the catalog, shaped as dbt-redshift reads them."""

import re

from sandbox.redshift.errors import Rejected
from sandbox.redshift.wire import literal

_SCHEMAS = """
select current_database()::varchar as database_name, nspname::varchar as schema_name,
    1 as schema_owner, 'local'::varchar as schema_type
from pg_namespace where nspname !~ '^pg_(toast|temp)'"""
_TABLES = """
select table_catalog::varchar as database_name, table_schema::varchar as schema_name,
    table_name::varchar as table_name,
    (case table_type when 'VIEW' then 'VIEW' else 'TABLE' end)::varchar as table_type,
    null::varchar as table_acl, null::varchar as remarks,
    (case table_type when 'VIEW' then 'REGULAR VIEW' else 'REGULAR TABLE' end)::varchar
        as table_subtype,
    'rsadmin'::varchar as owner, now()::timestamp as last_modified_time
from information_schema.tables where table_schema = {schema}"""
_COLUMNS = """
select table_catalog::varchar as database_name, table_schema::varchar as schema_name,
    table_name::varchar as table_name, column_name::varchar as column_name,
    ordinal_position::int as ordinal_position, column_default::varchar as column_default,
    is_nullable::varchar as is_nullable,
    (case when data_type = 'USER-DEFINED' then udt_name else data_type end)::varchar as data_type,
    character_maximum_length::int as character_maximum_length,
    numeric_precision::int as numeric_precision, numeric_scale::int as numeric_scale,
    null::varchar as remarks
from information_schema.columns
where table_schema = {schema} and table_name = {table} order by ordinal_position"""
_GRANTS = """
select namespace_name as schema_name, relation_name as object_name,
    'TABLE'::varchar as object_type, privilege_type, identity_name, identity_type
from svv_relation_privileges where namespace_name = {schema} and relation_name = {table}"""
_NAME = re.compile(r'"[^"]+"|\b[a-z_]\w*')
_NOISE = re.compile(r"(?i)\b(from|schema|database|table|on|like)\b|'[^']*'")


def show(what: str, rest: str) -> str:
    """The query for SHOW `what` `rest`."""
    names = [name.strip('"') for name in _NAME.findall(_NOISE.sub(" ", rest))]
    like = re.search(r"'([^']*)'", rest)
    if what == "schemas":
        return _SCHEMAS + (f" and nspname ilike {literal(like[1])}" if like else "")
    if what == "tables" and names:
        return _TABLES.format(schema=literal(names[-1]))
    if what in ("columns", "grants") and len(names) > 1:
        query = _COLUMNS if what == "columns" else _GRANTS
        return query.format(schema=literal(names[-2]), table=literal(names[-1]))
    raise Rejected(f"stand-in: SHOW {what} {rest.strip()} is not emulated")
