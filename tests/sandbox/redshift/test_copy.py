"""COPY from S3: what is loaded, and what is refused with file, line, column and reason."""

import gzip
import json
from typing import Any

import pytest
from redshift_connector import ProgrammingError

from ingestion.objectstore import ObjectStore
from sandbox.redshift.copy_lines import MAX_OBJECT, MAX_STRING

ODD = 'a="q"/it\'s; drop table t--/ü ñ/line\n1.ndjson'
DDL = (
    "(payload super, source_key varchar(20) not null, record_no integer, "
    "fetched_at timestamp, trade_date date)"
)


def line(number: int, **other: Any) -> bytes:
    record = {
        "payload": {"symbol": f"S{number}", "last_price": "12.50"},
        "source_key": "k",
        "record_no": number,
        "fetched_at": "2024-04-26 12:00:00",
        "trade_date": "2024-04-26",
    }
    return json.dumps(record | other, ensure_ascii=False).encode() + b"\n"


def put(store: ObjectStore, key: str, body: bytes) -> str:
    store.client.put_object(Bucket=store.bucket, Key=key, Body=body)
    return f"s3://{store.bucket}/{key}"


def manifest(store: ObjectStore, *entries: tuple[str, bool]) -> str:
    listed = [{"url": url, "mandatory": mandatory} for url, mandatory in entries]
    return put(store, "m.manifest", json.dumps({"entries": listed}).encode())


@pytest.fixture
def table(cursor: Any, schema: str) -> str:
    cursor.execute(f"create table {schema}.t {DDL}")
    return f"{schema}.t"


def copy(cursor: Any, table: str, url: str, how: str = "json 'auto'") -> None:
    quoted = url.replace("'", "''")
    cursor.execute(f"copy {table} from '{quoted}' iam_role default {how}")


def count(cursor: Any, table: str) -> int:
    cursor.execute(f"select count(*) from {table}")
    return int(cursor.fetchone()[0])


def errors(cursor: Any, table: str) -> list[list[Any]]:
    cursor.execute(
        "select trim(file_name), line_number, trim(column_name), trim(error_message) "
        f"from sys_load_error_detail where table_id = '{table}'::regclass::oid"
    )
    return [list(row) for row in cursor.fetchall()]


def test_a_manifest_of_packed_objects_with_odd_names(
    store: ObjectStore, cursor: Any, table: str
) -> None:
    body = gzip.compress(line(1)) + gzip.compress(b"\n" + line(2, source_key=None or "é" * 10))
    url = manifest(store, (put(store, ODD, body), True), (f"s3://{store.bucket}/gone", False))
    copy(cursor, table, url, "json 'auto' manifest gzip maxerror 0")
    cursor.execute("select pg_last_copy_count()")
    assert cursor.fetchone()[0] == 2
    cursor.execute(
        f"select t.payload.symbol::varchar, t.payload.last_price::decimal(8, 2) * 2, record_no "
        f"from {table} t order by 3"
    )
    assert [[str(value) for value in row] for row in cursor.fetchall()] == [
        ["S1", "25.00", "1"],
        ["S2", "25.00", "2"],
    ]


def test_a_missing_mandatory_entry_loads_nothing(
    store: ObjectStore, cursor: Any, table: str
) -> None:
    there = put(store, "there", line(1))
    url = manifest(store, (there, True), (f"s3://{store.bucket}/gone", True))
    with pytest.raises(ProgrammingError, match=r"The specified key does not exist.*Key gone"):
        copy(cursor, table, url, "json 'auto' manifest")
    assert count(cursor, table) == 0


@pytest.mark.parametrize(
    ("bad", "column", "reason"),
    [
        (line(5).replace(b": 5", b': "five"'), "record_no", "Invalid digit, Type: Integer"),
        (line(5, source_key=None), "source_key", "Missing data for not-null field"),
        (line(5, source_key="x" * 21), "source_key", "String length exceeds DDL length"),
        (line(5, source_key="é" * 11), "source_key", "String length exceeds DDL length"),
        (line(5, trade_date="26/04/2024x"), "trade_date", "Invalid Date Format"),
        (line(5, fetched_at="2024-04-26T12:00:00"), "fetched_at", "Invalid timestamp format"),
        (line(5)[:-5] + b"\n", "", "Invalid JSON"),
        (b"[" + line(5).strip() + b"]\n", "", "root-level JSON array"),
        (line(5, payload={"text": "x" * (MAX_STRING + 1)}), "", "exceeds the max size of 65535"),
        (line(5, payload={"text": ["x" * 60_000] * 71}), "", f"maximum size of {MAX_OBJECT}"),
        (line(5).replace(b"S5", b"\xff"), "", "UTF8"),
    ],
)
def test_a_bad_row_in_one_of_many_objects(
    store: ObjectStore, cursor: Any, table: str, bad: bytes, column: str, reason: str
) -> None:
    for number in range(5):
        put(store, f"d/{number}", b"".join(line(10 * number + place) for place in range(3)))
    url = put(store, "d/3", line(1) + b"\n" + line(2) + bad + line(3))
    with pytest.raises(ProgrammingError, match="Check 'sys_load_error_detail' system table"):
        copy(cursor, table, f"s3://{store.bucket}/d/")
    [[file, at_line, in_column, why]] = errors(cursor, table)
    assert (file, at_line, in_column) == (url, 4, column)
    assert reason in why
    assert count(cursor, table) == 0


def test_what_is_as_large_as_can_be(store: ObjectStore, cursor: Any, schema: str) -> None:
    cursor.execute(f"create table {schema}.large (payload super)")
    texts = ["x" * MAX_STRING] * (MAX_OBJECT // (MAX_STRING + 4) - 1)
    url = put(store, "large", json.dumps({"texts": texts}).encode())
    copy(cursor, f"{schema}.large", url, "json 'noshred'")
    cursor.execute(
        f"select get_array_length(t.payload.texts), len(t.payload.texts[0]::varchar) "
        f"from {schema}.large t"
    )
    assert list(cursor.fetchone()) == [len(texts), MAX_STRING]


def test_csv_with_a_header_quotes_and_line_ends(
    store: ObjectStore, cursor: Any, schema: str
) -> None:
    cursor.execute(f"create table {schema}.c (id integer, name varchar(40), paid decimal(8, 2))")
    body = b'id,name,paid\r\n1,"a ""b"", c",1.25\r\n2,"two\r\nlines",\r\n3,,0\r\n'
    url = put(store, "c.csv", gzip.compress(body))
    copy(cursor, f"{schema}.c", url, "csv gzip ignoreheader 1")
    cursor.execute(f"select id, name, paid::varchar from {schema}.c order by id")
    assert [list(row) for row in cursor.fetchall()] == [
        [1, 'a "b", c', "1.25"],
        [2, "two\r\nlines", None],
        [3, "", "0.00"],
    ]
    copy(cursor, f"{schema}.c", url, "csv gzip ignoreheader 1 emptyasnull")
    cursor.execute(f"select count(*) from {schema}.c where name is null")
    assert cursor.fetchone()[0] == 1


def test_a_bad_line_of_a_csv_is_named(store: ObjectStore, cursor: Any, schema: str) -> None:
    cursor.execute(f"create table {schema}.c (id integer, name varchar(40))")
    url = put(store, "c.csv", b"id,name\n1,a\n2,b,c\n3,d\n")
    with pytest.raises(ProgrammingError, match="sys_load_error_detail"):
        copy(cursor, f"{schema}.c", url, "csv ignoreheader 1")
    assert errors(cursor, f"{schema}.c") == [[url, 3, "", "Extra column(s) found"]]
    cursor.execute(f"create table {schema}.d (id integer, name varchar(40))")
    url = put(store, "d.csv", b'id,name\n1,"two\nlines"\nx,b\n')
    with pytest.raises(ProgrammingError, match="sys_load_error_detail"):
        copy(cursor, f"{schema}.d", url, "csv ignoreheader 1")
    assert errors(cursor, f"{schema}.d") == [[url, 4, "id", "Invalid digit, Type: Integer"]]


def test_a_copy_is_part_of_its_transaction(store: ObjectStore, cursor: Any, table: str) -> None:
    good, bad = put(store, "good", line(1)), put(store, "bad", b"{\n")
    cursor.execute("begin")
    copy(cursor, table, good)
    with pytest.raises(ProgrammingError, match="sys_load_error_detail"):
        copy(cursor, table, bad)
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        cursor.execute("select 1")
    cursor.execute("rollback")
    assert count(cursor, table) == 0
    assert len(errors(cursor, table)) == 1  # which a rollback does not take back


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("json 'auto' manifst", "syntax error"),
        ("json 'auto' delimiter ','", "DELIMITER is not supported with JSON"),
        ("json 'auto' maxerror 10", "MAXERROR above 1 is not emulated"),
        ("parquet", "PARQUET is not emulated"),
        ("json 'noshred'", "exactly one target column of type SUPER"),
        ("json 'auto' gzip", "it is not gzip"),
        ("json 'auto' manifest", "Problem reading manifest"),
    ],
)
def test_what_is_not_possible_is_refused(
    store: ObjectStore, cursor: Any, table: str, how: str, reason: str
) -> None:
    with pytest.raises(ProgrammingError, match=reason):
        copy(cursor, table, put(store, "good", line(1)), how)
    assert count(cursor, table) == 0


def test_without_a_role_nothing_is_read(store: ObjectStore, cursor: Any, table: str) -> None:
    url = put(store, "good", line(1))
    with pytest.raises(ProgrammingError, match="requires credentials"):
        cursor.execute(f"copy {table} from '{url}' json 'auto'")
    with pytest.raises(ProgrammingError, match="Invalid IAM role"):
        cursor.execute(f"copy {table} from '{url}' iam_role 'somebody' json 'auto'")


def test_errors_are_for_those_who_made_them(
    store: ObjectStore, cursor: Any, table: str, run: Any, api: Any
) -> None:
    with pytest.raises(ProgrammingError):
        copy(cursor, table, put(store, "bad", b"{\n"))
    seen = run("select count(*) from stl_load_errors", SecretArn="", DbUser="investiq_reader")
    assert api.get_statement_result(Id=seen["Id"])["Records"] == [[{"longValue": 0}]]
    assert len(errors(cursor, table)) == 1
