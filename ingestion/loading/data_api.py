"""Redshift's Data API, typed: statements by HTTPS, signed with the credentials that boto3 finds.

No driver, no open connection and no password: what was submitted goes on in the warehouse when its
client is lost, and the same `ClientToken` finds it again. The same on a Serverless workgroup, on a
provisioned cluster and on the stand-in (`AWS_ENDPOINT_URL_REDSHIFT_DATA`).
"""

import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import ConfigurationError, InvestiqError, LoadFailed
from ingestion.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_redshift_data import RedshiftDataAPIServiceClient

Row = tuple[Any, ...]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_TRIES = 5
_BUSY = frozenset(
    {
        "ActiveStatementsExceededException",
        "ActiveSessionsExceededException",
        "InternalServerException",
        "ThrottlingException",
    }
)
_OVER = frozenset({"FINISHED", "FAILED", "ABORTED"})
_CREDENTIALS = (
    "refresh your AWS credentials (`aws sso login`, or new keys), then run the same command "
    "again: what was submitted goes on in the warehouse, and is found again"
)
_NEXT_STEPS = {
    "ExpiredTokenException": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "UnrecognizedClientException": _CREDENTIALS,
    "InvalidSignatureException": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "AccessDeniedException": (
        "let the IAM identity use redshift-data:* and take credentials of the database "
        "(redshift-serverless:GetCredentials, or redshift:GetClusterCredentialsWithIAM)"
    ),
    "ResourceNotFoundException": (
        "check INVESTIQ_REDSHIFT_WORKGROUP or INVESTIQ_REDSHIFT_CLUSTER, and AWS_REGION"
    ),
    "ValidationException": (
        "check INVESTIQ_REDSHIFT_WORKGROUP, INVESTIQ_REDSHIFT_CLUSTER, INVESTIQ_REDSHIFT_DATABASE "
        "and INVESTIQ_REDSHIFT_DB_USER"
    ),
}


class StatementFailed(InvestiqError):
    """Redshift refused a statement; of a batch nothing was kept."""

    exit_code = LoadFailed.exit_code

    def __init__(self, statement: "Statement") -> None:
        super().__init__(
            f"Redshift says: {statement.error}. Look at the statement {statement.id} in the "
            "query editor, or run `investiq doctor`."
        )
        self.statement = statement


class StillRunning(InvestiqError):
    """A statement took longer than the settings allow; it goes on in the warehouse."""

    exit_code = LoadFailed.exit_code


@dataclass(frozen=True, slots=True)
class Statement:
    """What the Data API says of a statement or a batch.

    Attributes:
        error: what Redshift said, on one line; empty when nothing failed.
        failed_at: which statement of the batch failed, from 0; None where it is not said.
        query_id, pid: by which Redshift's own tables know the statement that failed.
        has_rows: whether there is a result to fetch.
    """

    id: str
    status: str
    error: str = ""
    failed_at: int | None = None
    query_id: int = 0
    pid: int = 0
    has_rows: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _OVER

    @property
    def is_well(self) -> bool:
        """Whether it did all that it says, and committed."""
        return self.status == "FINISHED"


@dataclass(frozen=True, slots=True)
class DataApi:
    """One database, asked through the Data API.

    Attributes:
        target: the workgroup or the cluster, and as whom, in boto3's own names.
        deadline_seconds: how long a statement may take before we stop waiting for it.
    """

    client: "RedshiftDataAPIServiceClient"
    target: Mapping[str, str]
    deadline_seconds: float = 3600.0

    @classmethod
    def of(cls, settings: Settings) -> "DataApi":
        """The database that the settings name.

        Raises:
            ConfigurationError: neither a workgroup nor a cluster is named, or no region.
        """
        target = {"Database": settings.redshift_database}
        if settings.redshift_workgroup:
            target["WorkgroupName"] = settings.redshift_workgroup
        elif settings.redshift_cluster:
            target["ClusterIdentifier"] = settings.redshift_cluster
            if settings.redshift_db_user:
                target["DbUser"] = settings.redshift_db_user
        else:
            raise ConfigurationError(
                "No Redshift is named. Set INVESTIQ_REDSHIFT_WORKGROUP (Serverless) or "
                "INVESTIQ_REDSHIFT_CLUSTER (provisioned), or unset INVESTIQ_TARGET to use DuckDB; "
                "`make demo TARGET=redshift` needs neither."
            )
        if settings.redshift_secret_arn:
            target["SecretArn"] = settings.redshift_secret_arn
        return cls(data_client(), target, settings.redshift_deadline_seconds)

    @property
    def is_serverless(self) -> bool:
        """Whether it is a workgroup, not a cluster."""
        return "WorkgroupName" in self.target

    def query(self, sql: str, **parameters: object) -> list[Row]:
        """Run one statement and give its rows; `:name` in it is a parameter, always as text.

        Raises:
            StatementFailed: Redshift refused it.
        """
        values: dict[str, Any] = {}
        if parameters:
            values["Parameters"] = [
                {"name": name, "value": str(value)} for name, value in parameters.items()
            ]
        reply = self._call("execute_statement", Sql=sql, **self.target, **values)
        done = self.wait(reply["Id"])
        if not done.is_well:
            raise StatementFailed(done)
        return list(self.rows(done.id)) if done.has_rows else []

    def batch(self, statements: Sequence[str]) -> Statement:
        """Run several statements as one transaction, and wait for its end.

        Raises:
            StatementFailed: one of them was refused; nothing of them was kept.
        """
        done = self.wait(self.submit(statements))
        if not done.is_well:
            raise StatementFailed(done)
        return done

    def submit(
        self, statements: Sequence[str], token: str | None = None, name: str | None = None
    ) -> str:
        """Hand over a batch, one transaction; the same token gives the same batch again.

        Args:
            name: by which `submitted` finds it.
        """
        named = {"ClientToken": token} if token else {}
        named |= {"StatementName": name} if name else {}
        return str(
            self._call("batch_execute_statement", Sqls=list(statements), **self.target, **named)[
                "Id"
            ]
        )

    def submitted(self, name: str) -> frozenset[str]:
        """The ids of all that was submitted under a name, by whomever; Redshift knows a day."""
        found: set[str] = set()
        more: dict[str, str] = {}
        while True:
            page = self._call("list_statements", StatementName=name, Status="ALL", **more)
            found.update(str(one["Id"]) for one in page["Statements"])
            if not page.get("NextToken"):
                return frozenset(found)
            more = {"NextToken": page["NextToken"]}

    def look(self, statement_id: str) -> Statement:
        """What there is to say of it now."""
        return _statement(self._call("describe_statement", Id=statement_id))

    def wait(self, statement_id: str) -> Statement:
        """Wait for its end, looking less and less often.

        Raises:
            StillRunning: it did not end in time.
        """
        deadline = time.monotonic() + self.deadline_seconds
        pause = _FIRST_PAUSE
        while not (found := self.look(statement_id)).is_over:
            if time.monotonic() >= deadline:
                raise StillRunning(
                    f"The statement {statement_id} has not ended in {self.deadline_seconds:g} s "
                    f"({found.status}) and goes on in the warehouse. Run the same command again "
                    "later: it finds that statement; INVESTIQ_REDSHIFT_DEADLINE_SECONDS sets the "
                    "patience."
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return found

    def rows(self, statement_id: str) -> Iterator[Row]:
        """The rows that a statement gave, page by page; of a batch `id:n`, counted from 1."""
        more: dict[str, str] = {}
        while True:
            page = self._call("get_statement_result", Id=statement_id, **more)
            yield from (tuple(_value(field) for field in record) for record in page["Records"])
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _call(self, operation: str, **options: Any) -> dict[str, Any]:
        for tries_left in reversed(range(_TRIES)):
            try:
                return dict(getattr(self.client, operation)(**options))
            except ClientError as refused:
                code = str(refused.response.get("Error", {}).get("Code", ""))
                if code not in _BUSY or not tries_left:
                    raise _refused(code, refused) from None
            except BotoCoreError as unreachable:
                raise ConfigurationError(
                    f"Redshift's Data API cannot be reached or asked ({_plain(unreachable)}). "
                    "Check the AWS credentials, AWS_REGION and the connection; `investiq doctor` "
                    "shows what is found."
                ) from None
            pause_before_retry(_TRIES - tries_left)
        raise AssertionError("the loop above returns or raises")


def data_client() -> "RedshiftDataAPIServiceClient":
    """A client from boto3's own environment.

    Raises:
        ConfigurationError: no region is set.
    """
    session = boto3.Session()
    region = os.environ.get("AWS_REGION") or session.region_name
    if not region:
        raise ConfigurationError(
            "No AWS region is set, so Redshift's Data API has no address. Set AWS_REGION to the "
            "region of the workgroup or cluster."
        )
    return session.client(
        "redshift-data",
        region_name=region,
        config=Config(
            retries={"total_max_attempts": 5, "mode": "standard"},
            connect_timeout=5,
            read_timeout=60,
        ),
    )


def pause_before_retry(attempt: int) -> None:
    """Wait longer from try to try, and never as long as others who failed at the same moment."""
    time.sleep(random.uniform(0.5, 1.0) * min(0.2 * 2**attempt, 20.0))


def _statement(described: Mapping[str, Any]) -> Statement:
    parts = described.get("SubStatements", [])
    at = next((n for n, part in enumerate(parts) if part.get("Status") == "FAILED"), None)
    failed = described if at is None else parts[at]
    error = described.get("Error") or failed.get("Error") or ""
    if described["Status"] == "ABORTED" and not error:
        error = "it was cancelled"
    return Statement(
        id=str(described["Id"]),
        status=str(described["Status"]),
        error=" ".join(str(error).split())[:1000].rstrip("."),
        failed_at=at,
        query_id=max(int(failed.get("RedshiftQueryId") or 0), 0),
        pid=max(int(described.get("RedshiftPid") or 0), 0),
        has_rows=bool(described.get("HasResultSet")),
    )


def _value(field: Mapping[str, Any]) -> Any:
    if field.get("isNull"):
        return None
    return next(iter(field.values()))


def _refused(code: str, refused: ClientError) -> InvestiqError:
    said = str(refused.response.get("Error", {}).get("Message", "")).rstrip(".")
    if code in _BUSY:
        return LoadFailed(
            f"Redshift's Data API is busy and stayed so ({code}: {said}). Nothing is half done: "
            "run the same command again later."
        )
    step = _NEXT_STEPS.get(code, "look at `investiq doctor`, then run the same command again")
    return ConfigurationError(f"Redshift's Data API refuses ({code}: {said}). Next: {step}.")


def _plain(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
