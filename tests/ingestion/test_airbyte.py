"""Airbyte's objects: collected once, promoted alike whatever their shape, broken ones set aside."""

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import ConfigurationError
from ingestion.loading import DATASETS, load_pending
from ingestion.promotion import promote_object, promote_pending
from ingestion.promotion.airbyte import split
from ingestion.promotion.records import Refused
from ingestion.sources.airbyte import collect
from ingestion.zones import LANDING, OUTCOMES, ObjectKey

SAID = {"airbyte-stream": "prices", "airbyte-generation": ""}
EPOCH = 1_748_600_000_123  # 2025-05-30 10:13:20.123 UTC
ROW = {"Date ": "30-May-2025", "series ": "EQ", "VALUE ": "12,34,567.50", "name": {"first": "A"}}


def record(data, *, raw_id="id-1", at=EPOCH, generation=7, meta=None):
    """One record as the destination emits it since 1.0, unflattened."""
    return {
        "_airbyte_raw_id": raw_id,
        "_airbyte_extracted_at": at,
        "_airbyte_generation_id": generation,
        "_airbyte_meta": meta or {"changes": [], "sync_id": 3},
        "_airbyte_data": data,
    }


def flattened(whole):
    """Root-level flattening: no `_airbyte_data`, objects inside as `name.first`."""
    data = whole["_airbyte_data"]
    columns = {}
    for name, value in data.items():
        if isinstance(value, dict):
            columns |= {f"{name}.{inner}": deep for inner, deep in value.items()}
        else:
            columns[name] = value
    return {name: value for name, value in whole.items() if name != "_airbyte_data"} | columns


def jsonl(records):
    return "\n".join(json.dumps(item) for item in records).encode() + b"\n"


def csv_of(records):
    """What the destination writes as CSV: objects as JSON text, an absent value as nothing."""
    header = list(dict.fromkeys(name for item in records for name in item))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    for item in records:
        opened = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in item.items()}
        writer.writerow(opened)
    return text.getvalue().encode()


def old_names(item):
    """The names before 1.0, which had neither generation nor meta."""
    named = {"_airbyte_raw_id": "_airbyte_ab_id", "_airbyte_extracted_at": "_airbyte_emitted_at"}
    dropped = ("_airbyte_generation_id", "_airbyte_meta")
    return {named.get(name, name): value for name, value in item.items() if name not in dropped}


def put(store, key, content, generation=None):
    store.put(key, content, "", {"ab-generation-id": generation} if generation else {})


def gather(store, **options):
    return collect(store, "airbyte", max_bytes=1_000_000, **options)


def rows_of(store, warehouse, columns="payload"):
    """Promote and load all that has landed, and give the raw rows."""
    promote_pending(store)
    load_pending(DATASETS["airbyte_records"], store, warehouse)
    with warehouse._open() as con:
        query = f"select {columns} from raw_data.airbyte_records order by source_key, record_no"
        return con.execute(query).fetchall()


_names = st.text("abcdefgh", min_size=1, max_size=6)
_cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
_data = st.dictionaries(
    _names, _cells | st.none() | st.integers(-9999, 9999) | st.booleans(), max_size=4
)


@given(st.lists(_data, min_size=1, max_size=4))
def test_the_same_records_in_every_shape_are_the_same_rows(sheets):
    whole = [record(data, raw_id=f"id-{n}") for n, data in enumerate(sheets)]
    flat = [flattened(item) for item in whole]
    rendered = [
        {k: json.dumps(v) if isinstance(v, bool) else v for k, v in item.items()} for item in flat
    ]
    shapes = [jsonl(whole), jsonl(flat), csv_of(whole), csv_of(rendered)]
    read = [split(shape, SAID) for shape in [*shapes, *map(gzip.compress, shapes)]]
    assert all(both == read[0] for both in read)
    assert [number for number, _ in read[0][0]] == list(range(1, len(sheets) + 1))
    assert read[0][1] == []


def test_a_record_keeps_its_cells_its_lineage_and_its_changes():
    changes = [{"field": "x", "change": "NULLED", "reason": "DESTINATION_FIELD_SIZE_LIMITATION"}]
    content = jsonl([record(ROW, meta={"changes": changes, "sync_id": 9})])
    [(number, row)], refused = split(content, {"airbyte-stream": "my%20tab"})
    assert (number, refused) == (1, [])
    assert row == {
        "namespace": None,
        "stream_name": "my tab",
        "airbyte_raw_id": "id-1",
        "extracted_at": "2025-05-30 10:13:20.123000",
        "generation_id": 7,
        "payload": {
            "date": "30-May-2025",
            "series": "EQ",
            "value": "12,34,567.50",
            "name_first": "A",
            "_airbyte_meta": {"changes": changes, "sync_id": 9},
        },
    }


@pytest.mark.parametrize("shape", [jsonl, csv_of])
@pytest.mark.parametrize("at", [EPOCH, str(EPOCH), "2025-05-30T10:13:20.123Z"])
def test_the_names_before_1_0_are_read_alike(shape, at):
    new = split(jsonl([record(ROW)]), SAID)[0][0][1]
    old = split(shape([old_names(record(ROW, at=at))]), SAID)[0][0][1]
    del new["payload"]["_airbyte_meta"]
    assert old == new | {"generation_id": None}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2025-05-30 15:43:20.5+05:30", "2025-05-30 10:13:20.500000"),
        ("2025-05-30 10:13:20", "2025-05-30 10:13:20.000000"),
        (0, "1970-01-01 00:00:00.000000"),
    ],
)
def test_a_time_is_utc(said, read):
    assert split(jsonl([record(ROW, at=said)]), SAID)[0][0][1]["extracted_at"] == read


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("PREV. CLOSE ", "prev_close"),
        ("prev_close_", "prev_close"),
        ("_52_w_h_", "52_w_h"),
        ("No of trades ", "no_of_trades"),
        ("\ufeffDate ", "date"),
        ("stats_C1", "stats_c1"),
    ],
)
def test_a_column_is_found_as_typed_and_as_converted_by_airbyte(name, key):
    payload = split(jsonl([record({name: "1"})]), SAID)[0][0][1]["payload"]
    assert [found for found in payload if found != "_airbyte_meta"] == [key]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"_airbyte_raw_id": "x", "_airb', "truncated"),
        (b"{'a': 1}", "not_json"),
        (b"[1, 2]", "not_an_object"),
        (b'{"_airbyte_extracted_at": 1}', "missing_fields"),
        (b'{"_airbyte_raw_id": "x", "_airbyte_extracted_at": ""}', "missing_fields"),
        (b'{"_airbyte_raw_id": "x", "_airbyte_raw_id": "y"}', "duplicate_key"),
        (jsonl([record({"Close": "1", "close ": "2"})]), "duplicate_key"),
        (jsonl([record(ROW, at="yesterday")]), "bad_envelope"),
        (jsonl([record(ROW, at="9" * 15)]), "bad_envelope"),
        (jsonl([record(ROW, generation="new")]), "bad_envelope"),
        (jsonl([record([1])]), "bad_envelope"),
        (jsonl([record(ROW) | {"close": "1"}]), "bad_envelope"),
        (jsonl([record("{")]), "truncated"),
        (jsonl([record({"a": "\0"})]), "unreadable"),
        (jsonl([record({"a": "x" * 70_000})]), "too_large"),
    ],
)
def test_a_broken_record_is_set_aside_and_the_others_stay(line, reason):
    good, [refused] = split(
        jsonl([record(ROW)]) + line.strip() + b"\n\n" + jsonl([record(ROW)]), SAID
    )
    assert [number for number, _ in good] == [1, 3]
    assert (refused.record_no, refused.reason) == (2, reason)


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ("x,1,a\r\ny,1\r\nz,1,b\r\n", {2: "wrong_columns"}),
        ('x,1,a\r\ny,1,"b"c\r\nz,1,b\r\n', {2: "not_csv"}),
        ('x,1,a\r\ny,1,"never ends\r\n', {2: "not_csv"}),
        ("x,1,a\r\ny,,b\r\n", {2: "missing_fields"}),
    ],
)
def test_a_broken_line_of_csv_is_set_aside(rows, reasons):
    content = b"_airbyte_raw_id,_airbyte_extracted_at,close\r\n" + rows.encode()
    good, refused = split(content, SAID)
    assert {item.record_no: item.reason for item in refused} == reasons
    assert good[0][1]["payload"] == {"close": "a"}
    assert len(good) + len(refused) >= 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "truncated"),
        (b"  \n", "truncated"),
        (b"<html>", "html_page"),
        (gzip.compress(jsonl([record(ROW)] * 9))[:-9], "truncated"),
        (b"\x1f\x8bnot really", "unreadable"),
        (b"\xff\xfe{", "unreadable"),
        (b"_airbyte_raw_id,a,a\r\n", "duplicate_key"),
        (b'"_airbyte_raw_id"x,a\r\n', "not_csv"),
    ],
)
def test_an_object_that_is_no_such_file_is_refused_whole(content, reason):
    with pytest.raises(Refused) as refused:
        split(content, SAID)
    assert refused.value.reason == reason


def test_a_bomb_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr("ingestion.promotion.airbyte.MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(Refused, match="too_large"):
        split(gzip.compress(b" " * 2000), SAID)


def test_an_object_lands_once_and_its_records_are_loaded(store, warehouse):
    content = gzip.compress(jsonl([record(ROW), record(ROW, raw_id="id-2")]) + b"{broken\n")
    key = f"airbyte/sheets/प्राइस/2025_05_30_{EPOCH}_0.jsonl.gz"
    put(store, key, content, "7")
    [outcome] = gather(store)
    landed = ObjectKey.parse(outcome.source_key)
    assert (outcome.status, outcome.detail) == ("ok", key)
    assert landed.trade_date == date(2025, 5, 30)
    assert landed.fetched_at == datetime.fromtimestamp(EPOCH // 1000, UTC)
    assert store.read(outcome.source_key).content == content
    assert gather(store) == []
    columns = "namespace, stream_name, airbyte_raw_id, extracted_at::varchar, generation_id"
    first, second = rows_of(store, warehouse, columns)
    assert first == ("sheets", "प्राइस", "id-1", "2025-05-30 10:13:20.123", 7)
    assert second[2] == "id-2"
    report = promote_object(store, outcome.source_key, again=True)
    assert (report.records_in, report.promoted, report.quarantined) == (3, 2, 1)


def test_a_changed_object_lands_beside_the_one_before(store):
    key = f"airbyte/prices/2025_05_30_{EPOCH}_0.jsonl"
    for raw_id in ("a", "b"):
        put(store, key, jsonl([record(ROW, raw_id=raw_id)]))
        assert [outcome.status for outcome in gather(store)] == ["ok"]
    assert len(list(store.list(LANDING))) == 2


def test_an_overwriting_generation_waits_until_it_is_complete(store):
    old, new = (f"airbyte/prices/2025_05_{day}_{EPOCH + day}_0.csv" for day in (30, 31))
    put(store, old, csv_of([record(ROW, generation=1)]), "1")
    assert [outcome.detail for outcome in gather(store)] == [old]
    put(store, new, csv_of([record(ROW, raw_id="id-2", generation=2)]), "2")
    assert gather(store) == []
    store.client.delete_object(Bucket=store.bucket, Key=old)
    assert [outcome.detail for outcome in gather(store)] == [new]


def test_in_append_mode_generations_are_collected_side_by_side(store):
    for generation in ("1", "2"):
        content = csv_of([record(ROW, raw_id=generation, generation=generation)])
        put(store, f"airbyte/p/2025_05_30_{EPOCH}_{generation}.csv", content, generation)
    assert len(gather(store, mode="append")) == 2


def test_what_is_not_airbytes_is_said_once_and_left(store):
    for name in ("airbyte/loose.csv", "airbyte/p/2025_02_31_1748600000_0.csv", "airbyte/p/x.avro"):
        put(store, name, b"x")
    outcomes = gather(store)
    assert {outcome.status for outcome in outcomes} == {"unrecognised"}
    assert len(outcomes) == 3
    assert all("path format" in outcome.detail for outcome in outcomes)
    assert gather(store) == []
    assert list(store.list(LANDING)) == []


def test_an_object_too_large_is_said_and_collected_when_the_limit_allows(store):
    key = f"airbyte/p/2025_05_30_{EPOCH}_0.jsonl"
    put(store, key, jsonl([record(ROW)]))
    for _ in range(2):
        assert [said.status for said in collect(store, "airbyte/", max_bytes=10)] == ["failed"]
    assert len(list(store.list(OUTCOMES))) == 1
    assert [outcome.status for outcome in gather(store)] == ["ok"]


@pytest.mark.parametrize("prefix", ["", "/", "landing", "raw/x"])
def test_a_prefix_that_is_not_airbytes_own_is_refused(store, prefix):
    with pytest.raises(ConfigurationError, match="INVESTIQ_AIRBYTE_PREFIX"):
        collect(store, prefix, max_bytes=1)


@pytest.mark.real_data
def test_the_destinations_own_samples_are_the_same_records(real_data):
    names = ("s3_csv_current_flatten", "s3_csv_current_noflatten", "s3_jsonl_current")
    endings = ("csv", "csv", "jsonl")
    files = [
        real_data / "airbyte" / f"{name}.SAMPLE.{ending}"
        for name, ending in zip(names, endings, strict=True)
    ]
    read = [split(path.read_bytes(), SAID) for path in files]
    assert all(refused == [] for _, refused in read)
    firsts = [good[0] for good, _ in read]
    assert firsts[0] == firsts[1] == firsts[2]
    assert firsts[0][1]["payload"]["name_first"]
