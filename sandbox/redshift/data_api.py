"""The actions of the Redshift Data API, as boto3's `redshift-data` calls them.

Each statement runs in a thread of its own, whatever becomes of the client that sent it; a batch is
one transaction; the same ClientToken is the same statement.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.redshift.engine import Engine
from sandbox.redshift.execution import execute
from sandbox.redshift.faults import API_KINDS, Fault
from sandbox.redshift.session import HungUp, Session
from sandbox.redshift.statement import Statement, Step
from sandbox.redshift.users import ADMIN, LOADER
from sandbox.redshift.wire import ServerError

_MOST_STATEMENTS = 40
_LONGEST_STATEMENT = 100_000
_LONGEST_TOKEN = 64
_SUBMITTED = ("Id", "CreatedAt", "ClusterIdentifier", "WorkgroupName", "Database", "DbUser")
_LISTED = ("Id", "Status", "CreatedAt", "UpdatedAt", "QueryString", "StatementName")


class ApiError(Exception):
    """What the API answers with status 400: its kind, and what it says."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class LostResponse(Exception):
    """A scripted fault: the request was carried out and its answer never arrives."""


class DataApi:
    """All statements since the start, by id and by client token."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._all: dict[str, Statement] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        self._actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "ExecuteStatement": self._execute,
            "BatchExecuteStatement": self._batch,
            "DescribeStatement": self._describe,
            "GetStatementResult": self._result,
            "CancelStatement": self._cancel,
            "ListStatements": self._list,
        }

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """Carry an action out; ApiError for what it refuses."""
        if action not in self._actions:
            raise ApiError("UnknownOperationException", f"stand-in: {action} is not emulated")
        match self._engine.faults.strike(action, API_KINDS):
            case Fault(fault="expired_token"):
                text = "The security token included in the request is expired"
                raise ApiError("ExpiredTokenException", text)
            case Fault(fault="throttled"):
                raise ApiError("ThrottlingException", "Rate exceeded")
            case Fault(fault="lost_response"):
                self._actions[action](request)
                raise LostResponse
        return self._actions[action](request)

    # ------------------------------------------------------------------ actions
    def _execute(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._submit(request, [request["Sql"]], batch=False)

    def _batch(self, request: dict[str, Any]) -> dict[str, Any]:
        texts = request["Sqls"]
        if not 1 <= len(texts) <= _MOST_STATEMENTS:
            text = f"Sqls must have between 1 and {_MOST_STATEMENTS} items"
            raise ApiError("ValidationException", text)
        return self._submit(request, texts, batch=True)

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        statement, step = self._find(request["Id"])
        return statement.described() if step is statement.whole else step.described()

    def _result(self, request: dict[str, Any]) -> dict[str, Any]:
        _, step = self._find(request["Id"])
        if step.status != "FINISHED":
            raise ApiError("ResourceNotFoundException", f"Query is in {step.status} state")
        if step.result is None or step.result.columns is None:
            raise ApiError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        return step.page(int(request.get("NextToken") or 0))

    def _cancel(self, request: dict[str, Any]) -> dict[str, Any]:
        statement, _ = self._find(request["Id"])
        if statement.whole.has_ended:
            raise ApiError(
                "ValidationException",
                f"Could not cancel a query that is already in {statement.whole.status} state "
                f"with ID: {request['Id']}",
            )
        for step in [*statement.steps, statement.whole]:
            step.mark("ABORTED")
        if session := statement.session:
            session.is_cancelled = True
            self._engine.cancel(session.pid)
        return {"Status": True}

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted, name = request.get("Status", "ALL"), request.get("StatementName", "")
        told = [statement.described() for statement in list(self._all.values())]
        return {
            "Statements": [
                {key: one[key] for key in _LISTED if key in one}
                for one in told
                if wanted in ("ALL", one["Status"])
                and str(one.get("StatementName", "")).startswith(name)
            ]
        }

    # ------------------------------------------------------------------ what they share
    def _find(self, ident: str) -> tuple[Statement, Step]:
        statement = self._all.get(ident.partition(":")[0])
        steps = (
            {step.ident: step for step in [*statement.steps, statement.whole]} if statement else {}
        )
        if statement is None or ident not in steps:
            raise ApiError("ResourceNotFoundException", "Query does not exist.")
        return statement, steps[ident]

    def _submit(self, request: dict[str, Any], texts: list[str], *, batch: bool) -> dict[str, Any]:
        user = self._user(request)
        _validate(request, texts)
        token = request.get("ClientToken")
        with self._lock:
            if token and token in self._tokens:
                statement = self._all[self._tokens[token]]
            else:
                statement = Statement.of(request, texts, user, batch=batch)
                self._all[statement.whole.ident] = statement
                if token:
                    self._tokens[token] = statement.whole.ident
                threading.Thread(target=self._run, args=(statement,), daemon=True).start()
        told = statement.described()
        return {key: told[key] for key in _SUBMITTED if key in told}

    def _user(self, request: dict[str, Any]) -> str:
        """The user of the database as whom it runs."""
        secret = str(request.get("SecretArn", ""))
        named = str(request.get("DbUser", ""))
        if secret:
            return next((user for user in self._engine.passwords if user in secret), ADMIN)
        if named and named not in self._engine.passwords:
            raise ApiError("ValidationException", f"Database user {named} does not exist")
        return named or LOADER

    def _run(self, statement: Statement) -> None:
        began = time.monotonic()
        whole = statement.whole
        try:
            if self._engine.is_closed:
                raise ConnectionError("the cluster is restarting")
            whole.mark("STARTED")
            backend = self._engine.backend(statement.user, statement.request["Database"])
            try:
                session = Session(backend, self._engine)
                session.begin()
                statement.session = session
                self._steps(statement, session)
            finally:
                backend.close()
            whole.mark("FINISHED")
        except ServerError as error:
            _failed(statement, _told(error))
        except HungUp:
            _failed(statement, "Connection to the cluster was lost")
        except OSError as error:
            _failed(statement, f"Could not connect to the cluster: {error}")
        finally:
            whole.duration = int((time.monotonic() - began) * 1e9)

    def _steps(self, statement: Statement, session: Session) -> None:
        if statement.is_batch:
            execute(session, "begin", {})
        for step in statement.steps:
            if statement.whole.has_ended:  # cancelled between two steps
                return
            began = time.monotonic()
            if step is not statement.whole:
                step.mark("STARTED")
            step.result = execute(session, step.sql, statement.values)
            step.query, step.duration = session.last_query, int((time.monotonic() - began) * 1e9)
            if step is not statement.whole:
                step.mark("FINISHED")
        if statement.is_batch:
            execute(session, "commit", {})


def _validate(request: dict[str, Any], texts: list[str]) -> None:
    if bool(request.get("ClusterIdentifier")) == bool(request.get("WorkgroupName")):
        raise ApiError(
            "ValidationException",
            "Either ClusterIdentifier or WorkgroupName is required, and not both",
        )
    if not request.get("Database"):
        raise ApiError("ValidationException", "Database is required")
    if "SessionKeepAliveSeconds" in request or "SessionId" in request:
        raise ApiError("ValidationException", "stand-in: sessions are not emulated")
    if any(len(text.encode()) > _LONGEST_STATEMENT for text in texts):
        raise ApiError("ValidationException", "Query string is longer than 100 KB")
    if len(request.get("ClientToken") or "") > _LONGEST_TOKEN:
        raise ApiError("ValidationException", "ClientToken is longer than 64 characters")


def _failed(statement: Statement, text: str) -> None:
    """Mark the step that failed, and abort those after it."""
    status = "FAILED"
    if statement.is_batch:
        for step in statement.steps:
            if not step.has_ended:
                step.mark(status, text if status == "FAILED" else "")
                status = "ABORTED"
    statement.whole.mark("FAILED", text)


def _told(error: ServerError) -> str:
    detail = error.fields.get("D")
    text = f"ERROR: {error.fields.get('M', '')}"
    return f"{text}\n  Detail: {detail}" if detail else text
