-- Aggregates that PostgreSQL has not, or has otherwise.

-- avg(x) becomes rs_avg(sum(x), count(x), one x): of whole numbers it truncates, of decimals it
-- keeps their scale. The sums are PostgreSQL's own, which a moving window need not add up anew.
create function rs_avg(total bigint, n bigint, one int) returns bigint
  language sql immutable as $$ select total / nullif(n, 0) $$;
create function rs_avg(total bigint, n bigint, one smallint) returns bigint
  language sql immutable as $$ select total / nullif(n, 0) $$;
create function rs_avg(total numeric, n bigint, one bigint) returns bigint
  language sql immutable as $$ select trunc(total / nullif(n, 0))::bigint $$;
create function rs_avg(total numeric, n bigint, one numeric) returns numeric
  language sql immutable as $$ select trunc(total / nullif(n, 0), scale(total)) $$;
create function rs_avg(total float8, n bigint, one float8) returns float8
  language sql immutable as $$ select total / nullif(n, 0) $$;
create function rs_avg(total float4, n bigint, one float4) returns float8
  language sql immutable as $$ select total::float8 / nullif(n, 0) $$;

create function rs_median(v numeric[]) returns numeric language sql immutable as $$
  select percentile_cont(0.5) within group (order by e)::numeric from unnest(v) e $$;
create aggregate median(numeric) (sfunc = array_append, stype = numeric[], finalfunc = rs_median);

create function rs_percentile_add(v numeric[], x numeric, p numeric) returns numeric[]
  language sql immutable as $$ select case when v is null then array[p, x] else v || x end $$;
create function rs_percentile(v numeric[]) returns numeric language plpgsql immutable as $$
declare
  r numeric;
begin
  execute format(
    'select percentile_cont(%s) within group (order by e)::numeric from unnest($1) e', v[1])
    into r using v[2:];
  return r;
end $$;
create aggregate rs_percentile_cont(numeric, numeric)
  (sfunc = rs_percentile_add, stype = numeric[], finalfunc = rs_percentile);

-- IGNORE NULLS, as aggregates over a frame. Strict, so that NULLs are skipped and the first other
-- value is the state to begin with.
create function rs_new(a anyelement, b anyelement) returns anyelement
  language plpgsql immutable strict as $$ begin return b; end $$;
create function rs_old(a anyelement, b anyelement) returns anyelement
  language plpgsql immutable strict as $$ begin return a; end $$;
create aggregate rs_last(anyelement) (sfunc = rs_new, stype = anyelement);
create aggregate rs_first(anyelement) (sfunc = rs_old, stype = anyelement);
create aggregate any_value(anyelement) (sfunc = rs_old, stype = anyelement);
