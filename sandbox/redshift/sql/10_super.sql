-- SUPER: a type of its own over the storage and the functions of jsonb. A domain would inherit
-- jsonb's strict casts, and the operators -> and ->> that Redshift has not.
create type super;
create function super_in(cstring) returns super as 'jsonb_in' language internal immutable strict;
create function super_out(super) returns cstring as 'jsonb_out' language internal immutable strict;
create function super_recv(internal) returns super
  as 'jsonb_recv' language internal immutable strict;
create function super_send(super) returns bytea
  as 'jsonb_send' language internal immutable strict;
create type super (
  input = super_in, output = super_out, receive = super_recv, send = super_send,
  internallength = variable, alignment = int4, storage = extended, category = 'U'
);
create cast (super as jsonb) without function;
create cast (jsonb as super) without function;
do $do$
declare
  sign record;
begin
  for sign in select * from (values
    ('eq', '=', '=', '<>', ', hashes, merges'), ('ne', '<>', '<>', '=', ''),
    ('lt', '<', '>', '>=', ''), ('gt', '>', '<', '<=', ''),
    ('le', '<=', '>=', '>', ''), ('ge', '>=', '<=', '<', '')
  ) as signs(name, text, commuted, negated, more) loop
    execute format('create function super_%1$s(super, super) returns bool
      as ''jsonb_%1$s'' language internal immutable strict', sign.name);
    execute format('create operator %2$s (leftarg = super, rightarg = super,
      function = super_%1$s, commutator = %3$s, negator = %4$s%5$s)',
      sign.name, sign.text, sign.commuted, sign.negated, sign.more);
  end loop;
end $do$;
create function super_cmp(super, super) returns int
  as 'jsonb_cmp' language internal immutable strict;
create function super_hash(super) returns int
  as 'jsonb_hash' language internal immutable strict;
create operator class super_ops default for type super using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >,
  function 1 super_cmp(super, super);
create operator class super_hash_ops default for type super using hash as
  operator 1 =, function 1 super_hash(super);

-- Navigation is lax: a wrong shape, a missing member and JSON null are NULL. Not strict, so that
-- the planner can put the body in place of the call.
create function rs_nav(v super, k text) returns super language sql immutable as
  $$ select nullif(v::jsonb -> k, 'null'::jsonb)::super $$;
create function rs_nav(v super, i int) returns super language sql immutable as
  $$ select case when i >= 0 then nullif(v::jsonb -> i, 'null'::jsonb)::super end $$;
create function rs_nav(v super, i bigint) returns super language sql immutable as
  $$ select case when i >= 0 then nullif(v::jsonb -> i::int, 'null'::jsonb)::super end $$;
create function rs_unnest(v super, out value super, out idx bigint) returns setof record
  language sql immutable as $$
  select e::super, n - 1
  from jsonb_array_elements(case jsonb_typeof(v::jsonb) when 'array' then v::jsonb
    else jsonb_build_array(v::jsonb) end) with ordinality t(e, n)
  where v is not null $$;
create function rs_unpivot(v super, out value super, out attr text) returns setof record
  language sql immutable as $$
  select e::super, k
  from jsonb_each(case jsonb_typeof(v::jsonb) when 'object' then v::jsonb else '{}' end) t(k, e)
  $$;

-- Casts out of SUPER are lax: a wrong value is NULL and never an error, and so are arrays and
-- objects. What certainly fits is cast in place; for the rest a function catches the error.
-- The casts that read dates are stable, as PostgreSQL's own are; else they would not be inlined.
create function rs_scalar(v super) returns text language sql immutable as $$
  select case when jsonb_typeof(v::jsonb) not in ('object', 'array') then v::jsonb #>> '{}' end $$;
do $do$
declare
  kind record;
  day constant text := '[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])';
  moment constant text := '[ T]([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]{1,6})?';
begin
  for kind in select * from (values
    ('numeric', 'immutable', 'rs_scalar(v)', '^-?[0-9]{1,30}([.][0-9]{1,30})?$'),
    ('float8', 'immutable', 'rs_scalar(v)', '^-?[0-9]{1,30}([.][0-9]{1,30})?$'),
    ('float4', 'immutable', 'rs_scalar(v)', '^-?[0-9]{1,30}([.][0-9]{1,30})?$'),
    ('int8', 'immutable', 'round(rs_scalar(v)::numeric)', '^-?[0-9]{1,18}$'),
    ('int4', 'immutable', 'round(rs_scalar(v)::numeric)', '^-?[0-9]{1,9}$'),
    ('int2', 'immutable', 'round(rs_scalar(v)::numeric)', '^-?[0-9]{1,4}$'),
    ('bool', 'immutable', $x$case when jsonb_typeof(v::jsonb) = 'number'
      then rs_scalar(v)::int::bool else rs_scalar(v)::bool end$x$, '^(true|false)$'),
    ('date', 'stable', 'rs_scalar(v)', '^' || day || '$'),
    ('timestamp', 'stable', 'rs_scalar(v)', '^' || day || moment || '$'),
    ('timestamptz', 'stable', 'rs_scalar(v)', '^' || day || moment || '$'),
    ('time', 'stable', 'rs_scalar(v)', '^$')
  ) as kinds(name, volatility, value, certain) loop
    execute format(
      'create function super_to(v super, want %1$s) returns %1$s language plpgsql %2$s as
      $f$ begin return (%3$s)::%1$s; exception when others then return null; end $f$',
      kind.name, kind.volatility, kind.value);
    execute format(
      'create function super_%1$s(v super) returns %1$s language sql %2$s as
      $f$ select case when v is null then null when (v::jsonb #>> ''{}'') ~ %3$L
        then (v::jsonb #>> ''{}'')::%1$s else super_to(v, null::%1$s) end $f$',
      kind.name, kind.volatility, kind.certain);
  end loop;
  for kind in select unnest(array['varchar', 'text', 'bpchar']) as name loop
    execute format(
      'create function super_%1$s(v super) returns %1$s language sql immutable as
      $f$ select rs_scalar(v)::%1$s $f$', kind.name);
  end loop;
  for kind in select unnest(array['numeric', 'int2', 'int4', 'int8', 'float4', 'float8', 'bool',
      'date', 'timestamp', 'timestamptz', 'time', 'varchar', 'text', 'bpchar']) as name loop
    execute format(
      'create cast (super as %1$s) with function super_%1$s(super) as assignment', kind.name);
  end loop;
end $do$;

-- Casts into SUPER: a string becomes a JSON string (Redshift does not parse it); dates have none.
-- In comparisons another dynamic type is different for = and <>, and NULL for < and >.
do $do$
declare
  t text;
  sign record;
begin
  foreach t in array
    '{numeric,int2,int4,int8,float4,float8,bool,varchar,text,bpchar}'::text[]
  loop
    execute format('create function super_from(v %1$s) returns super language sql
      immutable strict as $f$ select to_jsonb(v)::super $f$', t);
    execute format('create cast (%1$s as super) with function super_from(%1$s) as assignment', t);
  end loop;
  foreach t in array '{numeric,int4,int8,float8,bool,text}'::text[] loop
    execute format('create function super_eq(a super, b %1$s) returns bool language sql
      immutable strict as $f$ select a::jsonb = to_jsonb(b) $f$', t);
    execute format('create function super_eq(b %1$s, a super) returns bool language sql
      immutable strict as $f$ select a::jsonb = to_jsonb(b) $f$', t);
    execute format('create function super_ne(a super, b %1$s) returns bool language sql
      immutable strict as $f$ select a::jsonb <> to_jsonb(b) $f$', t);
    execute format(
      'create operator = (leftarg = super, rightarg = %1$s, function = super_eq)', t);
    execute format(
      'create operator = (leftarg = %1$s, rightarg = super, function = super_eq)', t);
    execute format(
      'create operator <> (leftarg = super, rightarg = %1$s, function = super_ne)', t);
    for sign in select * from (values ('lt', '<'), ('le', '<='), ('gt', '>'), ('ge', '>='))
      as signs(name, text)
    loop
      execute format('create function super_%2$s(a super, b %1$s) returns bool language sql
        immutable strict as $f$
        select case when jsonb_typeof(a::jsonb) = jsonb_typeof(to_jsonb(b))
          then a::jsonb %3$s to_jsonb(b) end $f$', t, sign.name, sign.text);
      execute format('create operator %3$s (leftarg = super, rightarg = %1$s,
        function = super_%2$s)', t, sign.name, sign.text);
    end loop;
  end loop;
end $do$;
