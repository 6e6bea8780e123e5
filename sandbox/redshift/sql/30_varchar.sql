-- varchar(n) counts bytes: what PostgreSQL casts varchar to varchar(n) with.
-- The usual case is written out, so that the planner can put it in place of the call.
create function rs_varchar_cut(v varchar, mod int, explicit bool) returns varchar
  language plpgsql immutable strict as $$
declare
  b bytea;
begin
  if not explicit and octet_length(rtrim(v, ' ')) > mod - 4 then
    raise exception 'value too long for type character varying(%)', mod - 4
      using errcode = '22001';
  end if;
  b := substring(convert_to(v, 'UTF8') from 1 for mod - 4);
  while length(b) > 0 loop
    begin
      return convert_from(b, 'UTF8');
    exception when others then
      b := substring(b from 1 for length(b) - 1); -- it ended within a character
    end;
  end loop;
  return '';
end $$;
create function rs_varchar(v varchar, mod int, explicit bool) returns varchar
  language sql immutable as $$
  select case when mod < 4 or octet_length(v) <= mod - 4 then v
    else rs_varchar_cut(v, mod, explicit) end $$;
update pg_cast set castfunc = 'rs_varchar'::regproc
where castsource = 'varchar'::regtype and casttarget = 'varchar'::regtype;
