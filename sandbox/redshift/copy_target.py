"""The table a COPY fills: its columns, and how a staged row becomes a row of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sandbox.redshift.copy_syntax import CopyStatement
from sandbox.redshift.errors import Rejected
from sandbox.redshift.wire import literal, quoted

if TYPE_CHECKING:
    from sandbox.redshift.session import Session

_COLUMNS = """
select attname, format_type(atttypid, atttypmod), attidentity <> '', attrelid::int
from pg_attribute
where attrelid = {relation}::regclass and attnum > 0 and not attisdropped order by attnum"""


@dataclass(frozen=True, slots=True)
class Target:
    """The columns to be filled, in order, with their types."""

    statement: CopyStatement
    relation: str
    oid: int
    columns: tuple[str, ...]
    types: dict[str, str]

    @classmethod
    def of(cls, session: "Session", statement: CopyStatement) -> Self:
        """The target as the catalog describes it.

        Raises:
            Rejected: a column is unknown, or does not suit the form of the data.
            ServerError: there is no such table.
        """
        relation = session.fold(statement.table)
        rows = session.backend.query(_COLUMNS.format(relation=literal(relation)))
        types = {str(row[0]): str(row[1]) for row in rows}
        columns = tuple(session.fold(name) for name in statement.columns) or tuple(
            str(row[0]) for row in rows if row[2] != "t"
        )
        for column in columns:
            if column not in types:
                raise Rejected(
                    f'column "{column}" of relation "{statement.name}" does not exist', "42703"
                )
        whole = statement.form == "json" and statement.json_mode == "noshred"
        if whole and [types[column] for column in columns] != ["super"]:
            raise Rejected(
                "COPY with NOSHRED requires exactly one target column of type SUPER", "XX000"
            )
        return cls(statement, relation, int(rows[0][3] or 0), columns, types)

    def type_of(self, column: str) -> str:
        """The type of a column; nothing for none."""
        return self.types.get(column, "")

    @property
    def column_list(self) -> str:
        """The columns as SQL."""
        return ", ".join(quoted(column) for column in self.columns)

    @property
    def stage_columns(self) -> str:
        """The columns of the temporary table."""
        if self.statement.form == "json":
            return "j jsonb"
        return ", ".join(f"c{place} text" for place, _ in enumerate(self.columns))

    @property
    def stage_options(self) -> str:
        """How PostgreSQL reads what is fed to the temporary table."""
        if self.statement.form == "json":
            return "(format text, null '')"
        return (
            f"(format csv, delimiter {literal(self.statement.delimiter)}, "
            f"quote {literal(self.statement.quote)}, null {literal(self.statement.null_as)})"
        )

    @property
    def values(self) -> list[str]:
        """One expression over the temporary table for each column."""
        if self.statement.form == "json" and self.statement.json_mode == "noshred":
            return ["j::super"]
        return [self._value(place, column) for place, column in enumerate(self.columns)]

    def _value(self, place: int, column: str) -> str:
        kind, statement = self.types[column], self.statement
        json = statement.form == "json"
        if kind == "super":
            if json:
                return f"nullif(j -> {literal(column)}, 'null')::super"
            return f"nullif(c{place}, '')::jsonb::super"
        text = f"j ->> {literal(column)}" if json else f"c{place}"
        if not kind.startswith("character"):
            text = f"nullif({text}, '')"
            if kind.startswith("timestamp") and not statement.time_format:
                text = f"rs_copy_timestamp({text})"
            return f"({text})::{kind}"
        if statement.blanks_as_null:
            text = f"nullif(rtrim({text}), '')"
        elif statement.empty_as_null:
            text = f"nullif({text}, '')"
        return f"({text})::{kind}" if statement.truncate_columns else text
