"""The Data API as an unmodified boto3 sees it."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingestion.objectstore import ObjectStore
from sandbox.redshift import RedshiftServer
from tests.sandbox.redshift.conftest import Statement, ended

TARGET = {"WorkgroupName": "investiq-sandbox", "Database": "investiq", "DbUser": "rsadmin"}
LEAVE = """
import boto3, os, sys
boto3.client("redshift-data", region_name="us-east-1").execute_statement(
    WorkgroupName="investiq-sandbox", Database="investiq", SecretArn="rsadmin", Sql=sys.argv[1],
    StatementName=sys.argv[2])
print("sent", flush=True)
sys.stdin.readline()
"""


def records(api: Any, statement: Statement) -> list[list[Any]]:
    ident = statement.get("SubStatements", [statement])[-1]["Id"]
    pages = api.get_paginator("get_statement_result").paginate(Id=ident)
    return [[*field.values()] for page in pages for row in page["Records"] for field in [row[0]]]


def count(api: Any, run: Any, table: str) -> int:
    return int(records(api, run(f"select count(*) from {table}"))[0][0])


@pytest.fixture
def table(cursor: Any, schema: str) -> str:
    cursor.execute(f"create table {schema}.t (a integer, b varchar(20))")
    return f"{schema}.t"


def test_values_have_the_types_of_the_service(api: Any, run: Any) -> None:
    done = run(
        "select 1, 2.5::float8, true, null, 1.50::decimal(8, 2), '2024-04-26'::date, :who::varchar",
        Parameters=[{"name": "who", "value": "it's; --"}],
    )
    result = api.get_statement_result(Id=done["Id"])
    assert result["Records"] == [
        [
            {"longValue": 1},
            {"doubleValue": 2.5},
            {"booleanValue": True},
            {"isNull": True},
            {"stringValue": "1.50"},
            {"stringValue": "2024-04-26"},
            {"stringValue": "it's; --"},
        ]
    ]
    assert [column["typeName"] for column in result["ColumnMetadata"]][:3] == [
        "int4",
        "float8",
        "bool",
    ]


def test_a_batch_is_one_transaction(api: Any, run: Any, table: str) -> None:
    failed = run(
        f"insert into {table} values (1, 'a')",
        f"insert into {table} values (2, repeat('x', 21))",
        f"insert into {table} values (3, 'c')",
    )
    assert failed["Status"] == "FAILED"
    assert "value too long" in failed["Error"]
    states = [step["Status"] for step in failed["SubStatements"]]
    assert states == ["FINISHED", "FAILED", "ABORTED"]
    assert count(api, run, table) == 0
    done = run(f"insert into {table} values (1, 'a'), (2, 'b')", f"delete from {table} where a = 1")
    assert [step["ResultRows"] for step in done["SubStatements"]] == [2, 1]
    assert count(api, run, table) == 1


def test_the_same_token_is_the_same_statement(api: Any, run: Any, table: str) -> None:
    options = {"ClientToken": "of-this-load", "Sql": f"insert into {table} values (1, 'a')"}
    first = api.execute_statement(**options, **TARGET)["Id"]
    ended(api, first)
    assert api.execute_statement(**options, **TARGET)["Id"] == first
    assert count(api, run, table) == 1


def test_a_lost_answer_is_asked_for_again_by_boto3(
    api: Any, run: Any, redshift: RedshiftServer, table: str
) -> None:
    """boto3 sends a request again when its connection breaks; its ClientToken makes it one."""
    redshift.script("lost_response", match="^ExecuteStatement")
    assert run(f"insert into {table} values (1, 'a')")["Status"] == "FINISHED"
    assert count(api, run, table) == 1


def test_a_statement_goes_on_without_its_client(
    api: Any, run: Any, redshift: RedshiftServer, table: str
) -> None:
    redshift.script("slow", match="insert", seconds=1.0)
    lost = subprocess.Popen(
        [sys.executable, "-c", LEAVE, f"insert into {table} values (1, 'a')", table],
        env={**os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert lost.stdout is not None
    lost.stdout.readline()
    lost.send_signal(signal.SIGKILL)
    lost.communicate()
    assert count(api, run, table) == 0
    [left] = api.list_statements(StatementName=table, Status="ALL")["Statements"]
    assert ended(api, left["Id"])["Status"] == "FINISHED"
    assert count(api, run, table) == 1


def test_a_cancelled_statement_leaves_nothing(api: Any, run: Any, table: str) -> None:
    texts = [f"insert into {table} values (1, 'a')", "select pg_sleep(30)"]
    ident = api.batch_execute_statement(Sqls=texts, **TARGET)["Id"]
    while not api.describe_statement(Id=ident).get("RedshiftPid"):
        time.sleep(0.02)
    assert api.cancel_statement(Id=ident)["Status"] is True
    assert api.describe_statement(Id=ident)["Status"] == "ABORTED"
    with pytest.raises(ClientError, match="already in ABORTED state"):
        api.cancel_statement(Id=ident)
    assert count(api, run, table) == 0


def test_a_cancelled_copy_loads_nothing(
    api: Any, run: Any, redshift: RedshiftServer, store: ObjectStore, table: str
) -> None:
    redshift.script("slow_copy", seconds=30)
    store.client.put_object(Bucket=store.bucket, Key="one", Body=b'{"a": 1, "b": "x"}')
    text = f"copy {table} from 's3://{store.bucket}/one' iam_role default json 'auto'"
    ident = api.execute_statement(Sql=text, **TARGET)["Id"]
    time.sleep(0.3)
    api.cancel_statement(Id=ident)
    assert ended(api, ident)["Status"] == "ABORTED"
    assert run(text)["ResultRows"] == 1
    assert count(api, run, table) == 1


def test_a_long_result_comes_in_pages(api: Any, run: Any, table: str) -> None:
    run(
        f"insert into {table} with recursive n(a) as "
        "(select 1 union all select a + 1 from n where a < 2500) select a, 'x' from n"
    )
    done = run(f"select a from {table} order by a")
    first = api.get_statement_result(Id=done["Id"])
    assert len(first["Records"]) == 1000
    assert first["TotalNumRows"] == 2500
    assert [row[0] for row in records(api, done)] == list(range(1, 2501))


def test_an_expired_token_is_the_error_that_the_service_sends(
    api: Any, run: Any, redshift: RedshiftServer
) -> None:
    redshift.script("expired_token")
    with pytest.raises(ClientError) as refused:
        api.list_statements()
    assert refused.value.response["Error"]["Code"] == "ExpiredTokenException"
    assert run("select 1")["Status"] == "FINISHED"


def test_who_runs_it(api: Any, run: Any) -> None:
    def who(**options: Any) -> str:
        return str(records(api, run("select current_user::varchar", **options))[0][0])

    assert who() == "rsadmin"
    assert who(SecretArn="", DbUser="investiq_reader") == "investiq_reader"
    assert who(SecretArn="") == "investiq_loader"


def test_a_violation_of_serializable_isolation_can_be_scripted(
    run: Any, api: Any, redshift: RedshiftServer, table: str
) -> None:
    redshift.script("serializable_violation", match="^commit")
    refused = run(f"insert into {table} values (1, 'a')", f"delete from {table} where a = 2")
    assert refused["Status"] == "FAILED"
    assert refused["Error"].startswith("ERROR: 1023\n  Detail: Serializable isolation violation")
    assert count(api, run, table) == 0


def test_a_restart_ends_what_runs(run: Any, api: Any, redshift: RedshiftServer, table: str) -> None:
    redshift.script("restart", match="insert", seconds=0.5)
    cut = run(f"insert into {table} values (1, 'a')")
    assert cut["Status"] == "FAILED"
    refused = run("select 1")
    assert "restarting" in refused["Error"]
    time.sleep(0.6)
    assert count(api, run, table) == 0


@pytest.mark.parametrize(("first", "well"), [("lock table {}", 2), ("update {} set a = a", 1)])
def test_two_writers_take_turns_by_a_lock_and_by_nothing_else(
    api: Any, run: Any, table: str, first: str, well: int
) -> None:
    """LOCK takes no snapshot; an UPDATE does, so who waited for it sees what was there before."""
    run(f"insert into {table} values (0, 'count')")
    steps = [first.format(table), "select pg_sleep(0.3)", f"update {table} set a = a + 1"]
    ends: list[Statement] = []
    writers = [threading.Thread(target=lambda: ends.append(run(*steps))) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    refused = [end["Error"] for end in ends if end["Status"] == "FAILED"]
    assert all("1023\n  Detail: Serializable isolation violation" in text for text in refused)
    assert 2 - len(refused) == well
    assert records(api, run(f"select a from {table}")) == [[well]]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"Sql": "select 1", "Database": "investiq"}, "Either ClusterIdentifier or WorkgroupName"),
        ({"Sql": "select 1", "WorkgroupName": "any"}, "Database"),
        ({"Sql": " " * 100_001, "Database": "investiq", "WorkgroupName": "any"}, "100 KB"),
    ],
)
def test_what_the_service_refuses_at_once(api: Any, options: dict[str, str], reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        api.execute_statement(**options)


def test_several_statements_in_one_text_are_refused(run: Any) -> None:
    refused = run("select 1; select 2")
    assert "cannot insert multiple commands into a prepared statement" in refused["Error"]
