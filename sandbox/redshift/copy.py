"""COPY ... FROM 's3://...', done on the client's own session, so within its transaction.

The objects stream into a temporary table of text or JSON, and from there in one INSERT into the
target. When a row does not fit, halving finds it: the error tables then say file, line, column
and reason, over a connection of their own, since they survive the rollback.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.redshift.copy_errors import record, refused_value
from sandbox.redshift.copy_lines import BadRow, Lines, csv_line_of
from sandbox.redshift.copy_objects import read, urls_of
from sandbox.redshift.copy_syntax import CopyStatement, parse_copy
from sandbox.redshift.copy_target import Target
from sandbox.redshift.errors import Rejected
from sandbox.redshift.wire import Message, ServerError, literal

if TYPE_CHECKING:
    from sandbox.redshift.session import Session

_STAGE = "pg_temp.rs_copy_stage"
_LINE = re.compile(r"COPY rs_copy_stage, line (\d+)")
_WORTHWHILE = 500  # rows, for statistics
_OF_THE_DATA = ("22", "23")  # SQLSTATE classes: data exceptions, violated constraints
_SLOW = frozenset({"slow_copy"})


@dataclass(slots=True)
class _Loaded:
    url: str
    rows: int
    lines: Lines


@dataclass(slots=True)
class _Copy:
    session: "Session"
    statement: CopyStatement
    target: Target
    files: list[_Loaded] = field(default_factory=list)

    def stage(self, urls: list[str]) -> None:
        """Read the objects into the temporary table."""
        backend, s3 = self.session.backend, self.session.engine.s3()
        backend.query(f"create temp table rs_copy_stage ({self.target.stage_columns})")
        copy_in = f"copy {_STAGE} from stdin {self.target.stage_options}"
        for url in urls:
            lines = Lines(self.statement)
            blocks = lines.blocks(read(s3, url, gzip=self.statement.gzip))
            try:
                rows = backend.copy_in(copy_in, blocks)
            except BadRow as bad:
                bad.url = url
                raise
            except ServerError as error:
                raise self._bad_line(error, url, lines) from None
            self.files.append(_Loaded(url, rows, lines))

    def _bad_line(self, error: ServerError, url: str, lines: Lines) -> Exception:
        found = _LINE.search(error.fields.get("W", ""))
        if not found:
            return error
        code, reason = refused_value(error, "")
        bad = BadRow(code, reason, lines.line_of(int(found[1])), _raw_of(error))
        bad.url = url
        return bad

    def insert(self) -> int:
        """Put the rows into the target; how many."""
        backend = self.session.backend
        rows = sum(file.rows for file in self.files)
        if not self.statement.load:
            return rows
        backend.query("savepoint rs_copy_insert")
        try:
            backend.query(self._insertion(0, rows))
        except ServerError as error:
            backend.query("rollback to savepoint rs_copy_insert")
            if error.code[:2] not in _OF_THE_DATA:
                raise
            raise self._bad_row(error, rows) from None
        backend.query(f"release savepoint rs_copy_insert; drop table {_STAGE}")
        return rows

    def _insertion(self, first: int, count: int) -> str:
        values = ", ".join(self.target.values)
        return (
            f"insert into {self.target.relation} ({self.target.column_list}) "
            f"select {values} from {_STAGE} offset {first} limit {count}"
        )

    def _bad_row(self, error: ServerError, rows: int) -> BadRow:
        """The first row that the target refuses, found by halving."""
        first, count = 0, rows
        while count > 1:
            half = count // 2
            problem = self._refusal(self._insertion(first, half))
            if problem:
                error, count = problem, half
            else:
                first, count = first + half, count - half
        error = self._refusal(self._insertion(first, 1)) or error
        column = self._bad_column(first, error)
        code, reason = refused_value(error, self.target.type_of(column))
        raw = self.session.backend.query(f"select s::text from {_STAGE} s offset {first} limit 1")
        text = str(raw[0][0]).encode() if raw else b""
        before = 0
        for file in self.files:
            if first < before + file.rows:
                line = self._line(file, first - before + 1)
                bad = BadRow(code, reason, line, text, column)
                bad.url = file.url
                return bad
            before += file.rows
        raise error

    def _line(self, file: _Loaded, row: int) -> int:
        if self.statement.form == "json":
            return file.lines.line_of(row)
        s3 = self.session.engine.s3()
        return csv_line_of(self.statement, read(s3, file.url, gzip=self.statement.gzip), row)

    def _bad_column(self, row: int, error: ServerError) -> str:
        if error.code == "23502":  # not null
            return error.fields.get("c", "")
        for column, value in zip(self.target.columns, self.target.values, strict=True):
            kind = self.target.type_of(column)
            typed = f"select ({value})::{kind} from {_STAGE} offset {row} limit 1"
            if "character" in kind:  # a cast would cut it
                size = re.sub(r"\D", "", kind) or "65535"
                typed = (
                    f"select 1 / (octet_length(({value})::text) <= {size})::int "
                    f"from {_STAGE} offset {row} limit 1"
                )
            if self._refusal(typed):
                return column
        return ""

    def _refusal(self, sql: str) -> ServerError | None:
        backend = self.session.backend
        try:
            backend.query(sql)
        except ServerError as error:
            return error
        finally:
            backend.query("rollback to savepoint rs_copy_insert")
        return None


def copy(session: "Session", sql: str) -> list[Message]:
    """Do the COPY; the messages for the client.

    Raises:
        Rejected: nothing was loaded.
        ServerError: as Rejected, and PostgreSQL said it.
    """
    statement = parse_copy(sql)
    backend, engine = session.backend, session.engine
    slow = engine.faults.strike(sql, _SLOW)
    with _transaction(session):
        target = Target.of(session, statement)
        query = int(str(backend.query("select nextval('rs_query_id')")[0][0]))
        session.last_query = query
        work = _Copy(session, statement, target)
        try:
            work.stage(urls_of(engine.s3(), statement))
            if slow:
                backend.query(f"select pg_sleep({slow.seconds})")
            session.go_on()
            rows = work.insert()
            session.go_on()
        except BadRow as bad:
            record(session, target, query, bad)
            raise Rejected(
                f"Load into table '{statement.name}' failed.  Check 'sys_load_error_detail' "
                "system table for details.",
                "XX000",
            ) from None
        backend.query(
            f"select set_config('rs.copy_count', '{rows}', false), "
            f"set_config('rs.copy_id', '{query}', false)"
        )
    if rows >= _WORTHWHILE:
        backend.query(f"analyze {target.relation}")
    _note(session, query, work.files)
    said = f"Load into table '{statement.name}' completed, {rows} record(s) loaded successfully."
    notice = b"SINFO\0VINFO\0C00000\0M" + said.encode() + b"\0\0"
    return [(b"N", notice), (b"C", f"COPY {rows}\0".encode())]


def _note(session: "Session", query: int, files: list[_Loaded]) -> None:
    """What stl_load_commits says, also when the transaction is rolled back afterwards."""
    if files:
        values = ", ".join(f"({literal(file.url)}, {file.rows})" for file in files)
        session.engine.side(
            session.database,
            "insert into rs_load_commits (userid, query, filename, lines_scanned, curtime) "
            f"select usesysid, {query}, f.url, f.rows, getdate() from pg_user, (values {values}) "
            f"as f(url, rows) where usename = {literal(session.user)}",
        )


@contextmanager
def _transaction(session: "Session") -> Iterator[None]:
    """A part of the client's own transaction, or one for this statement alone."""
    backend = session.backend
    alone = backend.status == b"I"
    backend.query("begin" if alone else "savepoint rs_copy")
    try:
        yield
    except (Rejected, ServerError):
        backend.query("rollback" if alone else "rollback to savepoint rs_copy")
        raise
    backend.query("commit" if alone else "release savepoint rs_copy")


def _raw_of(error: ServerError) -> bytes:
    """The part of the line that PostgreSQL quotes in its context."""
    _, _, quoted = error.fields.get("W", "").rpartition(': "')
    return quoted.rstrip('"').encode()
