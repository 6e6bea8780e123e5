-- The functions of JSON text and of SUPER.

-- As Redshift writes it: PostgreSQL puts a space after each colon and comma outside strings.
create function rs_compact(v jsonb) returns text language sql immutable strict as $$
  select regexp_replace(v::text, '("(?:[^"\\\\]|\\\\.)*")|([:,]) ', '\\1\\2', 'g') $$;

create function rs_has_duplicates(j json) returns bool language plpgsql immutable strict as $$
begin
  return case json_typeof(j)
    when 'object' then (
      select count(*) <> count(distinct k) or coalesce(bool_or(rs_has_duplicates(v)), false)
      from json_each(j) t(k, v))
    when 'array' then (
      select coalesce(bool_or(rs_has_duplicates(v)), false) from json_array_elements(j) t(v))
    else false end;
end $$;

create function json_parse(s text) returns super language plpgsql immutable strict as $$
begin
  if rs_has_duplicates(s::json) then
    raise exception 'Error parsing JSON: duplicate attribute name';
  end if;
  return s::jsonb::super;
end $$;
create function can_json_parse(s text) returns bool language plpgsql immutable strict as $$
begin
  perform json_parse(s);
  return true;
exception when others then
  return false;
end $$;
-- An array is not valid JSON for Redshift's IS_VALID_JSON.
create function is_valid_json(s text) returns bool language plpgsql immutable strict as $$
begin
  return jsonb_typeof(s::jsonb) = 'object';
exception when others then
  return false;
end $$;
create function is_valid_json_array(s text) returns bool language plpgsql immutable strict as $$
begin
  return jsonb_typeof(s::jsonb) = 'array';
exception when others then
  return false;
end $$;

create function json_serialize(v super) returns varchar language sql immutable as $$
  select rs_compact(v::jsonb)::varchar $$;
create function json_typeof(v super) returns varchar language sql immutable as $$
  select jsonb_typeof(v::jsonb)::varchar $$;
create function json_size(v super) returns bigint language sql immutable as $$
  select octet_length(rs_compact(v::jsonb))::bigint $$;
create function is_array(v super) returns bool language sql immutable as $$
  select coalesce(jsonb_typeof(v::jsonb) = 'array', false) $$;
create function is_object(v super) returns bool language sql immutable as $$
  select coalesce(jsonb_typeof(v::jsonb) = 'object', false) $$;
create function is_scalar(v super) returns bool language sql immutable as $$
  select coalesce(jsonb_typeof(v::jsonb) not in ('object', 'array', 'null'), false) $$;
create function is_varchar(v super) returns bool language sql immutable as $$
  select coalesce(jsonb_typeof(v::jsonb) = 'string', false) $$;
create function is_integer(v super) returns bool language sql immutable as $$
  select coalesce(jsonb_typeof(v::jsonb) = 'number' and (v::jsonb #>> '{}') ~ '^-?[0-9]+$', false)
  $$;
create function get_array_length(v super) returns int language sql immutable as $$
  select case jsonb_typeof(v::jsonb) when 'array' then jsonb_array_length(v::jsonb) end $$;

create function rs_array(variadic "any") returns super
  language internal stable as 'jsonb_build_array';
create function rs_array() returns super language internal stable as 'jsonb_build_array_noargs';
create function object(variadic "any") returns super
  language internal stable as 'jsonb_build_object';

create function json_extract_path_text(j text, variadic p text[]) returns varchar
  language sql immutable strict as $$ select coalesce(j::jsonb #>> p, '')::varchar $$;
create function json_extract_array_element_text(j text, i int) returns varchar
  language sql immutable strict as $$ select (j::jsonb ->> i)::varchar $$;
create function json_array_length(j text) returns int language sql immutable strict as $$
  select jsonb_array_length(j::jsonb) $$;
