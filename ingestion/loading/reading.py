"""Reading the warehouse, whichever engine it is: a statement, and its rows with what they are.

Statements are written once for both engines: parameters are `$name`, casts are `cast(x as type)`,
and what has no common form is asked by `engine`. Nothing here writes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import duckdb

from ingestion.errors import ConfigurationError, InvestiqError
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.redshift_connection import connect_redshift, in_our_words
from ingestion.settings import Settings

if TYPE_CHECKING:
    from redshift_connector.core import Connection

Engine = Literal["duckdb", "redshift"]
Kind = Literal["boolean", "integer", "number", "text", "day", "time"]
_PARAMETER = re.compile(r"\$([a-z]\w*)")
# The names of DuckDB's types without their precision, and Redshift's type numbers.
_KINDS: dict[Kind, tuple[frozenset[str], frozenset[int]]] = {
    "boolean": (frozenset({"BOOLEAN"}), frozenset({16})),
    "integer": (
        frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT"}),
        frozenset({20, 21, 23}),
    ),
    "number": (frozenset({"FLOAT", "DOUBLE", "DECIMAL"}), frozenset({700, 701, 1700})),
    "text": (frozenset({"VARCHAR", "JSON"}), frozenset({18, 19, 25, 705, 1042, 1043})),
    "day": (frozenset({"DATE"}), frozenset({1082})),
    "time": (frozenset({"TIMESTAMP"}), frozenset({1114})),
}
_DUCKDB_KINDS = {name: kind for kind, (names, _) in _KINDS.items() for name in names}
_REDSHIFT_KINDS = {number: kind for kind, (_, numbers) in _KINDS.items() for number in numbers}


class NotThere(ConfigurationError):
    """A schema, table or column that a statement names is not in the warehouse."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}. Run `investiq load` and `investiq build` first.")
        self.what = what


@dataclass(frozen=True, slots=True)
class Table:
    """What a statement gave: column names, what each column holds, and the rows as Python values.

    The same on both engines but for whole numbers that were summed: those are `number` on Redshift.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: list[tuple[Any, ...]]


class Reader(Protocol):
    """An open warehouse that is only read."""

    @property
    def engine(self) -> Engine:
        """Whose dialect its statements are written in, where there is no common one."""
        ...

    def table(self, sql: str, parameters: Mapping[str, object] = ...) -> Table:
        """Run one statement to its end.

        Raises:
            NotThere: it names a schema, table or column that is missing.
            InvestiqError: the engine refused it, or was lost; the message says what to do.
        """
        ...

    def rows(self, sql: str, parameters: Mapping[str, object] = ...) -> list[tuple[Any, ...]]:
        """The rows of `table` alone."""
        ...


class Readable(Protocol):
    """A warehouse that can be opened to be read; as text it names itself in messages."""

    def open(self) -> AbstractContextManager[Reader]:
        """Open it for as long as the block runs."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDBReader:
    """DuckDB, read-only."""

    connection: duckdb.DuckDBPyConnection
    engine: Literal["duckdb"] = "duckdb"

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> Table:
        """See `Reader.table`."""
        try:
            result = self.connection.execute(sql, dict(parameters or {}))
            description = result.description or []
            rows = result.fetchall()
        except (duckdb.CatalogException, duckdb.BinderException) as missing:
            raise NotThere(str(missing).splitlines()[0]) from missing
        kinds = [_duckdb_kind(name, str(kind)) for name, kind, *_ in description]
        return Table(tuple(column[0] for column in description), tuple(kinds), rows)

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Any]:
        """See `Reader.rows`."""
        return self.table(sql, parameters).rows


@dataclass(frozen=True, slots=True)
class RedshiftReader:
    """Redshift; each statement is a transaction of its own."""

    connection: "Connection"
    engine: Literal["redshift"] = "redshift"

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> Table:
        """See `Reader.table`."""
        with refusals(), self.connection.cursor() as cursor:
            cursor.paramstyle = "named"
            cursor.execute(_PARAMETER.sub(r":\1", sql), dict(parameters or {}))
            description = cursor.description or []
            rows = [tuple(row) for row in cursor.fetchall()] if description else []
        kinds = [_redshift_kind(name, kind) for name, kind, *_ in description]
        return Table(tuple(column[0] for column in description), tuple(kinds), rows)

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Any]:
        """See `Reader.rows`."""
        return self.table(sql, parameters).rows


@dataclass(frozen=True, slots=True)
class DuckDBFile:
    """The embedded warehouse: opened read-only, with patience for the process that writes it."""

    path: Path
    wait_seconds: float = 60.0
    on_wait: Callable[[str], None] = lambda holder: None

    def __str__(self) -> str:
        return str(self.path)

    @contextmanager
    def open(self) -> Iterator[DuckDBReader]:
        """See `Readable.open`; raises ConfigurationError without a file, WarehouseBusy."""
        with connect(
            self.path, read_only=True, wait_seconds=self.wait_seconds, on_wait=self.on_wait
        ) as connection:
            yield DuckDBReader(connection)


@dataclass(frozen=True, slots=True)
class RedshiftDatabase:
    """The database that the settings name."""

    settings: Settings

    def __str__(self) -> str:
        given = self.settings
        place = given.redshift_host or given.redshift_workgroup or given.redshift_cluster
        return f"{given.redshift_database} on Redshift at {place}"

    @contextmanager
    def open(self) -> Iterator[RedshiftReader]:
        """See `Readable.open`; raises what `connect_redshift` raises."""
        connection = connect_redshift(self.settings)
        try:
            yield RedshiftReader(connection)
        finally:
            connection.close()


def readable(settings: Settings, on_wait: Callable[[str], None] = lambda holder: None) -> Readable:
    """The warehouse that INVESTIQ_TARGET names."""
    if settings.target == "redshift":
        return RedshiftDatabase(settings)
    return DuckDBFile(settings.duckdb_path, settings.lock_wait_seconds, on_wait)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Redshift refuses inside the block into the project's own errors."""
    from redshift_connector.error import Error

    try:
        yield
    except (Error, OSError) as refused:
        code, message = in_our_words(refused)
        if code in _MISSING:
            raise NotThere(message) from None
        raise _refused(code, message) from None


# undefined schema, table, column
_MISSING = frozenset({"3F000", "42P01", "42703"})


def _refused(code: str, message: str) -> InvestiqError:
    if code == "42501":
        return ConfigurationError(
            f"Redshift lets this user not read that: {message}. Run `investiq redshift init` as "
            "the administrator, which grants what readers need."
        )
    return ReadFailed(
        f"Redshift did not answer a question: {message}. Run the command again; when it says the "
        "same, look for the statement in sys_query_history."
    )


class ReadFailed(InvestiqError):
    """The warehouse was lost, or refused a statement, while it was read; nothing was changed."""

    exit_code = 12


def _duckdb_kind(name: str, declared: str) -> Kind:
    kind = _DUCKDB_KINDS.get(declared.partition("(")[0])
    if kind is None:
        raise TypeError(f"column {name} is {declared}: cast it to a type both engines have")
    return kind


def _redshift_kind(name: str, number: int) -> Kind:
    kind = _REDSHIFT_KINDS.get(number)
    if kind is None:
        raise TypeError(f"column {name} has the type number {number}: cast it to a known type")
    return kind
