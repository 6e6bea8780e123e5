-- Functions of one row that PostgreSQL has not, or has otherwise. Most are not strict, so that
-- the planner can put the body in place of the call.

-- Redshift has no cast from boolean to text.
create function rs_no_text(v bool) returns text language plpgsql immutable strict as $$
begin
  raise exception 'cannot cast type boolean to character varying' using errcode = '42846';
end $$;
update pg_cast set castfunc = 'rs_no_text'::regproc
where castsource = 'bool'::regtype
  and casttarget in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype);

create function nvl(variadic v anycompatiblearray) returns anycompatible
  language sql immutable as $$
  select e from unnest(v) with ordinality t(e, n) where e is not null order by n limit 1 $$;
create function len(s text) returns int language sql immutable as $$ select length(s) $$;
create function charindex(a text, b text) returns int language sql immutable as $$
  select strpos(b, a) $$;
create function round(v float8, n int) returns float8 language sql immutable as $$
  select round(v::numeric, n)::float8 $$;
create function sha2(s text, n int) returns varchar language sql immutable strict as $$
  select encode(case n when 224 then sha224(s::bytea) when 384 then sha384(s::bytea)
    when 512 then sha512(s::bytea) else sha256(s::bytea) end, 'hex')::varchar $$;
create function rs_strtol(s text, base int) returns bigint language plpgsql immutable strict as $$
declare
  digits constant text := '0123456789abcdefghijklmnopqrstuvwxyz';
  digit int;
  r bigint := 0;
begin
  for i in 1..length(s) loop
    digit := strpos(digits, lower(substr(s, i, 1))) - 1;
    if digit not between 0 and base - 1 then
      raise exception 'The input % is not valid to be converted to base %', s, base
        using errcode = '22023';
    end if;
    r := r * base + digit;
  end loop;
  return r;
end $$;
create function strtol(s text, base int) returns bigint language sql immutable as $$
  select case when base = 16 and s ~ '^[0-9a-fA-F]{1,15}$'
    then ('x' || lpad(s, 16, '0'))::bit(64)::bigint else rs_strtol(s, base) end $$;

-- The clock: UTC, without a zone.
create function getdate() returns timestamp language sql stable as $$
  select date_trunc('second', statement_timestamp() at time zone 'UTC') $$;
create function sysdate() returns timestamp language sql stable as $$
  select transaction_timestamp() at time zone 'UTC' $$;

create function trunc(t timestamp) returns date language sql immutable as $$ select t::date $$;
create function last_day(d timestamp) returns date language sql immutable as $$
  select (date_trunc('month', d) + interval '1 month - 1 day')::date $$;
-- ADD_MONTHS keeps the last day of a month, DATEADD does not.
create function add_months(d timestamp, n int) returns timestamp language sql immutable as $$
  select case when d::date = last_day(d) then last_day(d + make_interval(months => n)) + d::time
    else d + make_interval(months => n) end $$;
create function months_between(a timestamp, b timestamp) returns float8
  language sql immutable strict as $$
  select (extract(year from age(a, b)) * 12 + extract(month from age(a, b))
    + extract(day from age(a, b)) / 31.0)::float8 $$;
create function convert_timezone(src text, dst text, t timestamp) returns timestamp
  language sql immutable as $$ select t at time zone src at time zone dst $$;
create function convert_timezone(dst text, t timestamp) returns timestamp
  language sql immutable as $$ select t at time zone 'UTC' at time zone dst $$;

create function rs_part(p text) returns text language sql immutable as $$
  select case
    when lower(p) in ('y', 'yr', 'yrs', 'years', 'yy', 'yyyy') then 'year'
    when lower(p) in ('q', 'qtr', 'qtrs', 'quarters') then 'quarter'
    when lower(p) in ('mon', 'mons', 'mm', 'months') then 'month'
    when lower(p) in ('w', 'wk', 'weeks') then 'week'
    when lower(p) in ('d', 'days') then 'day'
    when lower(p) in ('h', 'hr', 'hrs', 'hh', 'hours') then 'hour'
    when lower(p) in ('m', 'mi', 'min', 'mins', 'minutes') then 'minute'
    when lower(p) in ('s', 'sec', 'secs', 'seconds') then 'second'
    when lower(p) in ('ms', 'msec', 'milliseconds') then 'millisecond'
    when lower(p) in ('us', 'usec', 'microseconds') then 'microsecond'
    else lower(p) end $$;
create function dateadd(p text, n bigint, d timestamp) returns timestamp
  language sql immutable as $$
  select d + case rs_part(p)
    when 'year' then make_interval(years => n::int)
    when 'quarter' then make_interval(months => n::int * 3)
    when 'month' then make_interval(months => n::int)
    when 'week' then make_interval(weeks => n::int)
    when 'day' then make_interval(days => n::int)
    when 'hour' then make_interval(hours => n::int)
    when 'minute' then make_interval(mins => n::int)
    when 'second' then make_interval(secs => n)
    when 'millisecond' then make_interval(secs => n / 1000.0)
    when 'microsecond' then make_interval(secs => n / 1000000.0) end $$;
create function date_add(p text, n bigint, d timestamp) returns timestamp
  language sql immutable as $$ select dateadd(p, n, d) $$;
-- It counts the boundaries that lie between; a week begins on Sunday here.
create function datediff(p text, a timestamp, b timestamp) returns bigint
  language sql immutable as $$
  select (case rs_part(p)
    when 'day' then b::date - a::date
    when 'year' then extract(year from b) - extract(year from a)
    when 'quarter' then (extract(year from b) - extract(year from a)) * 4
      + extract(quarter from b) - extract(quarter from a)
    when 'month' then (extract(year from b) - extract(year from a)) * 12
      + extract(month from b) - extract(month from a)
    when 'week' then (date_trunc('week', b + interval '1 day')::date
      - date_trunc('week', a + interval '1 day')::date) / 7
    when 'hour' then extract(epoch from date_trunc('hour', b) - date_trunc('hour', a)) / 3600
    when 'minute' then extract(epoch from date_trunc('minute', b) - date_trunc('minute', a)) / 60
    when 'second' then extract(epoch from date_trunc('second', b) - date_trunc('second', a))
    when 'millisecond' then extract(epoch from date_trunc('milliseconds', b)
      - date_trunc('milliseconds', a)) * 1000
    when 'microsecond' then extract(epoch from b - a) * 1000000 end)::bigint $$;
create function date_diff(p text, a timestamp, b timestamp) returns bigint
  language sql immutable as $$ select datediff(p, a, b) $$;

-- COPY without TIMEFORMAT takes one form only.
create function rs_copy_timestamp(v text) returns text language plpgsql immutable strict as $$
begin
  if v !~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
      || '([.][0-9]+)?([+-][0-9]{2}(:?[0-9]{2})?)?$') then
    raise exception 'Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]'
      using errcode = '22007';
  end if;
  return v;
end $$;
