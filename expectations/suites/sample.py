"""What suites are made of: a request, measured assets, and the few expectations all of them use."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.row_conditions import Column, ComparisonCondition, Operator

from expectations.thresholds import Limit, Severity
from ingestion.calendar import TradingCalendar
from ingestion.loading.reading import Kind, Reader, Table

# A statement on Redshift takes 32,767 parameters.
KEYS_AT_ONCE = 5_000
REGULAR: ComparisonCondition = Column("session_type") == "regular"
SHORT: ComparisonCondition = Column("session_type") != "regular"


@dataclass(frozen=True, slots=True)
class Request:
    """What to check: the newest `sessions` up to `as_of`, or every reply that is not `done`."""

    calendar: TradingCalendar
    sessions: int | None
    as_of: date | None
    done: frozenset[str]
    accepted: frozenset[date]

    @property
    def until(self) -> date:
        """The last day that may be read."""
        return self.as_of or date.max

    def session_type(self, day: date) -> str:
        """'regular', 'muhurat', 'special', or 'unplanned' where the calendar says closed."""
        return self.calendar.session_type(day) or "unplanned"


@dataclass(frozen=True, slots=True)
class Asset:
    """One measured frame: a row per checked thing, a column per measure, and what is expected.

    `keys` are the columns that name a row in a failure; measures in `optional` may be unknown
    (a first session has nothing to compare with), any other must be known for every row.
    """

    name: str
    frame: pd.DataFrame
    expectations: tuple[Expectation, ...]
    keys: tuple[str, ...]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything one suite looks at, read at once; `checked` are source keys."""

    assets: tuple[Asset, ...]
    sessions: tuple[date, ...]
    checked: tuple[str, ...] = ()


def within(
    name: str, column: str, limit: Limit, next_step: str, *, only: ComparisonCondition | None = None
) -> Expectation:
    """Every row of `column` lies inside `limit`; `only` restricts it to some rows."""
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=limit.low,
        max_value=limit.high,
        row_condition=only,
        severity=FailureSeverity(limit.severity),
        notes=f"{name}: {limit.because}",
        meta=_meta(name, str(limit), limit.because, next_step),
    )


def one_of(
    name: str,
    column: str,
    values: Iterable[str],
    because: str,
    next_step: str,
    *,
    severity: Severity = "critical",
    only: ComparisonCondition | None = None,
) -> Expectation:
    """Every row of `column` is one of `values`."""
    allowed = list(values)
    return ExpectColumnValuesToBeInSet(
        column=column,
        value_set=allowed,
        row_condition=only,
        severity=FailureSeverity(severity),
        notes=f"{name}: {because}",
        meta=_meta(name, " or ".join(allowed), because, next_step),
    )


def not_empty(name: str, next_step: str) -> Expectation:
    """There is at least one row: checks of nothing must not pass."""
    because = "an empty table would let every other expectation pass"
    return ExpectTableRowCountToBeBetween(
        min_value=1,
        severity=FailureSeverity.CRITICAL,
        notes=f"{name}: {because}",
        meta=_meta(name, ">= 1", because, next_step),
    )


def concerned(frame: pd.DataFrame, condition: object) -> pd.DataFrame:
    """The rows that an expectation with this row condition looks at."""
    if not isinstance(condition, ComparisonCondition):
        return frame
    equal = frame[condition.column.name] == condition.parameter
    rows: pd.DataFrame = frame[equal if condition.operator == Operator.EQUAL else ~equal]
    return rows


def _meta(name: str, expected: str, because: str, next_step: str) -> dict[str, str]:
    return {"name": name, "expected": expected, "because": because, "next_step": next_step}


def iso(days: pd.Series) -> pd.Series:
    """Dates as ISO text, which stays readable in JSON and in Data Docs."""
    return pd.to_datetime(days).dt.strftime("%Y-%m-%d")


def read(reader: Reader, sql: str, parameters: Mapping[str, object]) -> pd.DataFrame:
    """One query as a frame whose column types are the same from both engines."""
    return _frame(reader.table(sql, parameters))


def read_keys(reader: Reader, sql: str, keys: Iterable[str]) -> pd.DataFrame:
    """A query with `{keys}` where the names of parameters belong, over any number of keys.

    Every key must give rows of its own: many keys are asked for in several statements.
    """
    asked = list(keys)
    frames = []
    for first in range(0, max(len(asked), 1), KEYS_AT_ONCE):
        some = {f"k{n}": key for n, key in enumerate(asked[first : first + KEYS_AT_ONCE])}
        names = ", ".join(f"${name}" for name in some) or "null"
        frames.append(read(reader, sql.replace("{keys}", names), some))
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def _frame(table: Table) -> pd.DataFrame:
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.names)
    return pd.DataFrame(
        {
            name: _series(list(values), kind)
            for name, kind, values in zip(table.names, table.kinds, columns, strict=True)
        }
    )


def _series(values: list[Any], kind: Kind) -> pd.Series:
    """Decimals and whole numbers with unknowns become doubles, as nothing finer is judged."""
    if kind in ("day", "time"):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype("datetime64[us]")
    if kind == "text":
        return pd.Series(values, dtype="str")
    known = all(value is not None for value in values)
    if kind == "integer" and known:
        return pd.Series(values, dtype="int64")
    if kind == "boolean" and known:
        return pd.Series(values, dtype="bool")
    numbers = [math.nan if value is None else float(value) for value in values]
    return pd.Series(numbers, dtype="float64")
