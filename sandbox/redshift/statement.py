"""A statement of the Data API: what it is asked to do and how far it has come."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.redshift.execution import Result
from sandbox.redshift.session import Session

PAGE = 1000
_ENDED = frozenset({"FINISHED", "FAILED", "ABORTED"})
_TYPES = {
    16: "bool",
    20: "int8",
    21: "int2",
    23: "int4",
    700: "float4",
    701: "float8",
    1042: "bpchar",
    1082: "date",
    1114: "timestamp",
    1184: "timestamptz",
    1700: "numeric",
}
_INTEGERS, _FLOATS, _BOOLEAN = (20, 21, 23), (700, 701), 16


@dataclass(slots=True)
class Step:
    """One SQL text and its outcome: a statement by itself, or one of a batch."""

    ident: str
    sql: str
    created: float
    status: str = "SUBMITTED"
    updated: float = 0.0
    duration: int = -1
    error: str = ""
    query: int = 0
    result: Result | None = None

    def mark(self, status: str, error: str = "") -> None:
        """Note what has become of it; what has ended stays as it is."""
        if self.status not in _ENDED:
            self.status, self.error, self.updated = status, error, time.time()

    @property
    def has_ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in _ENDED

    def described(self) -> dict[str, Any]:
        """As DescribeStatement tells it."""
        result = self.result
        rows = result and (len(result.rows) if result.columns is not None else result.affected)
        told: dict[str, Any] = {
            "Id": self.ident,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated or self.created,
            "Duration": self.duration,
            "QueryString": self.sql,
            "HasResultSet": bool(result and result.columns is not None),
            "ResultRows": -1 if rows is None else rows,
            "ResultSize": -1
            if result is None
            else sum(len(v or "") for r in result.rows for v in r),
            "RedshiftQueryId": self.query,
        }
        return told | ({"Error": self.error} if self.error else {})

    def page(self, start: int) -> dict[str, Any]:
        """A page of the result, as GetStatementResult gives it; the result must be there."""
        assert self.result is not None
        assert self.result.columns is not None
        columns, rows = self.result.columns, self.result.rows
        told: dict[str, Any] = {
            "Records": [
                [_field(value, column.kind) for value, column in zip(row, columns, strict=True)]
                for row in rows[start : start + PAGE]
            ],
            "TotalNumRows": len(rows),
            "ColumnMetadata": [
                {
                    "name": column.name,
                    "label": column.name,
                    "typeName": _TYPES.get(column.kind, "varchar"),
                    "nullable": 1,
                }
                for column in columns
            ],
        }
        if start + PAGE < len(rows):
            told["NextToken"] = str(start + PAGE)
        return told


def _field(value: str | None, kind: int) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if kind == _BOOLEAN:
        return {"booleanValue": value == "t"}
    if kind in _INTEGERS:
        return {"longValue": int(value)}
    if kind in _FLOATS:
        return {"doubleValue": float(value)}
    return {"stringValue": value}


@dataclass(slots=True)
class Statement:
    """What one call of the API asked for; a batch has several steps, a statement one."""

    request: dict[str, Any]
    steps: list[Step]
    whole: Step
    is_batch: bool
    user: str
    session: Session | None = None
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, request: dict[str, Any], texts: list[str], user: str, *, batch: bool
    ) -> "Statement":
        """A new one."""
        ident, now = str(uuid.uuid4()), time.time()
        whole = Step(ident, ";\n".join(texts), now)
        steps = [whole]
        if batch:
            steps = [Step(f"{ident}:{n}", text, now) for n, text in enumerate(texts, 1)]
        values = {item["name"]: item["value"] for item in request.get("Parameters", [])}
        return cls(request, steps, whole, batch, user, values=values)

    def described(self) -> dict[str, Any]:
        """As DescribeStatement tells it."""
        told = self.whole.described() | {
            "RedshiftPid": self.session.pid if self.session else 0,
            "DbUser": self.user,
        }
        kept = ("ClusterIdentifier", "WorkgroupName", "Database", "SecretArn", "StatementName")
        told |= {key: self.request[key] for key in kept if key in self.request}
        if self.values:
            told["QueryParameters"] = self.request["Parameters"]
        if self.is_batch:
            told["SubStatements"] = [step.described() for step in self.steps]
        return told
