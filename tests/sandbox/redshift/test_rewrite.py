"""What becomes of a statement before PostgreSQL sees it; no server is needed."""

import pytest

from sandbox.redshift.errors import Rejected
from sandbox.redshift.rewrite import NOTHING, rewrite
from sandbox.redshift.text import statements


def rewritten(sql: str, *, case_sensitive: bool = False) -> str:
    return rewrite(sql, case_sensitive, False)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from (select 1 as a, 2 as b) pivot (sum(b) for a in (1))",
        "select listagg(a) within group (order by a) over (partition by b) from t",
        "select regexp_replace(a, 'x', 'y', 1, 'i') from t",
        "select regexp_substr(a, '(x)', 1, 1, 'e') from t",
        "select try_cast(a as int) from t",
        "select * from t as q, q.payload.items as item",
        "unload ('select 1') to 's3://b/k' iam_role default",
        "alter table t append from u",
        "create external table x.t (a int) location 's3://b'",
        "create function f(int) returns int volatile as 'x' language plpythonu",
        "show databases",
    ],
)
def test_what_is_not_emulated_is_refused_and_says_whose_fault_it_is(statement: str) -> None:
    with pytest.raises(Rejected, match=r"^stand-in: "):
        rewritten(statement)


@pytest.mark.parametrize("statement", ["vacuum full t", "analyze compression t", "use investiq"])
def test_what_has_nothing_to_do_here_does_nothing(statement: str) -> None:
    assert rewritten(statement) == NOTHING


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("grant role r to u", "grant r to u"),
        ("grant select on t to role r, role s", "grant select on t to r, s"),
        ("revoke all on schema s from role r", "revoke all on schema s from r"),
        ('create schema if not exists "db"."s"', 'create schema if not exists "s"'),
        ("set query_group to 'x'", "set rs.query_group to 'x'"),
        ("commit", "commit"),
    ],
)
def test_a_command_keeps_its_words(statement: str, said: str) -> None:
    assert rewritten(statement) == said


def test_what_is_quoted_is_left_alone() -> None:
    sql = "select 'to role x; encode zstd' as a -- encode zstd"
    assert "'to role x; encode zstd'" in rewritten(sql)
    assert statements("select ';' as \";\"; select 2 -- ;\n") == [
        "select ';' as \";\"",
        " select 2 -- ;\n",
    ]


def test_names_fold_unless_the_session_says_otherwise() -> None:
    sql = 'select t.payload."lastPrice" from raw_data.t as t'
    assert "'lastprice'" in rewritten(sql)
    assert "'lastPrice'" in rewritten(sql, case_sensitive=True)


def test_bind_parameters_pass() -> None:
    assert rewritten("insert into t values ($1, $2)").endswith("VALUES ($1, $2)")


def test_a_path_is_told_from_a_column() -> None:
    """By the names in scope: alias.column, schema.table.column, and what comes behind it."""
    assert rewritten("select s.t.a from s.t") == "SELECT s.t.a FROM s.t"
    assert rewritten("select q.a.b from t as q") == "SELECT rs_nav(q.a, 'b') AS \"b\" FROM t AS q"
    assert "rs_nav(rs_nav(a, 'b'), 0)" in rewritten("select a.b[0] from t")


def test_an_average_keeps_its_window() -> None:
    sql = rewritten("select avg(a) over (order by b rows 2 preceding) from t")
    assert sql.lower().count("rows between 2 preceding and current row") == 3
    assert "FIRST_VALUE(a)" in sql
