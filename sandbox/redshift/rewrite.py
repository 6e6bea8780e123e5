"""Redshift SQL → what a stock PostgreSQL with our functions runs: one statement in, one out."""

import logging
import re
from functools import lru_cache, partial

import sqlglot
from sqlglot import errors

from sandbox.redshift.averages import spell_out_averages
from sandbox.redshift.dialect import Standin
from sandbox.redshift.errors import Rejected
from sandbox.redshift.paths import Navigation, unnest
from sandbox.redshift.refusals import refuse
from sandbox.redshift.shapes import reshape
from sandbox.redshift.shows import show
from sandbox.redshift.text import map_code, without_comments

logging.getLogger("sqlglot").setLevel(logging.ERROR)

NOTHING = "select 1 where false"  # there is nothing to do here, and it must not fail
_PARAMETER_NAMES = """
enable_case_sensitive_identifier enable_case_sensitive_super_attribute
navigate_super_null_on_error cast_super_null_on_error parse_super_null_on_error query_group
enable_result_cache_for_session json_serialization_enable wlm_query_slot_count
json_parse_truncate_strings json_parse_dedup_attributes describe_field_name_in_uppercase
mv_enable_aqmv_for_session downcase_delimited_identifier error_on_nondeterministic_update
use_fips_ssl enable_numeric_rounding
"""
_PARAMETERS = _PARAMETER_NAMES.split()
_PARAMETER = re.compile(rf"(?i)(?<![.\w])({'|'.join(_PARAMETERS)})\b")
_HINTS = [
    re.compile(hint, re.I)
    for hint in (
        r"\bbackup\s+(?:yes|no)\b",
        r"\bdiststyle\s+(?:all|even|key|auto)\b",
        r"\bdistkey\s*\([^)]*\)",
        r"\b(?:compound\s+|interleaved\s+)?sortkey\s*(?:auto\b|\([^)]*\))",
        r"\bencode\s+\w+",
        r"\b(?:distkey|sortkey)\b",
        r"\bauto\s+refresh\s+(?:yes|no)\b",
        r"\bwith\s+no\s+schema\s+binding\b",
    )
]
_SHOW = re.compile(r"(?is)show\s+(tables|schemas|columns|grants|databases)\b(.*)")
_SETS = re.compile(r"(?is)(set|reset|show)\b|alter\s+(user|database)\b.*\b(re)?set\b")
_SCHEMA = re.compile(
    r'(?is)((?:create|drop)\s+schema\s+(?:if\s+(?:not\s+)?exists\s+)?)(?:"[^"]+"|\w+)\s*\.\s*(.*)'
)
_NO_NEED = re.compile(
    r"(?i)vacuum\b|analyze\s+compression\b|use\s|reset\s+use\b"
    r"|alter\s+table\s+\S+\s+alter\s+(distkey|diststyle|sortkey|compound|encode)\b"
)
_NOT_ON_REDSHIFT = re.compile(
    r"(?i)create\s+(?:or\s+replace\s+)?(?:unique\s+)?(index|sequence|trigger|type|domain|extension"
    r"|rule|unlogged|aggregate|operator)\b"
)
_NOT_EMULATED = re.compile(
    r"(?i)create\s+external\s|create\s+datashare|alter\s+table\s+\S+\s+append\b|unload\b"
    r"|create\s+(or\s+replace\s+)?(library|model|function|procedure)\b"
)
_CREATES = re.compile(
    r"(?i)create\s+(or\s+replace\s+)?(local\s+)?(temp\w*\s+)?(table|view|materialized)\b"
)
_QUERIES = re.compile(r"(?i)(select|with|insert|update|delete|merge|explain)\b|\(")
_CATALOG = re.compile(
    r"(?i)\b(pg_catalog\.|pg_class|pg_namespace|pg_get_late|information_schema\.|svv_|pg_user"
    r"|pg_tables|pg_proc)"
)


@lru_cache(maxsize=512)
def rewrite(sql: str, case_sensitive_names: bool, case_sensitive_attributes: bool) -> str:
    """The statement for PostgreSQL, as the two settings of the session take its names.

    Raises:
        Rejected: Redshift refuses it, or the stand-in cannot stand in for it.
    """
    bare = without_comments(sql)
    other = _command(sql, bare)
    if other is not None:
        return other
    if _CREATES.match(bare):
        for hint in _HINTS:
            sql = map_code(sql, partial(hint.sub, " "))
    elif not _QUERIES.match(bare):
        return sql
    if not case_sensitive_names and not case_sensitive_attributes:
        sql = map_code(sql, lambda code: code, str.lower)  # quoted names fold as well
    if _CATALOG.search(bare):
        return sql
    return _query(sql, Navigation(case_sensitive_names, case_sensitive_attributes))


def _command(sql: str, bare: str) -> str | None:
    """What becomes of a statement that is no query; None for queries, and CREATE of relations."""
    if found := _SHOW.match(bare):
        return show(found[1].lower(), found[2])
    if _SETS.match(bare):
        return map_code(sql, lambda code: _PARAMETER.sub(r"rs.\1", code))
    if _NO_NEED.match(bare):
        return NOTHING
    word = bare.split(None, 1)[0].lower() if bare else ""
    if word == "analyze":
        return map_code(sql, lambda c: re.sub(r"(?i)\b(predicate|all)\s+columns\b", "", c))
    if word in ("grant", "revoke") or re.match(r"(?i)alter\s+default\s+privileges", bare):
        return map_code(
            sql, lambda c: re.sub(r"(?i)(\b(?:to|from|grant|revoke)|,)\s*role\s+", r"\1 ", c)
        )
    if found := _SCHEMA.match(bare):
        return found[1] + found[2]  # "database"."schema"
    if found := _NOT_ON_REDSHIFT.match(bare):
        raise Rejected(f'syntax error at or near "{found[1]}"')
    if _NOT_EMULATED.match(bare):
        raise Rejected(f"stand-in: not emulated: {bare[:60]}", "0A000")
    return None


def _query(sql: str, navigation: Navigation) -> str:
    # sqlglot reads $1,$2 as a string quoted by dollars.
    sql = map_code(sql, lambda code: re.sub(r"\$(\d+)", r"rs_bind_\1", code))
    try:
        tree = sqlglot.parse_one(sql.rstrip().rstrip(";"), read=Standin)
    except (errors.ParseError, errors.TokenError) as problem:
        raise Rejected(
            "stand-in: sqlglot cannot parse this as Redshift SQL: " + str(problem).splitlines()[0]
        ) from problem
    refuse(tree)
    unnest(tree)
    navigation.apply(tree)
    spell_out_averages(tree)
    written = reshape(tree).sql(dialect=Standin, normalize_functions=False)
    return re.sub(r"\brs_bind_(\d+)", r"$\1", written)
