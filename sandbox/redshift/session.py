"""One client's session: its settings, and what becomes of each of its statements."""

import re
from collections.abc import Callable

from sandbox.redshift.afterwards import Afterwards, afterwards
from sandbox.redshift.copy import copy
from sandbox.redshift.engine import Engine
from sandbox.redshift.errors import Rejected
from sandbox.redshift.faults import Fault
from sandbox.redshift.rewrite import rewrite
from sandbox.redshift.text import without_comments
from sandbox.redshift.wire import OVERLAP, Backend, Message, ServerError, literal

# What the stand-in does itself instead of PostgreSQL; gives the messages for the client.
Action = Callable[[], list[Message]]
_COPY = re.compile(r"(?is)copy\b.*\bfrom\s+'(s3|dynamodb|emr|ssh)")
_STATEMENT_FAULTS = frozenset({"error", "serializable_violation", "slow", "restart", "hang_up"})
_FLAGS = (
    "select current_setting('rs.enable_case_sensitive_identifier', true), "
    "current_setting('rs.enable_case_sensitive_super_attribute', true)"
)
_CHANGES_SETTINGS = (b"SET", b"RESET", b"ROLLBACK")
_TRUE = ("true", "on", "1", "yes", "t")


class HungUp(ConnectionError):
    """A scripted fault ends the connection without a word."""


class Session:
    """A session on PostgreSQL, with Redshift's settings of it."""

    def __init__(self, backend: Backend, engine: Engine) -> None:
        self.backend, self.engine = backend, engine
        self.database, self.user, self.pid = engine.database, "", 0
        self.last_query = 0
        self.is_cancelled = False
        self._flags = (False, False)
        self._planned = Afterwards()
        self._due: list[str] = []

    def begin(self) -> None:
        """Read who is logged in where, and the settings; once, after the login."""
        row = self.backend.query("select current_database(), session_user, pg_backend_pid()")[0]
        self.database, self.user, self.pid = str(row[0]), str(row[1]), int(row[2] or 0)
        self.read_flags()

    def read_flags(self) -> None:
        """Read anew how names are taken: after every SET, and after a rollback of one."""
        row = self.backend.query(_FLAGS)[0]
        names, attributes = ((value or "").lower() in _TRUE for value in row)
        self._flags = (names, attributes)

    def go_on(self) -> None:
        """Between two statements of the stand-in's own: a cancel may have found none to cancel.

        Raises:
            Rejected: the client wants no more of it.
        """
        if self.is_cancelled:
            raise Rejected("Query cancelled on user's request", "57014")

    def fold(self, name: str) -> str:
        """A name as this session takes it."""
        return name if any(self._flags) else name.lower()

    def plan(self, sql: str) -> str | Action:
        """What PostgreSQL shall run instead, or what the stand-in does itself.

        Raises:
            ServerError: it is refused, and an open transaction is aborted by that.
        """
        self._suffer(self.engine.faults.strike(sql, _STATEMENT_FAULTS))
        self._planned = Afterwards()
        bare = without_comments(sql)
        if _COPY.match(bare):
            return lambda: self._copy(bare)
        try:
            plan = rewrite(sql, *self._flags)
        except Rejected as refused:
            raise self.fail(refused) from None
        self._planned = afterwards(bare, plan)
        return plan

    def completed(self, tag: bytes) -> None:
        """Note that the planned statement is done; the tag says what and how many rows."""
        if tag.startswith(_CHANGES_SETTINGS):
            self._due.append(_FLAGS)
        self._due += self._planned.statements(tag)
        self._planned = Afterwards()

    def settle(self) -> None:
        """Do what completed statements have left, before the client hears that we are ready."""
        due, self._due = self._due, []
        if self.backend.status == b"E":
            return
        for sql in due:
            if sql == _FLAGS:
                self.read_flags()
            else:
                self.backend.query(sql)

    def fail(self, refused: Rejected) -> ServerError:
        """Let PostgreSQL raise the error itself, so that it knows its transaction is aborted."""
        options = f"message = {literal(refused)}, errcode = {literal(refused.code)}"
        if refused.detail:
            options += f", detail = {literal(refused.detail)}"
        try:
            self.backend.query(f"do $rs$ begin raise exception using {options}; end $rs$")
        except ServerError as error:
            return error
        raise AssertionError("the statement above raises")

    def _copy(self, sql: str) -> list[Message]:
        try:
            return copy(self, sql)
        except Rejected as refused:
            raise self.fail(refused) from None

    def _suffer(self, fault: Fault | None) -> None:
        match fault:
            case None:
                return
            case Fault(fault="error"):
                raise self.fail(Rejected(fault.message, "XX000"))
            case Fault(fault="serializable_violation"):
                raise self.fail(Rejected("scripted", OVERLAP))
            case Fault(fault="slow"):
                self.backend.query(f"select pg_sleep({fault.seconds})")
            case Fault(fault="restart"):
                self.engine.restart(fault.seconds)
            case Fault(fault="hang_up"):
                raise HungUp("scripted")
