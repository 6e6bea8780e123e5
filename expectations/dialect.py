"""What DuckDB and Redshift say differently, one function per difference; all other SQL is common.

The counterpart of `dbt_project/macros/cross_db/`, whose traps are explained there: each function
gives an expression with the same value on both engines, NULL where the value is not there.
"""

import json
from collections.abc import Mapping, Sequence

from ingestion.loading.reading import Engine


def json_fields(
    engine: Engine, column: str, members: Sequence[str], nested: Mapping[str, Sequence[str]]
) -> str:
    """A JSON object opened once: as `v`, its members are `v."symbol"` and `v."meta"."isin"`."""
    if engine == "redshift":
        return column
    shape: dict[str, object] = dict.fromkeys(members, "JSON")
    shape |= {member: dict.fromkeys(names, "JSON") for member, names in nested.items()}
    return f"from_json({column}, '{json.dumps(shape)}')"


def json_text(engine: Engine, value: str) -> str:
    """A JSON value as text: a string without its quotes, anything else as it is written."""
    if engine == "duckdb":
        return f"({value} ->> '$')"
    return (
        f"case when json_typeof({value}) = 'string' then cast({value} as varchar(65535)) "
        f"when json_typeof({value}) <> 'null' then json_serialize({value}) end"
    )


def json_is_empty(engine: Engine, value: str) -> str:
    """Whether a JSON value is not there, null, or a string of no length."""
    if engine == "duckdb":  # three times as quick as to read the value
        return f"coalesce(cast({value} as varchar), 'null') in ('null', '\"\"')"
    return f"coalesce({json_text(engine, value)}, '') = ''"


def json_is_string(engine: Engine, value: str) -> str:
    """Whether a JSON value is a string; false for one that is not there."""
    if engine == "duckdb":
        return f"coalesce(starts_with(cast({value} as varchar), '\"'), false)"
    return f"coalesce(json_typeof({value}) = 'string', false)"


def clock_time(engine: Engine, text: str) -> str:
    """The exchange's `26-Apr-2024 15:59:52` as a timestamp; NULL when it is no such time."""
    if engine == "duckdb":
        return f"try_strptime(trim({text}), '%d-%b-%Y %H:%M:%S')"
    return _timestamp(
        f"trim({text})",
        f"trim({text})",
        "^[0-3][0-9]-[A-Za-z]{3}-[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]$",
        "DD-Mon-YYYY HH24:MI:SS",
    )


def compact_time(engine: Engine, text: str) -> str:
    """A text `20240428T131800` as a timestamp; NULL when it is no such time."""
    if engine == "duckdb":
        return f"try_strptime(trim({text}), '%Y%m%dT%H%M%S')"
    return _timestamp(
        f"trim({text})",
        f"replace(trim({text}), 'T', '')",
        "^[0-9]{4}[01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-5][0-9]$",
        "YYYYMMDDHH24MISS",
    )


def share(condition: str) -> str:
    """The share of rows where a condition holds, of those where it is known; on both engines.

    An average of whole numbers is a whole number on Redshift.
    """
    return (
        f"avg(cast(case when {condition} then 1 when not ({condition}) then 0 end "
        "as double precision))"
    )


def median(number: str) -> str:
    """The middle of known doubles, between two of them halfway; on both engines.

    A SELECT on Redshift may have no second one over something else.
    """
    return f"percentile_cont(0.5) within group (order by {number})"


def _timestamp(text: str, cleaned: str, pattern: str, shape: str) -> str:
    """Redshift rolls 31-Feb over into March: what was read must print as what was written."""
    read = f"cast(to_timestamp({cleaned}, '{shape}') as timestamp)"
    return (
        f"case when {text} ~ '{pattern}' then "
        f"case when lower(to_char({read}, '{shape}')) = lower({cleaned}) then {read} end end"
    )
