"""How fast the loader takes objects of raw into DuckDB, against DuckDB reading the same files bare.

Both sides run in this one run on the same objects in the same S3, each as a process of its own, and
both end with a table in a file; only the ratio means anything on a shared machine. What the loader
does beside: a HEAD per object, the transaction, the count of each object's rows, the receipts. On
Redshift the engine is not ours to measure; there the number of statements is.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pytest

from ingestion.loading import DATASETS, Dataset, load_pending
from ingestion.objectstore import ObjectStore, s3_client, sha256

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
ROWS = 2500  # of one object: a session of the exchange

BARE = """
import boto3, duckdb
from ingestion.loading import DATASETS
from ingestion.loading.duckdb_warehouse import S3Access, _OPTIONS, _READERS, _use_httpfs
from ingestion.objectstore import s3_client
dataset = DATASETS[{table!r}]
con = duckdb.connect({path!r})
con.execute("set memory_limit = '5GB'")
con.execute("set preserve_insertion_order = false")
_use_httpfs(con, S3Access.of(s3_client(), boto3.Session()))
columns = ", ".join(f"'{{name}}': '{{kind}}'" for name, kind in dataset.columns)
con.execute(
    f"create table bare as select * from {{_READERS[dataset.form]}}("
    f"'s3://{bucket}/{{dataset.prefix}}**', columns = {{{{{{columns}}}}}}, "
    f"{{_OPTIONS[dataset.form]}}, hive_partitioning = false)"
)
"""
QUOTE = (
    '{{"payload":{{"identifier":"S{n}EQN","symbol":"S{n}","change":-15.6,"p_change":-0.53,'
    '"day_high":{n}.95,"day_low":{n}.55,"open":{n}.7,"last_price":{n}.9,"previous_close":{n}.6,'
    '"last_update_time":"26-Apr-2024 15:59:52","meta":{{"company_name":"Company {n} Limited",'
    '"industry":"REFINERIES","isin":"INE000000000"}},"per_change_30d":0.63,"per_change_365d":24.12,'
    '"total_traded_value":15936582394.18,"total_traded_volume":{n}806,"year_high":{n}9,'
    '"year_low":{n}.14}},"source_key":"{source}","record_no":{n},'
    '"fetched_at":"2024-04-26 12:00:00","trade_date":"2024-04-26"}}\n'
)
PRICE = (
    "S{n},EQ,26-Apr-2024,{n}.60,{n}.70,{n}.95,{n}.55,{n}.90,{n}.90,{n}.75,{n}806,15936.58,4321,"
    "{n}403,50.00,{n},{source},2024-04-26 12:00:00,2024-04-26\n"
)


def fill(store: ObjectStore, dataset: Dataset, objects: int, line: str) -> int:
    """Write so many objects of raw as promotion does; their size in bytes, packed."""
    header = ""
    if dataset.form == "csv":
        fields = [name for name, _ in dataset.columns]
        header = ",".join(fields) + "\n"
        assert fields[-4:] == ["record_no", "source_key", "fetched_at", "trade_date"]
    template = "".join(
        line.format(n=n, source="{source}").replace("{source}", "\0") for n in range(1, ROWS + 1)
    )

    def put(number: int) -> int:
        source = f"landing/{dataset.table}/{number:08}"
        text = header + template.replace("\0", source)
        body = gzip.compress(text.encode(), compresslevel=1)
        said = {"sha256": sha256(body), "records": str(ROWS), "source-key": source}
        ending = "csv" if dataset.form == "csv" else "ndjson"
        store.put(f"{dataset.prefix}{number:08}.{ending}.gz", body, "application/gzip", said)
        return len(body)

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(put, range(objects)))


@pytest.mark.parametrize(
    ("table", "objects", "line"),
    [("rapidapi_quotes", 400, QUOTE), ("nse_sec_bhavdata", 4000, PRICE)],
    ids=["1 M JSON rows", "10 M CSV rows"],
)
def test_loading_against_a_bare_read(
    make_home: Callable[[str], Any],
    measured: Callable[..., Any],
    tell: Callable[..., None],
    tmp_path,
    table: str,
    objects: int,
    line: str,
):
    home = make_home("load")
    size = fill(ObjectStore(s3_client(), home.bucket), DATASETS[table], objects, line)
    script = BARE.format(table=table, path=str(tmp_path / "bare.duckdb"), bucket=home.bucket)
    bare = measured([sys.executable, "-c", script])
    loaded = home.load()
    rows = objects * ROWS
    tell(
        f"{rows:,} rows of {table} in {objects} objects",
        ratio=round(loaded.seconds / bare.seconds, 2),
        **{
            "packed MB": round(size / 1e6, 1),
            "load s": round(loaded.seconds, 1),
            "DuckDB's bare read s": round(bare.seconds, 1),
            "rows per second": round(rows / loaded.seconds),
            "peak MB": round(loaded.peak_mb),
            "bare peak MB": round(bare.peak_mb),
        },
    )
    with duckdb.connect(str(home.path), read_only=True) as con:
        [counted] = con.sql(
            f"select (select count(*) from raw_data.{table}), count(*), sum(rows_loaded) "
            "from raw_data.load_receipts"
        ).fetchall()
    assert counted == (rows, objects, rows)


def said(warehouse: Any) -> Iterator[list[str]]:
    """The statements of each load from the warehouse's bucket, without the digests in them."""
    client = warehouse.api.client
    for one in client.list_statements(Status="FINISHED")["Statements"]:
        if f"s3://{warehouse.store.bucket}/" in one["QueryString"]:
            parts = client.describe_statement(Id=one["Id"])["SubStatements"]
            yield [part["QueryString"].split("manifests/")[0] for part in parts]


def test_statements_on_redshift_for_10_and_1000_files(redshift_warehouse, store, tell):
    dataset = DATASETS["rapidapi_quotes"]
    for files in (10, 1000):
        lines = json.dumps(
            {
                "payload": {},
                "source_key": "\0",
                "record_no": 1,
                "fetched_at": "2024-04-26 12:00:00",
                "trade_date": "2024-04-26",
            }
        )

        def put(number: int, files: int = files, lines: str = lines) -> None:
            source = f"landing/{files}/{number}"
            body = gzip.compress(lines.replace("\\u0000", source).encode())
            meta = {"sha256": sha256(body), "records": "1", "source-key": source}
            store.put(f"{dataset.prefix}{files}-{number}.ndjson.gz", body, "application/gzip", meta)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, range(files)))
        assert load_pending(dataset, store, redshift_warehouse).objects == files
    few, many = said(redshift_warehouse)
    assert few == many
    copies = sum(statement.startswith("copy ") for statement in many)
    tell("a load on Redshift, 10 or 1,000 files", statements=len(many), copies=copies)
