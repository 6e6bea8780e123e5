"""Faults 6, 7, 8, 10, 14 and 15: killed, doubled, locked out, out of space."""

import signal
import subprocess
import sys
import time

import pytest

from ingestion.errors import ConfigurationError, WarehouseBusy
from ingestion.loading import DATASETS, load_pending
from ingestion.promotion import promote_object

COUNTS = "select count(*), count(distinct source_key || record_no) from raw_data.rapidapi_quotes"


def the_whole_day(house):
    """What a day without a fault gives: the number of records of the reply."""
    house.all()
    [(rows, distinct)] = house.rows(COUNTS)
    assert rows == distinct > 400
    return rows


@pytest.mark.parametrize(
    "failpoint",
    [
        "ObjectStore.create = die",
        "ingestion.ingest.record_attempt = die",
    ],
    ids=["before the put", "before the outcome record"],
)
def test_fault_06_killed_after_the_fetch(house, in_process_of_its_own, failpoint):
    died = in_process_of_its_own(f"{failpoint}\ningest()")
    assert died.returncode == -signal.SIGKILL, died.stderr
    the_whole_day(house)
    assert len(house.keys("landing/")) == 1
    assert house.load()["rapidapi_quotes"].objects == 0


@pytest.mark.parametrize(
    ("failpoint", "step"),
    [
        ("promotion._write = die", "promotion.promote_pending(store)"),
        ("promotion.record_promotion = die", "promotion.promote_pending(store)"),
        ("engine._read_batch = die", "promotion.promote_pending(store); load()"),
    ],
    ids=["before raw", "before the promote record", "before COPY"],
)
def test_fault_07_killed_between_put_and_load(house, in_process_of_its_own, failpoint, step):
    house.ingest()
    died = in_process_of_its_own(f"{failpoint}\n{step}")
    assert died.returncode == -signal.SIGKILL, died.stderr
    the_whole_day(house)
    assert len(house.keys("raw/")) == 1
    assert house.load()["rapidapi_quotes"].objects == 0


@pytest.mark.parametrize(
    "failpoint",
    ["engine._require_counts = die", "engine._write_receipts = die"],
    ids=["rows read", "rows inserted, receipts not"],
)
def test_fault_08_killed_during_copy(house, in_process_of_its_own, failpoint):
    house.ingest()
    house.promote()
    died = in_process_of_its_own(f"{failpoint}\nload()")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert house.rows(COUNTS) == [(0, 0)]
    assert house.rows("select count(*) from raw_data.load_receipts") == [(0,)]
    the_whole_day(house)


def test_fault_10_the_same_event_twice_changes_nothing(house):
    rows = the_whole_day(house)
    [key] = house.keys("landing/")
    before = {item.key: item.etag for item in house.store.list("")}
    promote_object(house.store, key)
    promote_object(house.store, key)
    assert {item.key: item.etag for item in house.store.list("")} == before
    assert house.load()["rapidapi_quotes"].rows == 0
    assert house.rows(COUNTS) == [(rows, rows)]


def test_fault_14_a_reader_holds_the_warehouse(house):
    the_whole_day(house)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys, time\n"
            f"con = duckdb.connect({str(house.warehouse.path)!r}, read_only=True)\n"
            "print('holds', flush=True)\n"
            "time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "holds"
        told: list[str] = []
        house.warehouse.wait_seconds = 0.5
        house.warehouse.on_wait = told.append
        started = time.monotonic()
        with pytest.raises(WarehouseBusy, match=rf"PID {holder.pid} .*Close that program"):
            house.load()
        assert 0.4 < time.monotonic() - started < 10
        assert len(told) == 1
        assert f"PID {holder.pid}" in told[0]
    finally:
        holder.kill()
        holder.wait()
    house.load()  # and as soon as the reader is gone, it goes on


def test_fault_15_disk_full_while_loading(house, in_process_of_its_own):
    house.ingest()
    house.promote()
    failed = in_process_of_its_own(
        """
        import resource, sys
        from ingestion.errors import InvestiqError
        warehouse.receipts(DATASETS["rapidapi_quotes"])  # the file is there, with its tables
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            load()
        except InvestiqError as problem:
            print(type(problem).__name__, problem)
            os._exit(42)
        """
    )
    assert failed.returncode == 42, failed.stdout + failed.stderr
    assert "nothing of the batch" in failed.stdout
    assert house.rows(COUNTS) == [(0, 0)]
    the_whole_day(house)


def test_fault_15_the_warehouse_cannot_be_written(house, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder belongs")
    house.warehouse.path = blocked / "warehouse.duckdb"
    with pytest.raises(ConfigurationError) as told:
        load_pending(DATASETS["rapidapi_quotes"], house.store, house.warehouse)
    assert "permissions" in str(told.value)
