-- aggregates
create function rs_avg_f(s numeric[]) returns bigint language sql immutable as $$ select case when s[2] > 0 then trunc(s[1] / s[2])::bigint end $$;
create function rs_avg_s(s numeric[], v anynonarray) returns numeric[] language sql immutable as $$ select case when v is null then s else array[s[1] + v, s[2] + 1] end $$;
create aggregate rs_avg(bigint) (sfunc = rs_avg_s, stype = numeric[], initcond = '{0,0}', finalfunc = rs_avg_f);
create aggregate rs_avg(int) (sfunc = rs_avg_s, stype = numeric[], initcond = '{0,0}', finalfunc = rs_avg_f);
create aggregate rs_avg(smallint) (sfunc = rs_avg_s, stype = numeric[], initcond = '{0,0}', finalfunc = rs_avg_f);
create function rs_navg_f(s numeric[]) returns numeric language sql immutable as $$ select case when s[2] > 0 then trunc(s[1] / s[2], coalesce(s[3], 0)::int) end $$;
create function rs_navg_s(s numeric[], v numeric) returns numeric[] language sql immutable as
  $$ select case when v is null then s else array[s[1] + v, s[2] + 1, greatest(s[3], scale(v))] end $$;
create aggregate rs_avg(numeric) (sfunc = rs_navg_s, stype = numeric[], initcond = '{0,0,0}', finalfunc = rs_navg_f);
create aggregate rs_avg(float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}', finalfunc = float8_avg);
create function rs_med_f(v numeric[]) returns numeric language sql immutable as
  $$ select percentile_cont(0.5) within group (order by e)::numeric from unnest(v) e $$;
create aggregate median(numeric) (sfunc = array_append, stype = numeric[], finalfunc = rs_med_f);
create function rs_pct_s(v numeric[], x numeric, p numeric) returns numeric[] language sql immutable as $$ select case when v is null then array[p, x] else v || x end $$;
create function rs_pct_f(v numeric[]) returns numeric language plpgsql immutable as $$ declare r numeric; begin
  execute format('select percentile_cont(%s) within group (order by e)::numeric from unnest($1) e', v[1]) into r using v[2:]; return r; end $$;
create aggregate rs_percentile_cont(numeric, numeric) (sfunc = rs_pct_s, stype = numeric[], finalfunc = rs_pct_f);
create function rs_new(a anyelement, b anyelement) returns anyelement language sql immutable as $$ select coalesce(b, a) $$;
create function rs_old(a anyelement, b anyelement) returns anyelement language sql immutable as $$ select coalesce(a, b) $$;
create aggregate rs_last(anyelement) (sfunc = rs_new, stype = anyelement);
create aggregate rs_first(anyelement) (sfunc = rs_old, stype = anyelement);
create function rs_any_s(a anyelement, b anyelement) returns anyelement language sql immutable as $$ select coalesce(a, b) $$;
create aggregate any_value(anyelement) (sfunc = rs_any_s, stype = anyelement);
