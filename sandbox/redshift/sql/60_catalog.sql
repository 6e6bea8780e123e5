-- What dbt-redshift and our own commands read of the catalog.

-- A computed decimal has always a precision on Redshift, and a text a length.
alter view information_schema.columns rename to rs_columns;
do $do$
declare
  names text;
begin
  select string_agg(case column_name::text
    when 'data_type' then
      'case data_type when ''text'' then ''character varying'' else data_type end::varchar'
      ' as data_type'
    when 'character_maximum_length' then
      'case when data_type in (''text'', ''character varying'')'
      ' then coalesce(character_maximum_length::int, 65535)'
      ' else character_maximum_length::int end as character_maximum_length'
    when 'numeric_precision' then
      'case when data_type = ''numeric'' then coalesce(numeric_precision::int, 38)'
      ' else numeric_precision::int end as numeric_precision'
    when 'numeric_scale' then
      'case when data_type = ''numeric'' then coalesce(numeric_scale::int, 10)'
      ' else numeric_scale::int end as numeric_scale'
    else column_name::text end, ', ' order by ordinal_position)
  into names
  from information_schema.rs_columns
  where table_schema = 'information_schema' and table_name = 'rs_columns';
  execute 'create view information_schema.columns as select ' || names
    || ' from information_schema.rs_columns';
end $do$;
grant select on information_schema.columns to public;

create function pg_get_late_binding_view_cols() returns setof record language sql stable as $$
  select null::name, null::name, null::name, null::varchar, null::int where false $$;
create view svv_external_columns as
select null::varchar as schemaname, null::varchar as tablename, null::varchar as columnname,
  null::varchar as external_type, null::int as columnnum, null::int as part_key
where false;
create view svv_external_tables as
select null::varchar as schemaname, null::varchar as tablename, null::varchar as location
where false;
create view svv_table_info as
select current_database()::varchar as database, n.nspname::varchar as "schema",
  c.oid as table_id, c.relname::varchar as "table", 'N'::varchar as encoded,
  'AUTO(ALL)'::varchar as diststyle, 'AUTO(SORTKEY)'::varchar as sortkey1, 0 as max_varchar,
  null::varchar as sortkey1_enc, 0 as sortkey_num,
  greatest(pg_relation_size(c.oid) / 1048576, 1) as size, 0.0::numeric as pct_used,
  0::bigint as empty, null::numeric as unsorted, 0::numeric as stats_off,
  greatest(c.reltuples, 0)::numeric as tbl_rows, null::numeric as skew_sortkey1,
  null::numeric as skew_rows
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)';
create view svv_tables as
select table_catalog, table_schema, table_name, table_type, null::varchar as remarks
from information_schema.tables;
create view svv_columns as select * from information_schema.columns;
create view svv_redshift_columns as
select table_catalog::varchar as database_name, table_schema::varchar as schema_name,
  table_name::varchar as table_name, column_name::varchar as column_name,
  ordinal_position::int as ordinal_position, data_type::varchar as data_type, column_default,
  is_nullable, null::varchar as remarks
from information_schema.columns;

-- Users, roles and what they may do. A role of PostgreSQL that cannot log in is a role here.
create view svv_relation_privileges as
select n.nspname::varchar as namespace_name, c.relname::varchar as relation_name,
  a.privilege_type::varchar as privilege_type,
  coalesce(r.rolname, 'public')::varchar as identity_name,
  (case when r.rolname is null then 'public' when r.rolcanlogin then 'user'
    else 'role' end)::varchar as identity_type,
  a.is_grantable as admin_option
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join aclexplode(c.relacl) a
left join pg_roles r on r.oid = a.grantee;
create view svv_schema_privileges as
select n.nspname::varchar as namespace_name, a.privilege_type::varchar as privilege_type,
  coalesce(r.rolname, 'public')::varchar as identity_name,
  (case when r.rolname is null then 'public' when r.rolcanlogin then 'user'
    else 'role' end)::varchar as identity_type,
  a.is_grantable as admin_option
from pg_namespace n
cross join aclexplode(n.nspacl) a
left join pg_roles r on r.oid = a.grantee;
create view svv_roles as
select oid::int as role_id, rolname::varchar as role_name, 'rsadmin'::varchar as role_owner
from pg_roles where not rolcanlogin and rolname !~ '^pg_';
create view svv_user_grants as
select u.oid::int as user_id, u.rolname::varchar as user_name, r.oid::int as role_id,
  r.rolname::varchar as role_name, m.admin_option
from pg_auth_members m
join pg_roles u on u.oid = m.member and u.rolcanlogin
join pg_roles r on r.oid = m.roleid;
create view svv_role_grants as
select u.oid::int as role_id, u.rolname::varchar as role_name, r.oid::int as granted_role_id,
  r.rolname::varchar as granted_role_name
from pg_auth_members m
join pg_roles u on u.oid = m.member and not u.rolcanlogin
join pg_roles r on r.oid = m.roleid;
create view stv_db_isolation_level as
select datname::char(128) as db_name, 'Snapshot Isolation'::char(20) as isolation_level
from pg_database where datallowconn;

-- What COPY did. Everybody sees what is his own, a superuser sees all.
create table rs_load_errors (
  userid int, slice int, tbl int, starttime timestamp, session int, query bigint,
  filename char(256), line_number bigint, colname char(127), type char(10), col_length char(10),
  position int, raw_line char(1024), raw_field_value char(1024), err_code int, err_reason char(100)
);
create table rs_load_commits (
  userid int, query bigint, filename char(256), lines_scanned bigint, curtime timestamp
);
create view stl_load_errors as
select * from rs_load_errors
where userid = (select usesysid from pg_user where usename = current_user)
  or (select usesuper from pg_user where usename = current_user);
create view sys_load_error_detail as
select userid as user_id, query as query_id, 0::bigint as transaction_id, session as session_id,
  current_database()::text as database_name, tbl as table_id, starttime as start_time,
  filename as file_name, line_number, colname as column_name, type as column_type,
  col_length as column_length, position, err_code as error_code, err_reason as error_message
from stl_load_errors;
create view stl_load_commits as
select * from rs_load_commits
where userid = (select usesysid from pg_user where usename = current_user)
  or (select usesuper from pg_user where usename = current_user);
create function pg_last_copy_count() returns bigint language sql as $$
  select nullif(current_setting('rs.copy_count', true), '')::bigint $$;
create function pg_last_copy_id() returns bigint language sql as $$
  select coalesce(nullif(current_setting('rs.copy_id', true), '')::bigint, -1) $$;
create sequence rs_query_id start 1000;
create table sys_query_detail (query_id bigint, table_id oid, step_name text, start_time timestamp);

grant usage on sequence rs_query_id to public;
grant select on svv_external_columns, svv_external_tables, svv_table_info, svv_tables,
  svv_columns, svv_redshift_columns, svv_relation_privileges, svv_schema_privileges, svv_roles,
  svv_user_grants, svv_role_grants, stv_db_isolation_level, sys_query_detail, stl_load_errors,
  sys_load_error_detail, stl_load_commits to public;
