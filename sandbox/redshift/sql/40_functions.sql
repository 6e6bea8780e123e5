-- scalar functions
create function getdate() returns timestamp language sql stable as $$ select date_trunc('second', statement_timestamp() at time zone 'UTC') $$;
create function sysdate() returns timestamp language sql stable as $$ select transaction_timestamp() at time zone 'UTC' $$;
create function nvl(variadic v anycompatiblearray) returns anycompatible language sql immutable as
  $$ select e from unnest(v) with ordinality t(e, n) where e is not null order by n limit 1 $$;
create function len(s text) returns int language sql immutable strict as $$ select length(s) $$;
create function charindex(a text, b text) returns int language sql immutable strict as $$ select strpos(b, a) $$;
create function trunc(t timestamp) returns date language sql immutable strict as $$ select t::date $$;
create function last_day(d timestamp) returns date language sql immutable strict as $$ select (date_trunc('month', d) + interval '1 month - 1 day')::date $$;
create function add_months(d timestamp, n int) returns timestamp language sql immutable strict as
  $$ select case when d::date = last_day(d) then last_day(d + make_interval(months => n)) + d::time else d + make_interval(months => n) end $$;
create function rs_part(p text) returns text language sql immutable strict as $$ select case lower(p)
  when 'd' then 'day' when 'days' then 'day' when 'h' then 'hour' when 'hr' then 'hour' when 'hours' then 'hour' when 'm' then 'minute'
  when 'min' then 'minute' when 'minutes' then 'minute' when 'mi' then 'minute' when 's' then 'second' when 'sec' then 'second'
  when 'seconds' then 'second' when 'w' then 'week' when 'wk' then 'week' when 'weeks' then 'week' when 'mon' then 'month'
  when 'months' then 'month' when 'mm' then 'month' when 'y' then 'year' when 'yr' then 'year' when 'years' then 'year'
  when 'yyyy' then 'year' when 'yy' then 'year' when 'qtr' then 'quarter' when 'q' then 'quarter' when 'quarters' then 'quarter'
  when 'ms' then 'millisecond' when 'milliseconds' then 'millisecond' when 'us' then 'microsecond' when 'microseconds' then 'microsecond' else lower(p) end $$;
create function dateadd(p text, n bigint, d timestamp) returns timestamp language sql immutable strict as
  $$ select case rs_part(p) when 'month' then add_months(d, n::int) when 'quarter' then add_months(d, n::int * 3) when 'year' then add_months(d, n::int * 12)
     else d + n * ('1 ' || rs_part(p))::interval end $$;
create function date_add(p text, n bigint, d timestamp) returns timestamp language sql immutable strict as $$ select dateadd(p, n, d) $$;
create function datediff(p text, a timestamp, b timestamp) returns bigint language sql immutable strict as $$   -- counts *boundaries*
  select case rs_part(p)
    when 'year' then extract(year from b) - extract(year from a)
    when 'quarter' then (extract(year from b) - extract(year from a)) * 4 + extract(quarter from b) - extract(quarter from a)
    when 'month' then (extract(year from b) - extract(year from a)) * 12 + extract(month from b) - extract(month from a)
    when 'week' then (date_trunc('week', b + interval '1 day')::date - date_trunc('week', a + interval '1 day')::date) / 7   -- weeks start on Sunday here
    else extract(epoch from date_trunc(rs_part(p), b) - date_trunc(rs_part(p), a)) / extract(epoch from ('1 ' || rs_part(p))::interval) end::bigint $$;
create function date_diff(p text, a timestamp, b timestamp) returns bigint language sql immutable strict as $$ select datediff(p, a, b) $$;
create function convert_timezone(src text, dst text, t timestamp) returns timestamp language sql immutable strict as $$ select t at time zone src at time zone dst $$;
create function convert_timezone(dst text, t timestamp) returns timestamp language sql immutable strict as $$ select t at time zone 'UTC' at time zone dst $$;
create function months_between(a timestamp, b timestamp) returns float8 language sql immutable strict as
  $$ select (extract(year from age(a, b)) * 12 + extract(month from age(a, b)) + extract(day from age(a, b)) / 31.0)::float8 $$;
create function sha2(s text, n int) returns varchar language sql immutable strict as
  $$ select encode(case n when 224 then sha224(s::bytea) when 384 then sha384(s::bytea) when 512 then sha512(s::bytea) else sha256(s::bytea) end, 'hex')::varchar $$;
create function strtol(s text, base int) returns bigint language plpgsql immutable strict as
  $$ declare r bigint := 0; begin for i in 1..length(s) loop r := r * base + strpos('0123456789abcdefghijklmnopqrstuvwxyz', lower(substr(s, i, 1))) - 1; end loop; return r; end $$;
-- COPY without TIMEFORMAT takes one form only
create function rs_copy_timestamp(v text) returns text language plpgsql immutable strict as $$ begin
  if v !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([+-][0-9]{2}(:?[0-9]{2})?)?$' then
    raise exception 'Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]' using errcode = '22007'; end if;
  return v; end $$;
