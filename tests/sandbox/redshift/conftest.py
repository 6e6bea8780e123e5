"""Connections to the stand-in, and a schema of its own for each test."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import redshift_connector

from sandbox.redshift import RedshiftServer

Statement = dict[str, Any]
ROLE = "iam_role default"


def connect(server: RedshiftServer, **other: Any) -> Any:
    """A connection of the administrator by TLS, or as `other` says."""
    options: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "database": server.database,
        "user": server.admin_user,
        "password": server.admin_password,
        "sslmode": "verify-full",
    }
    return redshift_connector.connect(**options | other)


@pytest.fixture
def trusted(redshift: RedshiftServer, monkeypatch: pytest.MonkeyPatch) -> RedshiftServer:
    """The stand-in, whose certificate this process trusts; nothing is scripted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.ca_file))
    redshift.clear_faults()
    return redshift


@pytest.fixture
def cursor(trusted: RedshiftServer) -> Iterator[Any]:
    """A cursor of the administrator; each statement commits by itself."""
    connection = connect(trusted)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def schema(cursor: Any, trusted: RedshiftServer) -> Iterator[str]:
    """An empty schema that is removed afterwards, whatever became of the cursor."""
    name = f"t_{uuid.uuid4().hex[:10]}"
    cursor.execute(f"create schema {name}")
    yield name
    with connect(trusted) as connection:
        connection.cursor().execute(f"drop schema {name} cascade")
        connection.commit()


@pytest.fixture
def api(redshift: RedshiftServer, clean_environment: pytest.MonkeyPatch) -> Any:
    """An unmodified boto3 client of the stand-in's Data API."""
    clean_environment.setenv("AWS_ENDPOINT_URL_REDSHIFT_DATA", redshift.data_api_url)
    return boto3.client(
        "redshift-data",
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",  # pragma: allowlist secret
    )


@pytest.fixture
def run(api: Any, redshift: RedshiftServer) -> Callable[..., Statement]:
    """Run one statement, or several as a batch, as the administrator; how it ended."""
    redshift.clear_faults()

    def to_the_end(*texts: str, **options: Any) -> Statement:
        target = {"WorkgroupName": redshift.workgroup, "Database": redshift.database}
        target |= {"SecretArn": f"arn:aws:secretsmanager:::secret:{redshift.admin_user}", **options}
        if len(texts) == 1:
            ident = api.execute_statement(Sql=texts[0], **target)["Id"]
        else:
            ident = api.batch_execute_statement(Sqls=list(texts), **target)["Id"]
        return ended(api, ident)

    return to_the_end


def ended(api: Any, ident: str, within: float = 20.0) -> Statement:
    """What DescribeStatement says once the statement has ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        statement: Statement = api.describe_statement(Id=ident)
        if statement["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            return statement
        time.sleep(0.02)
    raise AssertionError(f"statement {ident} has not ended: {statement}")
