-- catalog objects dbt-redshift and tools read
create function pg_get_late_binding_view_cols() returns setof record language sql stable as
  $$ select null::name, null::name, null::name, null::varchar, null::int where false $$;
create view svv_external_columns as select null::varchar as schemaname, null::varchar as tablename, null::varchar as columnname,
  null::varchar as external_type, null::int as columnnum, null::int as part_key where false;
create view svv_external_tables as select null::varchar as schemaname, null::varchar as tablename, null::varchar as location where false;
create view svv_table_info as
  select current_database()::varchar as database, n.nspname::varchar as "schema", c.oid as table_id, c.relname::varchar as "table",
    'N'::varchar as encoded, 'AUTO(ALL)'::varchar as diststyle, 'AUTO(SORTKEY)'::varchar as sortkey1, 0 as max_varchar,
    null::varchar as sortkey1_enc, 0 as sortkey_num, greatest(pg_relation_size(c.oid) / 1048576, 1) as size, 0.0::numeric as pct_used,
    0::bigint as empty, null::numeric as unsorted, 0::numeric as stats_off, greatest(c.reltuples, 0)::numeric as tbl_rows,
    null::numeric as skew_sortkey1, null::numeric as skew_rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)';
create view svv_tables as select table_catalog, table_schema, table_name, table_type, null::varchar as remarks from information_schema.tables;
create view svv_columns as select * from information_schema.columns;
create view svv_redshift_columns as
  select table_catalog::varchar as database_name, table_schema::varchar as schema_name, table_name::varchar as table_name, column_name::varchar as column_name,
    ordinal_position::int as ordinal_position, data_type::varchar as data_type, column_default, is_nullable, null::varchar as remarks from information_schema.columns;
create view svv_relation_privileges as
  select n.nspname::varchar as namespace_name, c.relname::varchar as relation_name, a.privilege_type::varchar as privilege_type,
    r.rolname::varchar as identity_name, (case when r.rolcanlogin then 'user' else 'group' end)::varchar as identity_type, a.is_grantable as admin_option
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee;
create table sys_query_detail (query_id bigint, table_id oid, step_name text, start_time timestamp);
create table stl_load_errors (userid int, slice int, tbl int, starttime timestamp, session int, query bigint, filename char(256), line_number bigint,
  colname char(127), type char(10), col_length char(10), position int, raw_line char(1024), raw_field_value char(1024), err_code int, err_reason char(100));
create view sys_load_error_detail as select userid as user_id, query as query_id, 0::bigint as transaction_id, session as session_id,
  current_database()::text as database_name, tbl as table_id, starttime as start_time, filename as file_name, line_number, colname as column_name,
  type as column_type, col_length as column_length, position, err_code as error_code, err_reason as error_message from stl_load_errors;
create table stl_load_commits (query bigint, filename char(256), lines_scanned bigint, curtime timestamp);
create function pg_last_copy_count() returns bigint language sql as $$ select nullif(current_setting('rs.copy_count', true), '')::bigint $$;
create function pg_last_copy_id() returns bigint language sql as $$ select coalesce(nullif(current_setting('rs.copy_id', true), '')::bigint, -1) $$;
create sequence rs_query_id start 1000;
grant usage on sequence rs_query_id to public;
grant select on svv_external_columns, svv_external_tables, svv_table_info, svv_tables, svv_columns, svv_redshift_columns, svv_relation_privileges,
  sys_query_detail, stl_load_errors, sys_load_error_detail, stl_load_commits to public;
