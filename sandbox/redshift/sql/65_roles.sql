-- who has which role, and how transactions are kept apart: what `investiq doctor` asks
create view svv_user_grants as
  select m.member::int as user_id, u.rolname::varchar as user_name, m.roleid::int as role_id, r.rolname::varchar as role_name, m.admin_option
  from pg_auth_members m join pg_roles u on u.oid = m.member join pg_roles r on r.oid = m.roleid
  where u.rolname = current_user or exists (select 1 from pg_roles where rolname = current_user and rolsuper);
create view stv_db_isolation_level as
  select datname::char(128) as db_name, 'Snapshot Isolation'::char(20) as isolation_level from pg_database where datname = current_database();
grant select on svv_user_grants, stv_db_isolation_level to public;
