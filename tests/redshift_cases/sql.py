"""Functions, aggregates, windows, types and statements that differ from PostgreSQL."""

from datetime import date, datetime
from decimal import Decimal

from tests.redshift_cases.case import Case

SQL = (
    Case(
        "avg_int",
        "r_AVG",
        """
        select avg(x)
        from (select 1 as x
        union all select 2
        union all select 4) t
        """,
        rows=[[2]],
    ),
    Case(
        "avg_decimal_scale",
        "r_AVG",
        """
        select avg(x)
        from (select 1.00::decimal(5,2) as x
        union all select 2.00::decimal(5,2)
        union all select 2.00::decimal(5,2)) t
        """,
        rows=[[Decimal("1.66")]],
    ),
    Case(
        "datediff_boundary",
        "r_DATEDIFF_function",
        """
        select datediff(day,'2020-01-01 23:00'::timestamp,'2020-01-02 01:00'::timestamp),
            datediff(month,'2020-01-31'::date,'2020-02-01'::date),
            datediff(hour,'2020-01-01 00:59'::timestamp,'2020-01-01 01:01'::timestamp),
            datediff(qtr, '1998-07-01'::date, '2008-07-01'::date),
            datediff(week,'2009-01-01'::date,'2009-12-31'::date)
        """,
        rows=[[1, 1, 1, 40, 52]],
    ),
    Case(
        "dateadd",
        "r_DATEADD_function",
        """
        select dateadd(month,1,'2008-01-31'::date),
            dateadd(day,-7,'2008-01-31'::timestamp), dateadd('m', 30,
            '2008-02-28'::timestamp)
        """,
        rows=[
            [datetime(2008, 2, 29, 0, 0), datetime(2008, 1, 24, 0, 0), datetime(2008, 2, 28, 0, 30)]
        ],
    ),
    Case(
        "add_months",
        "r_ADD_MONTHS",
        "select add_months('2008-03-31'::date,1), add_months('2008-04-30'::date,1)",
        rows=[[datetime(2008, 4, 30, 0, 0), datetime(2008, 5, 31, 0, 0)]],
    ),
    Case(
        "convert_timezone",
        "CONVERT_TIMEZONE",
        """
        select convert_timezone('EST','PST','2007-03-11 09:00:00'::timestamp),
            convert_timezone('UTC','America/New_York','2024-07-01 12:00:00'::timestamp)
        """,
        rows=[[datetime(2007, 3, 11, 6, 0), datetime(2024, 7, 1, 8, 0)]],
    ),
    Case(
        "trunc_ts",
        "r_TRUNC_date",
        "select trunc('2008-09-01 10:00:00'::timestamp), trunc(12.789,2), trunc(12.7)",
        rows=[[date(2008, 9, 1), Decimal("12.78"), Decimal("12")]],
    ),
    Case(
        "to_timestamp_tz",
        "r_TO_TIMESTAMP",
        """
        select to_char(to_timestamp('2011-12-18 23:38:15','YYYY-MM-DD HH24:MI:SS'),
            'YYYY-MM-DD HH24:MI:SS')
        """,
        rows=[["2011-12-18 23:38:15"]],
    ),
    Case(
        "epoch_idiom",
        "r_EXTRACT_function",
        """
        select timestamp 'epoch' + 1500000000 * interval '1 second',
            date_part(epoch,'2017-07-14 02:40:00'::timestamp)::bigint
        """,
        rows=[[datetime(2017, 7, 14, 2, 40), 1500000000]],
    ),
    Case(
        "listagg",
        "r_LISTAGG",
        """
        select g, listagg(s, ', ') within group (order by s desc)
        from (select 1 as g, 'a' as s
        union all select 1,'b') t
        group by g
        """,
        rows=[[1, "b, a"]],
    ),
    Case(
        "listagg_distinct",
        "r_LISTAGG",
        """
        select listagg(distinct s, '|') within group (order by s)
        from (select 'b' as s
        union all select 'a'
        union all select 'b') t
        """,
        rows=[["a|b"]],
    ),
    Case(
        "qualify",
        "r_QUALIFY_clause",
        """
        select a, b
        from (select 1 as a, 1 as b
        union all select 1,2
        union all select 2,5) t
        qualify row_number() over (partition by a
        order by b desc) = 1
        order by a
        """,
        rows=[[1, 2], [2, 5]],
    ),
    Case(
        "qualify_star",
        "r_QUALIFY_clause",
        """
        select *
        from (select 1 as a, 1 as b
        union all select 1,2) t
        where b > 0
        qualify row_number() over (partition by a
        order by b desc) = 1
        """,
        rows=[[1, 2]],
    ),
    Case(
        "qualify_alias",
        "r_QUALIFY_clause",
        """
        select a, row_number() over (partition by a
        order by b) as rn
        from (select 1 as a, 1 as b
        union all select 1,2) t
        qualify rn = 2
        """,
        rows=[[1, 2]],
    ),
    Case(
        "decode_nvl",
        "r_DECODE_expression",
        """
        select decode(2,1,'x',2,'y','z'), decode(null,null,'n','m'), nvl(null,3),
            nvl2(null,1,2), len('abc'), charindex('c','abc')
        """,
        rows=[["y", "n", 3, 2, 3, 3]],
    ),
    Case(
        "ratio_to_report",
        "r_WF_RATIO_TO_REPORT",
        """
        select x, ratio_to_report(x) over ()
        from (select 1 as x
        union all select 3) t
        order by 1
        """,
        rows=[[1, Decimal("0.25")], [3, Decimal("0.75")]],
    ),
    Case(
        "median",
        "r_MEDIAN",
        """
        select median(x)
        from (select 1 as x
        union all select 2
        union all select 4
        union all select 8) t
        """,
        rows=[[Decimal("3")]],
    ),
    Case(
        "median_over",
        "r_WF_MEDIAN",
        """
        select distinct median(x) over (partition by g)
        from (select 1 as g, 1 as x
        union all select 1,3) t
        """,
        rows=[[Decimal("2")]],
    ),
    Case(
        "percentile_cont",
        "r_PERCENTILE_CONT",
        """
        select percentile_cont(0.6) within group (order by x)
        from (select 1 as x
        union all select 2
        union all select 3) t
        """,
        rows=[[2.2]],
    ),
    Case(
        "percentile_cont_over",
        "r_WF_PERCENTILE_CONT",
        """
        select distinct percentile_cont(0.5) within group (order by x) over (partition by g)
        from (select 1 as g, 1 as x
        union all select 1,2) t
        """,
        rows=[[1.5]],
    ),
    Case(
        "approx_count",
        "r_COUNT",
        """
        select approximate count(distinct x)
        from (select 1 as x
        union all select 1) t
        """,
        rows=[[1]],
    ),
    Case(
        "frame",
        "r_Window_functions",
        """
        select x, sum(x) over (order by x rows between 1 preceding and current row)
        from (select 1 as x
        union all select 2
        union all select 3) t
        order by 1
        """,
        rows=[[1, 1], [2, 3], [3, 5]],
    ),
    Case(
        "ignore_nulls",
        "r_WF_first_value",
        """
        select d, last_value(x ignore nulls) over (order by d rows unbounded preceding),
            lag(x) ignore nulls over (order by d)
        from (select 1 as d, 10 as x
        union all select 2, null
        union all select 3, 30) t
        order by 1
        """,
        rows=[[1, 10, None], [2, 10, 10], [3, 30, 10]],
    ),
    Case(
        "merge",
        "r_MERGE",
        "select id, v from tgt order by id",
        rows=[[101, "Bob"], [102, "Tony"], [103, "Alice"], [104, "Bill"]],
        before=(
            "create temp table tgt (id int, v varchar(10))",
            "create temp table src (id int, v varchar(10))",
            "insert into tgt values (101,'Bob'),(102,'John'),(103,'Susan')",
            "insert into src values (102,'Tony'),(103,'Alice'),(104,'Bill')",
            """
            merge into tgt using src on tgt.id = src.id
            when matched then update set v = src.v
            when not matched then insert values (src.id, src.v)
            """,
        ),
    ),
    Case(
        "ddl_keys_not_enforced",
        "t_Defining_constraints",
        "select count(*) from pk",
        rows=[[2]],
        before=(
            """
            create temp table pk (id int not null,
                primary key (id)) diststyle key distkey (id) compound sortkey (id)
            """,
            "insert into pk values (1),(1)",
        ),
    ),
    Case(
        "ddl_identity_encode",
        "r_CREATE_TABLE_NEW",
        "select id, s from idt",
        rows=[[1, "x"]],
        before=(
            """
            create table idt (id bigint identity(1,1), s varchar(max) encode zstd,
                d date sortkey) backup no diststyle even
            """,
            "insert into idt (s) values ('x')",
        ),
    ),
    Case(
        "decimal_default",
        "r_Numeric_types201",
        "select 1.6::decimal",
        rows=[[Decimal("2")]],
    ),
    Case(
        "int_division",
        "r_numeric_computations201",
        "select 7/2",
        rows=[[3]],
    ),
    Case(
        "convert_fn",
        "r_CAST_function",
        "select convert(int, '12'), isnull(null, 4), 'a'||'b'",
        rows=[[12, 4, "ab"]],
    ),
    Case(
        "sha2_md5",
        "SHA2",
        "select sha2('abc', 256) like 'ba7816bf%15ad', md5('abc') like '900150%', strtol('ff', 16)",
        rows=[[True, True, 255]],
    ),
    Case(
        "json_extract",
        "JSON_EXTRACT_PATH_TEXT",
        """
        select
            json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}','f4','f6'),
            json_extract_array_element_text('[111,112,113]', 2),
            json_array_length('[11,12,13]')
        """,
        rows=[["star", "113", 3]],
    ),
    Case(
        "regexp",
        "REGEXP_SUBSTR",
        """
        select regexp_substr('abc123','[0-9]+'), regexp_count('aXbX','X'),
            regexp_replace('a1b2','[0-9]','#'), split_part('a,b',',',2)
        """,
        rows=[["123", 2, "a#b#", "b"]],
    ),
    Case(
        "top_minus",
        "r_UNION",
        "select top 1 x from (select 1 as x minus select 2) t",
        rows=[[1]],
    ),
    Case(
        "last_day_months",
        "r_LAST_DAY",
        "select last_day('2004-02-10'::date), months_between('1969-01-18','1969-03-18')",
        rows=[[date(2004, 2, 29), -2.0]],
    ),
    Case(
        "any_value_boolor",
        "r_ANY_VALUE",
        "select any_value(x), bool_or(x > 1) from (select 2 as x) t",
        rows=[[2, True]],
    ),
    Case(
        "greatest_null",
        "r_GREATEST_LEAST",
        "select greatest(1, null, 3), least(2, null)",
        rows=[[3, 2]],
    ),
    Case(
        "dateadd_does_not_keep_the_last_day",
        "r_ADD_MONTHS",
        """
        select dateadd(month, 1, '2024-04-30'::date), add_months('2024-04-30'::date, 1)
        """,
        rows=[[datetime(2024, 5, 30), datetime(2024, 5, 31)]],
    ),
    Case(
        "avg_bigint_over",
        "r_WF_AVG",
        """
        select x, avg(x) over (order by x rows between 1 preceding and current row) / 2
        from (select 3::bigint as x union all select 8::bigint) t
        order by 1
        """,
        rows=[[3, 1], [8, 2]],
    ),
    Case(
        "backslash_escapes",
        "pattern-matching-conditions-posix",
        r"""
        select regexp_substr('a12', '\\d+'), 'it\'s', ''''
        """,
        rows=[["12", "it's", "'"]],
    ),
    Case(
        "round_of_a_double",
        "r_ROUND",
        "select round(28.05::double precision, 1), round(-2.345::decimal(8, 3), 2)",
        rows=[[28.1, Decimal("-2.35")]],
    ),
)
