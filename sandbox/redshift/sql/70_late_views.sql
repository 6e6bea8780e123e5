-- Late-binding views. PostgreSQL binds every view to its tables, and drops it with them; so the
-- query of a view made WITH NO SCHEMA BINDING is kept, and the view made again when it can be.
create table rs_late_views (
  name text primary key, query text not null, owner name not null default current_user
);
grant select, insert, update, delete on rs_late_views to public;

create function rs_late_view_name(names text[]) returns text language sql stable as $$
  select case cardinality(names)
    when 1 then quote_ident(current_schema()) || '.' || quote_ident(names[1])
    else quote_ident(names[cardinality(names) - 1]) || '.' || quote_ident(names[cardinality(names)])
    end $$;
create function rs_late_view_made(names text[], query text) returns void language sql as $$
  insert into rs_late_views (name, query) values (rs_late_view_name(names), query)
  on conflict (name) do update set query = excluded.query $$;
create function rs_late_view_gone(names text[]) returns void language sql as $$
  delete from rs_late_views where name = rs_late_view_name(names) $$;
create function rs_late_view_renamed(names text[], new_name text) returns void language sql as $$
  delete from rs_late_views
  where name = rs_late_view_name(names[:cardinality(names) - 1] || new_name);
  update rs_late_views set name = rs_late_view_name(names[:cardinality(names) - 1] || new_name)
  where name = rs_late_view_name(names) $$;
create function rs_late_views_gone(schema_name text) returns void language sql as $$
  delete from rs_late_views
  where starts_with(name, quote_ident(schema_name) || '.') $$;

create function rs_mend_late_views() returns int language plpgsql as $$
declare
  lost record;
  mended int;
  total int := 0;
  may_all bool := (select rolsuper from pg_roles where rolname = current_user);
begin
  loop
    mended := 0;
    for lost in select v.name, v.query, v.owner from rs_late_views v
      where to_regclass(v.name) is null and (may_all or v.owner = current_user) order by v.name
    loop
      begin
        execute 'create view ' || lost.name || ' as ' || lost.query;
        execute 'alter view ' || lost.name || ' owner to ' || quote_ident(lost.owner);
        mended := mended + 1;
      exception
        when undefined_table or undefined_column or invalid_schema_name or insufficient_privilege
          or duplicate_table or unique_violation
        then null; -- a table it names is not there now, or another session was quicker
      end;
    end loop;
    total := total + mended;
    if mended = 0 then
      return total;
    end if;
  end loop;
end $$;
