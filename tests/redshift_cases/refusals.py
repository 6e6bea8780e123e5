"""What Redshift refuses; `refused` is a part of the reason where AWS gives one."""

from tests.redshift_cases.case import Case

REFUSALS = (
    Case(
        "no_frame",
        "r_Window_functions",
        "select sum(x) over (order by x) from (select 1 as x) t",
        refused="require a frame clause",
    ),
    Case(
        "range_frame",
        "c_unsupported-postgresql-features",
        """
        select sum(x) over (order by x range unbounded preceding)
        from (select 1 as x) t
        """,
        refused="RANGE clause",
    ),
    Case(
        "filter",
        "r_COUNT",
        "select count(*) filter (where x > 1) from (select 1 as x) t",
        refused="FILTER",
    ),
    Case(
        "distinct_on",
        "r_SELECT_list",
        "select distinct on (x) x from (select 1 as x) t",
    ),
    Case(
        "string_agg",
        "c_unsupported-postgresql-functions",
        "select string_agg(x, ',') from (select 'a' as x) t",
    ),
    Case(
        "generate_series",
        "c_unsupported-postgresql-functions",
        "select generate_series from generate_series(1,3)",
    ),
    Case(
        "json_operator",
        "c_unsupported-postgresql-features",
        """select t.d -> 'a' from (select json_parse('{"a":1}') as d) t""",
    ),
    Case(
        "lateral",
        "r_FROM_clause30",
        "select * from (select 1 as x) t, lateral (select x + 1) u",
    ),
    Case(
        "returning",
        "c_redshift-sql-implementated-differently",
        "insert into rr values (1) returning a",
        before=("create temp table rr (a int)",),
    ),
    Case(
        "on_conflict",
        "r_INSERT_30",
        "insert into oc values (1) on conflict do nothing",
        before=("create temp table oc (a int)",),
    ),
    Case(
        "is_distinct_from",
        "r_WHERE_clause",
        "select 1 where 1 is distinct from 2",
    ),
    Case(
        "values_table",
        "c_unsupported-postgresql-features",
        "select * from (values (1)) v(x)",
    ),
    Case(
        "qualify_no_alias",
        "r_QUALIFY_clause",
        "select a from qa qualify row_number() over (order by a) = 1",
        before=("create temp table qa (a int)",),
    ),
    Case(
        "array_literal",
        "c_unsupported-postgresql-datatypes",
        "select array[1,2]",
    ),
    Case(
        "date_to_super",
        "r_SUPER_type",
        "select '2019-09-09'::date::super",
        refused="cannot cast type date to super",
    ),
    Case(
        "varchar_too_long",
        "r_Character_types",
        "insert into vl values ('abcd')",
        refused="too long",
        before=("create temp table vl (a varchar(3))",),
    ),
    Case(
        "varchar_bytes",
        "r_Character_types",
        "insert into vb values ('ééé')",
        refused="too long",
        before=("create temp table vb (a varchar(3))",),
    ),
    Case(
        "text_256",
        "r_Character_types",
        "insert into tx values (repeat('x',257))",
        refused="too long",
        before=("create temp table tx (a text)",),
    ),
    Case(
        "create_index",
        "c_unsupported-postgresql-features",
        "create index on ci (a)",
        before=("create temp table ci (a int)",),
    ),
    Case(
        "bad_json_parse",
        "JSON_PARSE",
        "select json_parse('{bad')",
    ),
    Case(
        "dup_json_parse",
        "JSON_PARSE",
        """select json_parse('{"a":1,"a":2}')""",
    ),
    Case(
        "merge_multi_match",
        "r_MERGE",
        """
        merge into m1 using m2 on m1.id = m2.id
        when matched then update set id = m2.id
        when not matched then insert values (m2.id)
        """,
        before=(
            "create temp table m1 (id int)",
            "create temp table m2 (id int)",
            "insert into m1 values (1)",
            "insert into m2 values (1),(1)",
        ),
    ),
    Case(
        "recursive_without_columns",
        "r_WITH_clause",
        """
        with recursive n as (select 1 as x union all select x + 1 from n where x < 3)
        select x from n
        """,
    ),
    Case(
        "boolean_to_text",
        "r_Type_conversion_functions",
        "select cast(x = 1 as varchar) from (select 1 as x) t",
    ),
    Case(
        "full_join_on_more_than_equality",
        "r_FROM_clause30",
        """
        select a.x
        from (select 1 as x) a full join (select 2 as y) b on a.x = b.y and a.x < 5
        """,
        refused="FULL JOIN",
    ),
)
