"""Promotion: what lands comes out in raw or in quarantine, once, with its reason, always alike."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from ingestion.errors import ConfigurationError
from ingestion.objectstore import MissingObject
from ingestion.promotion import promote, promote_object, promote_pending, quotes
from ingestion.promotion.records import MAX_RECORD_BYTES, MAX_STRING_BYTES, Refused, snake_case
from ingestion.zones import ObjectKey

DAILY = "You have exceeded the DAILY quota for Requests on your current plan, BASIC."


def lines(store, key):
    """The rows of an object of raw or quarantine; none when there is no such object."""
    try:
        body = store.read(key).content
    except MissingObject:
        return []
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def both(store, landing_key):
    """Promote, and give (raw rows, quarantine rows)."""
    promote_object(store, landing_key)
    key = ObjectKey.parse(landing_key)
    return lines(store, key.raw), lines(store, key.quarantine)


def with_field(quote, text):
    """A reply of one quote that has one field more, as written in `text`."""
    return f"[{json.dumps(quote())[:-1]}, {text}}}]".encode()


@pytest.mark.parametrize(
    ("body", "content_type", "reason", "detail"),
    [
        (b"[{}]", "text/html", "html_page", "a page"),
        (b"\xff<html>", "text/HTML; charset=x", "html_page", "a page"),
        (b"  <!DOCTYPE html>", "application/json", "html_page", "DOCTYPE"),
        ({"message": DAILY}, "application/json", "quota_reply", "DAILY"),
        ({"Note": "5 requests per minute"}, "application/json", "quota_reply", "per minute"),
        ({"Information": "Too Many Requests"}, "application/json", "quota_reply", "Many"),
        ({"message": "\ud800 quota"}, "application/json", "quota_reply", "\\ud800"),
        ({"message": "a\0b"}, "application/json", "api_error", "a\\0b"),
        ({"error": {"code": 7}}, "application/json", "api_error", "7"),
        (b"", "application/json", "truncated", "empty"),
        (b" \n", "application/json", "truncated", "empty"),
        (b'[{"symbol": "REL', "application/json", "truncated", "Unterminated"),
        (b'[{"symbol": 1},', "application/json", "truncated", "character"),
        (b"[{'symbol': 1}]", "application/json", "not_json", "character"),
        (b"quota", "application/json", "not_json", "character 0"),
        (b"[1] [2]", "application/json", "not_json", "Extra data"),
        ({"data": []}, "application/json", "not_an_array", "'data'"),
        ({"message": ""}, "application/json", "not_an_array", "'message'"),
        (b"7", "application/json", "not_an_array", "int"),
        (b"null", "application/json", "not_an_array", "NoneType"),
        (b"NaN", "application/json", "not_an_array", "str"),
        (b"[]", "application/json", "empty_array", "no record"),
        (b"[" * 100_000, "application/json", "too_deep", "parser"),
        ("[]".encode("utf-16"), "application/json", "unreadable", "byte 0"),
        (b'["\xff"]', "application/json", "unreadable", "byte 2"),
    ],
)
def test_a_reply_that_is_no_data_is_quarantined_whole(
    store, landed, body, content_type, reason, detail
):
    raw, [refused] = both(store, landed(body, content_type))
    assert raw == []
    assert (refused["record_no"], refused["reason"], refused["payload"]) == (0, reason, None)
    assert detail in refused["detail"]


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        ("RELIANCE", "not_an_object", "RELIANCE"),
        (None, "not_an_object", "None"),
        ([1, 2], "not_an_object", "list of 2"),
        ({"symbol": "RELIANCE"}, "missing_fields", "lacks identifier"),
        ({}, "missing_fields", "lacks identifier"),
        ({"open": 1, "Open": 2}, "duplicate_key", "case"),
        ({"meta": {"isin": 1, "ISIN": 2}}, "duplicate_key", "case"),
    ],
)
def test_a_record_that_is_none_is_quarantined_alone(store, landed, quote, record, reason, detail):
    raw, [refused] = both(store, landed([quote(), record, quote()]))
    assert [row["record_no"] for row in raw] == [1, 3]
    assert (refused["record_no"], refused["reason"]) == (2, reason)
    assert detail in refused["detail"]
    assert refused["payload"] == record


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ('"a": "x\\u0000y"', "unreadable"),
        ('"x\\u0000y": 1', "unreadable"),
        ('"a": "\\ud83d"', "unreadable"),
        ('"a": {"\\ud83d": 1}', "unreadable"),
        (f'"a": "{"x" * (MAX_STRING_BYTES + 1)}"', "too_large"),
        (f'"a": "{"é" * (MAX_STRING_BYTES // 2 + 1)}"', "too_large"),
        (f'"{"x" * (MAX_STRING_BYTES + 1)}": 1', "too_large"),
        (f'"a": {json.dumps(["x" * 60_000] * 84)}', "too_large"),  # 5 MB in all
        (f'"a": {"[" * 65}{"]" * 65}', "too_deep"),
        (f'"a": {"[" * 900}{"]" * 900}', "too_deep"),
        ('"open": 1, "b": "\\u0000"', "duplicate_key"),
    ],
    ids=lambda value: value[:20],
)
def test_what_no_warehouse_can_store_is_named_and_stays_in_landing(
    store, landed, quote, field, reason
):
    key = landed(with_field(quote, field))
    raw, [refused] = both(store, key)
    assert raw == []
    assert (refused["reason"], refused["payload"]) == (reason, None)
    assert field.encode() in store.read(key).content


@pytest.mark.parametrize(
    "field",
    [
        f'"a": "{"x" * MAX_STRING_BYTES}"',
        f'"a": "{"é" * (MAX_STRING_BYTES // 2)}"',
        f'"a": {"[" * 64}{"]" * 64}',
        f'"a": {json.dumps(["x" * 60_000] * 66)}',
    ],
    ids=["text", "accents", "depth", "size"],
)
def test_what_is_just_within_the_limits_passes(store, landed, quote, field):
    [row], refused = both(store, landed(with_field(quote, field)))
    assert refused == []
    assert len(json.dumps(row["payload"])) <= MAX_RECORD_BYTES + MAX_STRING_BYTES * 3


@pytest.mark.parametrize("value", ["\\ud800", "\\u0000", "x" * 70_000])
def test_a_refused_text_is_shown_without_what_cannot_be_stored(store, landed, value):
    _, [refused] = both(store, landed(f'["{value}"]'.encode()))
    assert (refused["reason"], refused["payload"]) == ("not_an_object", None)
    assert len(refused["detail"]) < 600


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("-1e999", "-1e999"),
        ("9" * 38, int("9" * 38)),
        ("9" * 39, "9" * 39),
        ("9" * 5000, "9" * 5000),
        ("0.158519", 0.158519),
        ('"0.158519"', "0.158519"),
        ('"-"', "-"),
        ('""', ""),
        ("null", None),
        ('"🚀 د.إ \\u202e"', "🚀 د.إ \u202e"),
        ("\"=cmd|' /C calc'!A0\"", "=cmd|' /C calc'!A0"),
        ('"line\\nbreak"', "line\nbreak"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_value_is_kept_as_it_was_written(store, landed, quote, written, kept):
    [row], refused = both(store, landed(with_field(quote, f'"odd": {written}')))
    assert (row["payload"]["odd"], refused) == (kept, [])


def test_a_byte_order_mark_is_no_part_of_the_data(store, landed, quote):
    [row], refused = both(store, landed(b"\xef\xbb\xbf" + json.dumps([quote()]).encode()))
    assert (row["payload"]["symbol"], refused) == ("RELIANCE", [])


def test_the_envelope_says_what_was_asked_when_and_where_it_lies(store, landed, quote):
    key = landed([quote()])
    [row], _ = both(store, key)
    assert {name: row[name] for name in row if name != "payload"} == {
        "source_key": key,
        "fetched_at": "2024-04-26 12:00:00",
        "trade_date": "2024-04-26",
        "record_no": 1,
    }


def test_records_keep_the_order_of_the_reply(store, landed, quote):
    symbols = [f"S{n}" for n in (3, 1, 2, 10, 9)]
    raw, _ = both(store, landed([quote(symbol=symbol) for symbol in symbols]))
    assert [row["payload"]["symbol"] for row in raw] == symbols
    assert [row["record_no"] for row in raw] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("perChange365d", "per_change_365d"),
        ("perChange30d", "per_change_30d"),
        ("pChange", "p_change"),
        ("lastUpdateTime", "last_update_time"),
        ("companyName", "company_name"),
        ("isin", "isin"),
        ("ISIN", "isin"),
        (" SERIES", "series"),
        ("Close Price", "close_price"),
        ("Turnover (Rs. Cr.)", "turnover_(rs_cr_)"),
        ("already_snake", "already_snake"),
        ("", ""),
    ],
)
def test_keys_become_snake_case(name, expected):
    assert snake_case(name) == expected


def test_keys_are_renamed_at_every_level(store, landed, quote):
    nested = quote(meta={"companyName": "A", "listedOn": [{"marketName": "NSE"}]})
    [row], _ = both(store, landed([nested]))
    assert row["payload"]["meta"] == {"company_name": "A", "listed_on": [{"market_name": "NSE"}]}


@pytest.mark.parametrize(
    ("records", "status"), [(["good"], "promoted"), (["good", 7], "partial"), ([7], "quarantined")]
)
def test_the_outcome_says_how_many_went_where(store, landed, quote, records, status):
    key = landed([quote() if record == "good" else record for record in records])
    report = promote_object(store, key, clock=lambda: datetime(2024, 4, 27, tzinfo=UTC))
    outcome = json.loads(store.read(ObjectKey.parse(key).promote_outcome).content)
    assert outcome["status"] == report.status == status
    assert outcome["records_in"] == len(records)
    assert outcome["records_promoted"] == records.count("good")
    assert outcome["records_quarantined"] == records.count(7)
    assert outcome["detail"] == ("not_an_object" if 7 in records else "")
    assert (outcome["stage"], outcome["source_key"]) == ("promote", key)
    assert outcome["attempted_at"] == "2024-04-27 00:00:00"


def test_promoting_twice_writes_the_same_bytes(store, landed, quote):
    key = landed([quote(), 7])
    promote_object(store, key)
    first = {item.key: item.etag for item in store.list("")}
    assert len(first) == 4  # landing, raw, quarantine and the outcome
    promote_object(store, key, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert {item.key: item.etag for item in store.list("")} == first


def test_raw_says_its_own_hash_and_number_of_rows(store, landed, quote):
    key = landed([quote(), quote()])
    promote_object(store, key)
    said = store.metadata(ObjectKey.parse(key).raw)
    assert (said["records"], said["source-key"]) == ("2", key)
    assert len(said["sha256"]) == 64


def test_nothing_good_leaves_no_raw_object_and_nothing_bad_no_quarantine(store, landed, quote):
    promote_object(store, landed([quote()]))
    promote_object(store, landed(b"<html>"))
    assert len(list(store.list("raw/"))) == len(list(store.list("quarantine/"))) == 1


def test_again_empties_what_a_stricter_promotion_refuses(
    store, warehouse, landed, quote, monkeypatch
):
    """The rows that an earlier code let through leave the warehouse with the next load."""
    from ingestion.loading import DATASETS, load_pending

    key = landed([quote(), quote()])
    promote_object(store, key)
    assert load_pending(DATASETS["rapidapi_quotes"], store, warehouse).rows == 2

    def refuse_all(content, content_type):
        raise Refused("not_an_array", "as of today")

    monkeypatch.setattr(quotes, "read_reply", refuse_all)
    [report] = promote_pending(store, again=True)
    assert (report.status, report.quarantined) == ("quarantined", 1)
    assert lines(store, ObjectKey.parse(key).raw) == []
    outcome = json.loads(store.read(ObjectKey.parse(key).promote_outcome).content)
    assert outcome["status"] == "quarantined"
    reloaded = load_pending(DATASETS["rapidapi_quotes"], store, warehouse)
    assert (reloaded.objects, reloaded.rows) == (1, 0)


def test_pending_takes_what_has_no_outcome_yet_and_reports_progress(store, landed, quote):
    done, told = landed([quote()]), []
    promote_object(store, done)
    new = [landed([quote(symbol=name)]) for name in "AB"]
    reports = promote_pending(store, progress=lambda *numbers: told.append(numbers))
    assert sorted(report.source_key for report in reports) == sorted(new)
    assert told == [(1, 2), (2, 2)]
    assert promote_pending(store) == []
    assert len(promote_pending(store, again=True)) == 3


def test_a_promotion_killed_before_its_outcome_is_pending(store, landed, quote, monkeypatch):
    landed([quote()])

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as failpoint:
        failpoint.setattr(promote, "record_promotion", killed)
        with pytest.raises(KeyboardInterrupt):
            promote_pending(store)
    assert len(list(store.list("raw/"))) == 1
    assert [report.status for report in promote_pending(store)] == ["promoted"]


def test_an_object_that_is_gone_is_an_error(store, landed):
    key = landed([1])
    store.client.delete_object(Bucket=store.bucket, Key=key)
    with pytest.raises(MissingObject, match="investiq status"):
        promote_object(store, key)


def test_a_dataset_without_a_promotion_is_an_error_that_says_where_to_add_one(store):
    key = (
        "landing/source=nse/dataset=bhavcopy/trade_date=2024-04-26"
        "/fetched_at=20240426T120000Z/0123456789abcdef.zip"
    )
    store.put(key, b"x", "application/zip", {})
    with pytest.raises(ConfigurationError, match=r"nse/bhavcopy.*CONTRIBUTING"):
        promote_object(store, key)


def test_the_first_real_reply_is_promoted_whole(store, landed, real_data):
    body = (real_data / "first_sample" / "nse_data_26042024130436.json").read_bytes()
    raw, refused = both(store, landed(body))
    assert (len(raw), refused) == (828, [])
    assert [row["record_no"] for row in raw] == list(range(1, 829))
    assert len({row["payload"]["identifier"] for row in raw}) > 700
