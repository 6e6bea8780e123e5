"""Faults 7, 8, 10, 12 and 13 on Redshift: the loader or the warehouse dies, doubles, is in the way.

Against the stand-in: its COPY is real, its transactions are PostgreSQL's, and it goes on when its
client is killed. What Redshift itself would say of 1023 or a restart is scripted.
"""

import gzip
import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import Any

import pytest

from ingestion.errors import ConfigurationError, LoadFailed
from ingestion.loading import DATASETS, LoadReport, PendingObject, load_pending
from ingestion.loading.data_api import DataApi
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.objectstore import ObjectStore, sha256
from ingestion.settings import project_root
from sandbox.redshift import RedshiftServer

QUOTES = DATASETS["rapidapi_quotes"]
FOLDER = "raw/source=rapidapi/dataset=quotes/trade_date=2024-04-26/fetched_at=20240426T120000Z"
SLOW_DOWN = "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown"
PRELUDE = """
    import os, signal
    from ingestion.loading import DATASETS, data_api, load_pending, pending
    from ingestion.objectstore import ObjectStore, s3_client
    from ingestion.settings import load_settings
    from investiq import context

    settings = load_settings()
    store = ObjectStore(s3_client(), settings.bucket)
    warehouse = context.warehouse(settings, store)

    def die(*arguments, **options):
        os.kill(os.getpid(), signal.SIGKILL)

    def load():
        report = load_pending(DATASETS["rapidapi_quotes"], store, warehouse)
        print(report.objects, report.rows, flush=True)
"""


@dataclass
class Loading:
    """A bucket, a Redshift, and the loader as a process that can be killed."""

    store: ObjectStore
    warehouse: RedshiftWarehouse
    server: RedshiftServer

    def put(self, *names: str, rows: int = 2, price: str = "1", last: Any = None) -> None:
        """Objects of raw as promotion writes them; `last` is the record_no of the last row."""
        for name in names:
            lines = [
                {
                    "payload": {"price": price},
                    "source_key": f"landing/{name}",
                    "record_no": number if last is None or number < rows else last,
                    "fetched_at": "2024-04-26 12:00:00",
                    "trade_date": "2024-04-26",
                }
                for number in range(1, rows + 1)
            ]
            content = gzip.compress("\n".join(map(json.dumps, lines)).encode(), mtime=0)
            said = {
                "sha256": sha256(content),
                "records": str(rows),
                "source-key": f"landing/{name}",
            }
            self.store.put(self.key(name), content, "application/x-ndjson", said)

    def key(self, name: str) -> str:
        return f"{FOLDER}/{name}.ndjson.gz"

    def load(self) -> LoadReport:
        return load_pending(QUOTES, self.store, self.warehouse)

    def start(self, statements: str = "load()") -> "subprocess.Popen[str]":
        """The loader in a process of its own; `die` as a failpoint kills it with SIGKILL."""
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PRELUDE) + statements],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project_root(),
        )

    def killed_during_copy(self, seconds: float) -> None:
        """A loader dies of SIGKILL while its COPY, which takes so long, goes on."""
        self.server.script("slow_copy", match="investiq_rows", seconds=seconds)
        loader = self.start()
        deadline = time.monotonic() + 60
        while not any(status == "STARTED" for status in self.batches()):
            assert time.monotonic() < deadline
            assert loader.poll() is None, loader.communicate()
            time.sleep(0.05)
        loader.kill()
        assert loader.wait() == -signal.SIGKILL

    def batches(self) -> list[str]:
        """The status of each load that was ever begun from this bucket."""
        told = self.warehouse.api.client.list_statements(Status="ALL")["Statements"]
        return [one["Status"] for one in told if f"s3://{self.store.bucket}/" in one["QueryString"]]

    def holds(self, objects: int, rows: int) -> bool:
        """Whether each object is there once, with all its rows, and a receipt."""
        query = self.warehouse.api.query
        [(count, distinct)] = query(
            "select count(*), count(distinct source_key || '/' || record_no) "
            "from raw_data.rapidapi_quotes"
        )
        [(receipts,)] = query("select count(*) from raw_data.load_receipts")
        return (count, distinct, receipts) == (rows, rows, objects)


@pytest.fixture
def loading(
    store: ObjectStore,
    redshift_warehouse: RedshiftWarehouse,
    prepared_redshift: RedshiftServer,
    clean_environment: pytest.MonkeyPatch,
) -> Loading:
    clean_environment.setenv("INVESTIQ_BUCKET", store.bucket)
    return Loading(store, redshift_warehouse, prepared_redshift)


@pytest.mark.parametrize(
    "failpoint",
    ["ObjectStore.put = die", "data_api.DataApi.submit = die"],
    ids=["before the manifest", "before COPY"],
)
def test_fault_07_killed_between_put_and_copy(loading, failpoint):
    loading.put("a", "b")
    died = loading.start(f"{failpoint}\nload()")
    assert died.wait() == -signal.SIGKILL, died.communicate()
    assert loading.holds(0, 0)
    assert loading.load() == LoadReport("rapidapi_quotes", 2, 4)
    assert loading.load().objects == 0
    assert loading.holds(2, 4)


def test_fault_08_killed_during_copy_which_goes_on(loading):
    """The next run does not begin a second load: it finds the one that is under way."""
    loading.put("a", "b", "c")
    loading.killed_during_copy(seconds=6)
    assert loading.holds(0, 0)
    assert loading.load() == LoadReport("rapidapi_quotes", 3, 6)
    assert loading.batches() == ["FINISHED"]
    assert loading.load().objects == 0
    assert loading.holds(3, 6)


def test_fault_08_killed_during_copy_which_dies_too(loading):
    """The statement under that token has failed for ever; the next run does not take its word."""
    loading.put("a", "b", "c")
    loading.killed_during_copy(seconds=1)
    loading.server.restart(seconds=0.2)
    ended = time.monotonic() + 30
    while loading.batches() != ["FAILED"]:
        assert time.monotonic() < ended
        time.sleep(0.05)
    time.sleep(0.3)  # as long as it takes nobody
    assert loading.holds(0, 0)
    assert loading.load() == LoadReport("rapidapi_quotes", 3, 6)
    assert sorted(loading.batches()) == ["FAILED", "FINISHED"]
    assert loading.holds(3, 6)


def test_fault_08_the_answer_to_the_submission_is_lost(loading):
    loading.put("a", "b")
    loading.server.script("lost_response", match="BatchExecuteStatement", times=2)
    assert loading.load() == LoadReport("rapidapi_quotes", 2, 4)
    assert loading.batches() == ["FINISHED"]
    assert loading.holds(2, 4)


def test_fault_10_the_same_batch_twice_is_one_load(loading):
    loading.put("a", "b")
    batch = [
        PendingObject(item.key, item.etag, f"landing/{item.key[-11]}", "x", 2)
        for item in loading.store.list("raw/")
    ]
    assert loading.warehouse.load(QUOTES, batch).objects == 2
    before = loading.warehouse.api.query("select max(loaded_at) from raw_data.load_receipts")
    loading.warehouse.load(QUOTES, batch)
    loading.warehouse.load(QUOTES, list(reversed(batch)))
    assert loading.holds(2, 4)
    assert before == loading.warehouse.api.query(
        "select max(loaded_at) from raw_data.load_receipts"
    )


def test_fault_10_an_older_event_never_brings_an_older_version_back(loading):
    loading.put("a", price="old")
    [old] = loading.store.list("raw/")
    loading.load()
    loading.put("a", price="new")
    loading.load()
    late = PendingObject(old.key, old.etag, "landing/a", "x", 2)
    loading.warehouse.load(QUOTES, [late])
    loading.load()
    [item] = loading.store.list("raw/")
    assert loading.warehouse.receipts(QUOTES) == {item.key: item.etag}
    prices = loading.warehouse.api.query(
        "select distinct cast(payload.price as varchar(10)) from raw_data.rapidapi_quotes as q"
    )
    assert prices == [("new",)]
    assert loading.holds(1, 2)


def test_a_load_that_fails_before_anybody_looks_is_not_taken_for_an_old_one(loading, monkeypatch):
    """It was begun again and again, each failure being thought another's."""
    loading.put("a")
    loading.server.script("error", match="^lock", message="no such luck", times=9)
    submit = DataApi.submit

    def submitted_and_over(api, *arguments):
        begun = submit(api, *arguments)
        api.wait(begun)
        return begun

    monkeypatch.setattr(DataApi, "submit", submitted_and_over)
    with pytest.raises(LoadFailed, match="no such luck"):
        loading.load()
    assert loading.batches() == ["FAILED"]
    loading.server.clear_faults()
    assert loading.load().objects == 1  # and here the failed one is an old one


def test_a_load_that_was_undone_is_done_again(loading):
    """Redshift remembers the token of the first load for a day; its word is not taken for it."""
    loading.put("a", "b")
    loading.load()
    loading.warehouse.api.batch(
        ["delete from raw_data.load_receipts", "delete from raw_data.rapidapi_quotes"]
    )
    assert loading.load() == LoadReport("rapidapi_quotes", 2, 4)
    assert loading.holds(2, 4)


def test_fault_12_loaders_that_overlap_load_each_object_once(loading):
    """Three processes with batches of other sizes: no two of them are the same statement."""
    names = [f"{number:02}" for number in range(12)]
    loading.put(*names)
    loading.server.script("slow_copy", match="investiq_rows", seconds=1)
    loaders = [loading.start(f"pending.BATCH = {size}\nload()") for size in (12, 7, 5)]
    told = [loader.communicate() for loader in loaders]
    assert [loader.returncode for loader in loaders] == [0, 0, 0], told
    assert sum(int(said.split()[0]) for said, _ in told) == 12
    assert set(loading.batches()) == {"FINISHED"}  # the lock comes first, so nobody meets 1023
    assert loading.holds(12, 24)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("serializable_violation", {"match": "^delete from raw_data.rapidapi", "times": 2}),
        ("serializable_violation", {"match": "^commit"}),
        ("error", {"match": "^lock", "message": "deadlock detected"}),
        ("restart", {"match": "^copy investiq_rows", "seconds": 0.1}),
        ("error", {"match": "^copy investiq_rows", "message": SLOW_DOWN}),
        ("hang_up", {"match": "^insert into raw_data.load_receipts"}),
        ("throttled", {"match": "BatchExecuteStatement", "times": 2}),
        ("throttled", {"match": "DescribeStatement", "times": 2}),
    ],
    ids=["1023", "1023 at the end", "deadlock", "restart", "slow S3", "lost", "busy", "busy later"],
)
def test_fault_13_what_passes_by_itself_is_tried_again_whole(loading, fault, options):
    loading.put("a", "b")
    loading.server.script(fault, **options)
    assert loading.load() == LoadReport("rapidapi_quotes", 2, 4)
    assert loading.holds(2, 4)


def test_fault_13_tries_are_bounded(loading):
    loading.put("a", "b")
    loading.warehouse = RedshiftWarehouse(
        loading.warehouse.api, loading.store, loading.warehouse.copying, tries=2
    )
    loading.server.script("serializable_violation", match="^insert into raw_data.rapid", times=9)
    with pytest.raises(LoadFailed, match=r"2 times and nothing of the batch.*investiq load"):
        loading.load()
    assert loading.holds(0, 0)
    assert loading.batches() == ["FAILED", "FAILED"]
    loading.server.clear_faults()
    assert loading.load().objects == 2


def test_a_name_that_sounds_like_an_error_is_no_reason_to_try_again(loading):
    name = "1023 deadlock, restart, Status 503"
    loading.put("a")
    key = loading.key(name)
    loading.store.put(key, gzip.compress(b""), "application/x-ndjson", {})
    batch = [PendingObject(key, "e", f"landing/{name}", "x", 1)]
    with pytest.raises(LoadFailed, match="gives 0 rows where 1 were promoted"):
        loading.warehouse.load(QUOTES, batch)
    loading.store.client.delete_object(Bucket=loading.store.bucket, Key=key)
    with pytest.raises(LoadFailed, match="nothing of the batch of 1 objects"):
        loading.warehouse.load(QUOTES, [PendingObject(key, "f", f"landing/{name}", "x", 1)])
    assert loading.batches() == ["FAILED", "FAILED"]


def test_a_bad_row_in_one_of_many_files_is_named(loading):
    loading.put(*(f"{number:02}" for number in range(20)))
    loading.put("11", rows=5, last="five")
    with pytest.raises(LoadFailed) as told:
        loading.load()
    said = str(told.value)
    assert f"s3://{loading.store.bucket}/{loading.key('11')}" in said
    for part in ("line 5", "'record_no'", "nothing of the batch of 20 objects was kept"):
        assert part in said
    assert said.endswith("whether COPY may read the bucket.")
    assert loading.holds(0, 0)
    loading.put("11")
    assert loading.load() == LoadReport("rapidapi_quotes", 20, 40)


def test_a_missing_manifest_entry_is_named(loading):
    loading.put("a", "b")
    batch = [PendingObject(loading.key(name), "etag", f"landing/{name}", "x", 2) for name in "abc"]
    with pytest.raises(LoadFailed, match=r"nothing of the batch of 3 objects") as told:
        loading.warehouse.load(QUOTES, batch)
    assert loading.key("c") in str(told.value)
    assert loading.holds(0, 0)


@pytest.mark.parametrize("action", ["ExecuteStatement", "BatchExecuteStatement", "Describe"])
def test_an_expired_token_says_what_to_do_and_loses_nothing(loading, action):
    loading.put("a", "b")
    loading.server.script("expired_token", match=f"^{action}")
    with pytest.raises(ConfigurationError, match=r"ExpiredToken.*refresh your AWS credentials"):
        loading.load()
    assert loading.load().objects in (0, 2)  # 0: what had been submitted went on without us
    assert loading.holds(2, 4)
    assert loading.batches() == ["FINISHED"]


@pytest.mark.parametrize("files", [3, 60])
def test_the_number_of_statements_does_not_grow_with_the_files(loading, files):
    loading.put(*(f"{number:02}" for number in range(files)))
    assert loading.load().objects == files
    told = loading.warehouse.api.client.list_statements(Status="FINISHED")["Statements"]
    [batch] = [one for one in told if f"s3://{loading.store.bucket}/" in one["QueryString"]]
    described = loading.warehouse.api.client.describe_statement(Id=batch["Id"])
    statements = [part["QueryString"] for part in described["SubStatements"]]
    assert len(statements) == 14
    assert sum(statement.startswith("copy ") for statement in statements) == 2
    assert max(map(len, statements)) < 2000
