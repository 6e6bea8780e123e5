"""What every warehouse owes `load_pending`: each object once, whole, or nothing of its batch.

Written against the protocol: a further engine adds its name to ENGINES and a fixture.
"""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from ingestion.errors import LoadFailed
from ingestion.ingest import Outcome, record_attempt
from ingestion.loading import DATASETS, LoadReport, PendingObject, Warehouse, load_pending, pending
from ingestion.objectstore import sha256
from ingestion.promotion import promote_object, promote_pending, quotes
from ingestion.zones import ObjectKey

ENGINES = ["duckdb", "redshift"]
QUOTES = DATASETS["rapidapi_quotes"]
FOLDER = "raw/source=rapidapi/dataset=quotes/trade_date=2024-04-26/fetched_at=20240426T120000Z"


@dataclass(frozen=True)
class Engine:
    """A warehouse, and a way to look into it."""

    warehouse: Warehouse
    rows: Callable[[str], list[tuple[Any, ...]]]
    json_text: str = "payload::varchar"
    shares_loads: bool = False  # whoever asks for what is being loaded is told of that load


@pytest.fixture
def duckdb_engine(warehouse):
    def rows(query):
        with duckdb.connect(str(warehouse.path)) as con:
            return con.execute(query).fetchall()

    return Engine(warehouse, rows)


@pytest.fixture
def redshift_engine(redshift_warehouse):
    query = redshift_warehouse.api.query
    return Engine(redshift_warehouse, query, "json_serialize(payload)", shares_loads=True)


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.getfixturevalue(f"{request.param}_engine")


@pytest.fixture
def load(store, engine):
    return lambda dataset=QUOTES, **options: load_pending(
        dataset, store, engine.warehouse, **options
    )


@pytest.fixture
def raw(store):
    """Write an object of raw as promotion does; the options spoil it."""

    def make(name, rows=1, *, says=None, source=None, body=None, metadata=None, folder=FOLDER):
        key, source = f"{folder}/{name}.ndjson.gz", source or f"landing/{name}"
        lines = [
            json.dumps(
                {
                    "payload": {"symbol": "M&M", "n": n},
                    "source_key": source,
                    "record_no": n,
                    "fetched_at": "2024-04-26 12:00:00",
                    "trade_date": "2024-04-26",
                }
            )
            for n in range(1, rows + 1)
        ]
        content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        content = body(content) if body else content
        said = {"sha256": sha256(content), "records": str(rows), "source-key": source}
        said |= {"records": str(says)} if says is not None else {}
        store.put(key, content, "application/x-ndjson", said if metadata is None else metadata)
        return key

    return make


COUNTS = "select source_key, count(*) from raw_data.rapidapi_quotes group by 1 order by 1"
RECEIPTS = "select count(*) from raw_data.load_receipts"


def test_loading_twice_is_loading_once(load, raw, engine):
    raw("a", 3)
    raw("b", 2)
    assert load() == LoadReport("rapidapi_quotes", 2, 5)
    assert load() == LoadReport("rapidapi_quotes", 0, 0)
    assert engine.rows(COUNTS) == [("landing/a", 3), ("landing/b", 2)]


def test_a_row_holds_what_the_line_says(load, raw, engine):
    raw("a")
    before = datetime.now(UTC).replace(tzinfo=None)
    load()
    [row] = engine.rows(
        f"select {engine.json_text}, source_key, record_no, fetched_at::varchar, "
        "trade_date::varchar, loaded_at::varchar from raw_data.rapidapi_quotes"
    )
    assert json.loads(row[0]) == {"symbol": "M&M", "n": 1}
    assert row[1:5] == ("landing/a", 1, "2024-04-26 12:00:00", "2024-04-26")
    assert before <= datetime.fromisoformat(row[5]) <= before + timedelta(minutes=1)


def test_a_csv_row_holds_what_the_file_says(load, store, engine):
    lines = [
        "symbol,name_of_company,series,date_of_listing,paid_up_value,market_lot,isin_number,"
        "face_value,record_no,source_key,fetched_at,trade_date",
        '"M&M","A ""great"", company मूल्य",EQ,,10,1,INE101A01026,5,1,landing/a,'
        "2024-04-26 12:00:00,2024-04-26",
        "-,  padded ,,03-JAN-1996,0,007,x,1e3,2,landing/a,2024-04-26 12:00:00,2024-04-26",
    ]
    body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
    said = {"sha256": sha256(body), "records": "2", "source-key": "landing/a"}
    key = "raw/source=nse/dataset=equity_list/trade_date=2024-04-26/a.csv.gz"
    store.put(key, body, "text/csv", said)
    assert load(DATASETS["nse_equity_list"]).rows == 2
    assert engine.rows(
        "select symbol, name_of_company, series, date_of_listing, market_lot, face_value, "
        "record_no, fetched_at::varchar from raw_data.nse_equity_list order by record_no"
    ) == [
        ("M&M", 'A "great", company मूल्य', "EQ", None, "1", "5", 1, "2024-04-26 12:00:00"),
        ("-", "  padded ", None, "03-JAN-1996", "007", "1e3", 2, "2024-04-26 12:00:00"),
    ]


def test_the_receipt_names_the_object_and_its_content(load, raw, engine, store):
    key = raw("a", 3)
    load()
    [item] = store.list(key)
    [receipt] = engine.rows(
        "select table_name, object_key, etag, sha256, rows_loaded, "
        "loaded_at = (select max(loaded_at) from raw_data.rapidapi_quotes) "
        "from raw_data.load_receipts"
    )
    content_hash = store.metadata(key)["sha256"]
    assert receipt == ("rapidapi_quotes", key, item.etag, content_hash, 3, True)
    assert engine.warehouse.receipts(QUOTES) == {key: item.etag}
    assert engine.warehouse.receipts(DATASETS["quarantined_records"]) == {}


def test_an_object_that_was_written_anew_replaces_its_rows(load, raw, engine):
    raw("a", 3)
    raw("b", 1)
    load()
    raw("a", 2)
    assert load() == LoadReport("rapidapi_quotes", 1, 2)
    assert engine.rows(COUNTS) == [("landing/a", 2), ("landing/b", 1)]
    assert engine.rows(RECEIPTS) == [(2,)]


def test_an_object_that_was_emptied_takes_its_rows_along(load, raw, engine):
    raw("a", 3)
    load()
    raw("a", 0)
    assert load() == LoadReport("rapidapi_quotes", 1, 0)
    assert engine.rows(COUNTS) == []
    assert load().objects == 0


def test_empty_objects_among_others_do_no_harm(load, raw, engine):
    for name, rows in [("a", 0), ("b", 2), ("c", 0)]:
        raw(name, rows)
    assert load() == LoadReport("rapidapi_quotes", 3, 2)
    assert engine.rows(COUNTS) == [("landing/b", 2)]


def test_nothing_to_load_is_no_error(load, engine):
    assert load() == LoadReport("rapidapi_quotes", 0, 0)
    assert engine.warehouse.load(QUOTES, []) == LoadReport("rapidapi_quotes", 0, 0)
    assert engine.rows(COUNTS) == []


def torn(content):
    return content[:-12]


def broken_line(content):
    return gzip.compress(gzip.decompress(content)[:-20])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"says": 4}, r"gives 3 rows where 4 were promoted.*promote --again"),
        ({"says": 2}, r"gives 3 rows where 2 were promoted"),
        ({"body": torn}, r"nothing of the batch.*investiq"),
        ({"body": broken_line}, r"nothing of the batch.*investiq"),
        ({"body": lambda content: b"not gzip"}, r"nothing of the batch.*investiq"),
        ({"source": "landing/good"}, r"gives 4 rows where 3 were promoted"),
        ({"metadata": {}}, r"lacks the metadata.*promote --again"),
        ({"metadata": {"sha256": "x", "records": "3"}}, r"lacks the metadata"),
        (
            {"metadata": {"sha256": "x", "records": "many", "source-key": "landing/bad"}},
            r"lacks the metadata",
        ),
        (
            {"metadata": {"sha256": "x", "records": "3", "source-key": "landing/else"}},
            r"rows of 'landing/bad', which is another object",
        ),
    ],
    ids=["too few", "too many", "torn", "cut line", "junk", "same", "none", "part", "odd", "alien"],
)
def test_one_bad_object_rolls_the_whole_batch_back(load, raw, engine, store, spoil, told):
    raw("good", 1)
    key = raw("bad", 3, **spoil)
    with pytest.raises(LoadFailed, match=told):
        load()
    engine.warehouse.receipts(QUOTES)  # makes the tables where nothing could
    assert engine.rows(COUNTS) == []
    assert engine.rows(RECEIPTS) == [(0,)]
    store.client.delete_object(Bucket=store.bucket, Key=key)
    assert load().rows == 1


def test_a_failed_replacement_leaves_the_rows_that_were_there(load, raw, engine):
    raw("a", 3)
    load()
    raw("a", 5, says=6)
    with pytest.raises(LoadFailed):
        load()
    assert engine.rows(COUNTS) == [("landing/a", 3)]


def test_an_object_that_vanished_rolls_the_whole_batch_back(raw, engine, store):
    here, gone = raw("here"), raw("gone")
    items = {item.key: item.etag for item in store.list("raw/")}
    batch = [
        PendingObject(key, items[key], f"landing/{key[-14:-10]}", "x", 1) for key in (here, gone)
    ]
    store.client.delete_object(Bucket=store.bucket, Key=gone)
    with pytest.raises(LoadFailed, match="nothing of the batch of 2 objects was kept"):
        engine.warehouse.load(QUOTES, batch)
    assert engine.rows(RECEIPTS) == [(0,)]


def test_batches_before_a_failed_one_are_kept(load, raw, engine, monkeypatch):
    monkeypatch.setattr(pending, "BATCH", 2)
    for name in "abcd":
        raw(name)
    raw("e", says=9)
    told: list[tuple[int, int]] = []
    with pytest.raises(LoadFailed):
        load(progress=lambda *numbers: told.append(numbers))
    assert told == [(2, 5), (4, 5)]
    assert len(engine.rows(COUNTS)) == 4


def test_two_loads_at_once_load_each_object_once(load, raw, engine):
    for n in range(12):
        raw(f"{n:02}", 2)
    reports: list[LoadReport | Exception] = []

    def run():
        try:
            reports.append(load())
        except Exception as error:
            reports.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report for report in reports if isinstance(report, Exception)] == []
    done = [report for report in reports if report.objects]
    assert {(report.objects, report.rows) for report in done} == {(12, 24)}
    assert len(done) == 1 or engine.shares_loads
    assert engine.rows(COUNTS) == [(f"landing/{n:02}", 2) for n in range(12)]
    assert engine.rows(RECEIPTS) == [(12,)]


@pytest.mark.parametrize(
    "name",
    [
        "x'); drop table raw_data.rapidapi_quotes; --",
        'x"; select 1; "',
        "मूल्य",
        "*",
        "a?s3_endpoint=evil.example",
        "a b#c%20d",
        "[ab]",
    ],
)
def test_a_hostile_name_is_never_a_statement_or_a_pattern(load, raw, engine, store, name):
    raw("a", 2)
    load()
    raw("b", 3)
    key = raw("odd")
    odd = key.replace("odd", name)
    copy = {"Bucket": store.bucket, "Key": key}
    store.client.copy_object(Bucket=store.bucket, Key=odd, CopySource=copy)
    store.client.delete_object(**copy)
    with pytest.raises(LoadFailed, match="Remove it"):
        load()
    [item] = [item for item in store.list("raw/") if item.key == odd]
    try:  # and straight past that check: whole, or not at all
        engine.warehouse.load(QUOTES, [PendingObject(odd, item.etag, "landing/odd", "x", 1)])
        expected = [("landing/a", 2), ("landing/odd", 1)]
    except LoadFailed:
        expected = [("landing/a", 2)]
    assert engine.rows(COUNTS) == expected


def test_quarantine_and_outcomes_load_by_the_same_rules(load, landed, engine, store, quote):
    promote_object(store, landed([quote(), 7, {"symbol": "X"}]))
    record_attempt(store, Outcome("fetch", "directory", "file", None, "ok", datetime.now(UTC)))
    assert load(DATASETS["quarantined_records"]).rows == 2
    assert load(DATASETS["ingestion_outcomes"]).rows == 2
    assert engine.rows(
        f"select source_name, dataset_name, reason, {engine.json_text}, record_no, "
        "trade_date::varchar from raw_data.quarantined_records order by record_no"
    ) == [
        ("rapidapi", "quotes", "not_an_object", "7", 2, "2024-04-26"),
        ("rapidapi", "quotes", "missing_fields", '{"symbol":"X"}', 3, "2024-04-26"),
    ]
    assert engine.rows(
        "select stage, status, trade_date::varchar, records_in, records_promoted, "
        "records_quarantined from raw_data.ingestion_outcomes order by stage"
    ) == [
        ("fetch", "ok", None, None, None, None),
        ("promote", "partial", "2024-04-26", 3, 1, 2),
    ]
    assert load(DATASETS["quarantined_records"]).objects == 0


def test_a_promotion_that_judges_anew_moves_the_rows(
    load, landed, engine, store, quote, monkeypatch
):
    """From raw to quarantine: with the next load each record is still there once."""
    key = landed([quote(), quote(symbol="X")])
    promote_object(store, key)
    load()
    monkeypatch.setattr(quotes, "REQUIRED", (*quotes.REQUIRED, "delivery_percent"))
    promote_pending(store, again=True)
    assert load() == LoadReport("rapidapi_quotes", 1, 0)
    assert load(DATASETS["quarantined_records"]).rows == 2
    assert engine.rows(COUNTS) == []
    assert ObjectKey.parse(key).raw in engine.warehouse.receipts(QUOTES)
