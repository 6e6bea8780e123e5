"""The embedded warehouse: its lock, its file, its credentials, and two processes at once."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import duckdb
import pytest

from ingestion.errors import ConfigurationError, LoadFailed, WarehouseBusy
from ingestion.loading import DATASETS, load_pending
from ingestion.loading import duckdb_warehouse as engine
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.promotion import promote_object
from ingestion.settings import project_root

QUOTES = DATASETS["rapidapi_quotes"]
HOLD = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
print("holds", flush=True)
sys.stdin.readline()
"""
LOAD = """
import sys
from pathlib import Path
import boto3
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.objectstore import ObjectStore, s3_client
store = ObjectStore(s3_client(), sys.argv[2])
access = S3Access.of(store.client, boto3.Session())
warehouse = DuckDBWarehouse(Path(sys.argv[1]), store.bucket, access, wait_seconds=30)
print("ready", flush=True)
sys.stdin.readline()
print(load_pending(DATASETS["rapidapi_quotes"], store, warehouse).objects)
"""


def process(program, *arguments):
    """A process that runs until its input gets a line; it has told that it is ready."""
    started = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=project_root(),
    )
    assert started.stdout.readline()
    return started


@pytest.fixture
def held(tmp_path):
    """A warehouse file that another process has open for writing."""
    path = tmp_path / "held.duckdb"
    holder = process(HOLD, path)
    yield path, holder
    holder.kill()
    holder.communicate()


def test_a_warehouse_that_is_being_made_is_waited_for(tmp_path):
    """The file is there before its first bytes are: whoever opens it then is too early."""
    path, whole = tmp_path / "new.duckdb", tmp_path / "whole.duckdb"
    duckdb.connect(str(whole)).close()
    path.write_bytes(b"\0" * 100)
    maker = threading.Timer(0.3, lambda: os.replace(whole, path))
    maker.start()
    told: list[str] = []
    connect(path, wait_seconds=10, on_wait=told.append).close()
    maker.join()
    assert told == ["another process, which is making it"]


def test_a_small_file_that_is_no_warehouse_is_not_waited_for_long(tmp_path):
    path = tmp_path / "new.duckdb"
    path.write_bytes(b"\0" * 100)
    started = time.monotonic()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        connect(path, wait_seconds=60)
    assert time.monotonic() - started < 10


def test_a_held_warehouse_is_waited_for_and_its_holder_named(held):
    path, holder = held
    told: list[str] = []
    started = time.monotonic()
    with pytest.raises(WarehouseBusy, match=rf"PID {holder.pid} \(.*python.*Close that program"):
        connect(path, wait_seconds=0.3, on_wait=told.append)
    assert 0.3 <= time.monotonic() - started < 3
    assert len(told) == 1
    assert f"PID {holder.pid}" in told[0]
    with pytest.raises(WarehouseBusy, match="INVESTIQ_LOCK_WAIT_SECONDS"):
        connect(path, read_only=True, wait_seconds=0)


def test_a_warehouse_that_is_let_go_in_time_is_opened(held):
    path, holder = held

    def let_go(who):
        holder.communicate("done\n", timeout=10)

    with connect(path, wait_seconds=10, on_wait=let_go) as con:
        assert con.execute("select 1").fetchone() == (1,)


def test_the_other_mode_in_this_process_is_named(tmp_path):
    path = tmp_path / "w.duckdb"
    with connect(path), pytest.raises(WarehouseBusy, match="this very process"):
        connect(path, read_only=True, wait_seconds=0)


def test_threads_that_open_at_once_wait_for_each_other(tmp_path):
    """DuckDB refuses the second of two that open a file in the same moment; so ten times four."""
    for turn in range(10):
        path, ready = tmp_path / f"{turn}.duckdb", threading.Barrier(4)

        def open_it(path=path, ready=ready):
            ready.wait()
            connect(path, wait_seconds=5).close()
            return True

        with ThreadPoolExecutor(4) as pool:
            opened = [pool.submit(open_it) for _ in range(4)]
        assert all(future.result() for future in opened)


def test_a_holder_that_is_gone_or_hidden_is_still_a_holder(tmp_path, monkeypatch):
    """The process may end between DuckDB's message and our look at the process table."""
    said = ["Could not set lock on file: held by (PID 999999999)", "Could not set lock on file"]

    def refuse(*_, **__):
        raise duckdb.IOException(said[0])

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(WarehouseBusy, match="held by PID 999999999;"):
        connect(tmp_path / "w.duckdb", wait_seconds=0)
    said.pop(0)
    with pytest.raises(WarehouseBusy, match="held by another process;"):
        connect(tmp_path / "w.duckdb", wait_seconds=0)


@pytest.mark.parametrize("folder", ["plain", "clock"], ids=["plain", "a name with 'lock' in it"])
def test_a_file_that_is_no_warehouse_is_named_at_once(tmp_path, folder):
    path = tmp_path / folder / "w.duckdb"
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    started = time.monotonic()
    with pytest.raises(ConfigurationError, match=r"move the file away and run `investiq load`"):
        connect(path, wait_seconds=30)
    assert time.monotonic() - started < 5


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="Check the permissions"):
        connect(tmp_path / "file" / "w.duckdb")


def test_reading_does_not_make_a_warehouse(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no warehouse at .*investiq run"):
        connect(tmp_path / "below" / "w.duckdb", read_only=True)
    assert not (tmp_path / "below").exists()


def test_two_processes_at_once_load_each_object_once(store, warehouse, landed, quote):
    for n in range(5):
        promote_object(store, landed([quote(symbol=f"S{n}")]))
    loaders = [process(LOAD, warehouse.path, store.bucket) for _ in range(2)]
    for loader in loaders:
        loader.stdin.write("go\n")
        loader.stdin.flush()
    assert sorted(int(loader.communicate(timeout=60)[0]) for loader in loaders) == [0, 5]
    with duckdb.connect(str(warehouse.path)) as con:
        [(rows,)] = con.execute("select count(*) from raw_data.rapidapi_quotes").fetchall()
    assert rows == 5


def test_the_keys_are_in_no_text_and_not_in_the_file(store, warehouse, landed, quote):
    promote_object(store, landed([quote()]))
    load_pending(QUOTES, store, warehouse)
    access = warehouse.access
    assert access.secret
    assert access.secret not in repr(warehouse) + repr(access)
    assert access.secret.encode() not in warehouse.path.read_bytes()


def test_a_secret_with_a_quote_in_it_is_one_value(store, tmp_path):
    access = S3Access.of(store.client, boto3.Session())
    odd = S3Access(access.endpoint, False, "r", "k'; --", "s'); drop schema raw_data; --", "")
    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb", store.bucket, odd, wait_seconds=1)
    assert warehouse.load(QUOTES, []).rows == 0
    assert warehouse.receipts(QUOTES) == {}


def test_wrong_keys_fail_the_load_and_stay_inside(store, tmp_path, landed, quote):
    promote_object(store, landed([quote()]))
    right = S3Access.of(store.client, boto3.Session())
    wrong = S3Access(right.endpoint, False, right.region, right.key, "wr0ng-s3cret", "")
    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb", store.bucket, wrong, wait_seconds=1)
    with pytest.raises(LoadFailed, match="nothing of the batch") as told:
        load_pending(QUOTES, store, warehouse)
    assert "wr0ng" not in str(told.value)


def test_the_access_is_that_of_boto3(clean_environment, store):
    session = boto3.Session(
        aws_access_key_id="k",
        aws_secret_access_key="s",
        aws_session_token="t",
        region_name="ap-south-1",
    )
    access = S3Access.of(session.client("s3"), session)
    assert (access.key, access.secret, access.token) == ("k", "s", "t")
    assert (access.endpoint, access.use_ssl) == (
        session.client("s3").meta.endpoint_url.split("//")[1],
        session.client("s3").meta.endpoint_url.startswith("https"),
    )
    assert access.region == "ap-south-1"


def test_no_credentials_is_a_clear_error(store):
    class Empty:
        def get_credentials(self):
            return None

    with pytest.raises(ConfigurationError, match=r"AWS_ACCESS_KEY_ID.*investiq doctor"):
        S3Access.of(store.client, Empty())


def test_a_missing_extension_says_make_setup(warehouse, monkeypatch):
    monkeypatch.setattr(engine.duckdb, "__version__", "0.0.1")
    with pytest.raises(ConfigurationError, match="make setup"):
        warehouse.load(QUOTES, [])


CONFLICT = duckdb.TransactionException("Catalog write-write conflict on create")


@pytest.mark.parametrize(
    ("step", "refusal", "told"),
    [
        ("create_raw_tables", CONFLICT, "could not be prepared"),
        ("_read_batch", CONFLICT, r"kept rapidapi_quotes busy.*investiq load"),
        ("_read_batch", duckdb.TransactionException("no space"), "Check the free space"),
        ("_read_batch", duckdb.IOException("HTTP 503"), "object store answers"),
        ("_read_batch", duckdb.InvalidInputException("Malformed JSON"), "promote --again"),
    ],
)
def test_what_does_not_pass_is_told_after_a_bounded_number_of_tries(
    store, warehouse, landed, quote, monkeypatch, step, refusal, told
):
    promote_object(store, landed([quote()]))
    tries: list[int] = []

    def refuse(*_):
        tries.append(1)
        raise refusal

    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    with monkeypatch.context() as failpoint:
        failpoint.setattr(engine, step, refuse)
        with pytest.raises(LoadFailed, match=told):
            load_pending(QUOTES, store, warehouse)
    assert len(tries) == (5 if refusal is CONFLICT else 1)
    assert load_pending(QUOTES, store, warehouse).rows == 1


def test_the_real_reply_loads_whole(store, warehouse, landed, real_data):
    body = (real_data / "first_sample" / "nse_data_26042024130436.json").read_bytes()
    promote_object(store, landed(body))
    assert load_pending(QUOTES, store, warehouse).rows == 828
    with duckdb.connect(str(warehouse.path)) as con:
        payloads = con.execute(
            "select payload::varchar from raw_data.rapidapi_quotes order by record_no"
        ).fetchall()
    sent = [record["symbol"] for record in json.loads(body)]
    assert [json.loads(payload)["symbol"] for (payload,) in payloads] == sent
