"""SUPER: navigation, unnesting, lax casts, JSON functions."""

from datetime import date
from decimal import Decimal

from tests.redshift_cases.case import Case

SUPER = (
    Case(
        "nav_default_folds",
        "super-configurations",
        """
        select t.data."ITEMS"."Name" as n, t.data."price" as p
        from (select json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') as data) as t
        """,
        rows=[[None, "345"]],
    ),
    Case(
        "nav_cs_identifier",
        "r_enable_case_sensitive_identifier",
        """
        select t.data."ITEMS"."Name" as n, t.data."price" as p
        from (select json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') as data) as t
        """,
        rows=[['"TV"', "345"]],
        before=("set enable_case_sensitive_identifier to true",),
    ),
    Case(
        "nav_cs_super_attr",
        "r_enable_case_sensitive_super_attribute",
        """
        select t.data.ITEMS.Name as n
        from (select json_parse('{"ITEMS":{"Name":"TV"}, "price": 345}') as data) as t
        """,
        rows=[['"TV"']],
        before=("set enable_case_sensitive_super_attribute to true",),
    ),
    Case(
        "nav_missing_is_null",
        "query-super",
        """
        select t.d.a.b.c as x, t.d.arr[9] as y
        from (select json_parse('{"a":1,"arr":[1]}') as d) t
        """,
        rows=[[None, None]],
    ),
    Case(
        "cast_string_number",
        "query-super",
        """
        select t.d.p::decimal(18,4) as p
        from (select json_parse('{"p":"123.45678"}') as d) t
        """,
        rows=[[Decimal("123.4568")]],
    ),
    Case(
        "cast_bad_is_null",
        "query-super",
        """
        select t.d.p::integer as p
        from (select json_parse('{"p":"Good"}') as d) t
        """,
        rows=[[None]],
    ),
    Case(
        "cast_varchar_unquoted",
        "query-super",
        """
        select t.d.p::varchar(3) as p
        from (select json_parse('{"p":"Good"}') as d) t
        """,
        rows=[["Goo"]],
    ),
    Case(
        "cast_array_varchar_null",
        "query-super",
        """
        select t.d.p::varchar as p, json_serialize(t.d.p) as s
        from (select json_parse('{"p":[1,"abc",null]}') as d) t
        """,
        rows=[[None, '[1,"abc",null]']],
    ),
    Case(
        "cast_date",
        "query-super",
        """
        select t.d.p::date as p
        from (select json_parse('{"p":"2001-09-08"}') as d) t
        """,
        rows=[[date(2001, 9, 8)]],
    ),
    Case(
        "super_bool",
        "r_SUPER_type",
        "select 5::super::bool as a",
        rows=[[True]],
    ),
    Case(
        "dyn_eq_string",
        "query-super",
        """
        select count(*)
        from (select json_parse('{"s":"P"}') as d
        union all select json_parse('{"s":1}')) t
        where t.d.s = 'P'
        """,
        rows=[[1]],
    ),
    Case(
        "dyn_eq_number",
        "query-super",
        """
        select count(*)
        from (select json_parse('{"s":"1"}') as d
        union all select json_parse('{"s":1}')) t
        where t.d.s = 1
        """,
        rows=[[1]],
    ),
    Case(
        "unnest",
        "query-super",
        """
        select q.id, ts.t::varchar as t
        from (select 1 as id, json_parse('{"x":[{"t":"A"},{"t":"B"}]}') as p
        union all select 2, json_parse('{"y":1}')) as q, q.p.x as ts
        order by 2
        """,
        rows=[[1, "A"], [1, "B"]],
    ),
    Case(
        "unnest_at",
        "query-super",
        """
        select index, element::float8
        from (select json_parse('{"a":[1, 2.3, 45000000]}') as data) as b,
            b.data.a as element at index
        order by 1
        """,
        rows=[[0, 1.0], [1, 2.3], [2, 45000000.0]],
    ),
    Case(
        "unnest_multi",
        "query-super",
        """
        select count(*)
        from (select json_parse('[[1.1, 1.2], [2.1, 2.2], [3.1, 3.2]]') as m) as f,
            f.m as arr, arr as element
        """,
        rows=[[6]],
    ),
    Case(
        "unpivot",
        "query-super",
        """
        select attr, json_typeof(val)
        from (select json_parse('{"a":1,"b":"x"}') as o) as c, unpivot c.o as val at attr
        order by 1
        """,
        rows=[["a", "number"], ["b", "string"]],
    ),
    Case(
        "is_valid_json",
        "IS_VALID_JSON",
        """
        select is_valid_json('{"a":2}'), is_valid_json('{{}}'), is_valid_json('[1,2,3]'),
            is_valid_json_array('[1]'), can_json_parse('[1]')
        """,
        rows=[[True, False, False, True, True]],
    ),
    Case(
        "array_object",
        "r_array",
        "select json_serialize(array(1,'abc',null)), json_serialize(object('a',1))",
        rows=[['[1,"abc",null]', '{"a":1}']],
    ),
)
