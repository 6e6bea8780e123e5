"""Landing and the bucket below it: immutable, once per session asked for, nothing lost."""

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ingestion.errors import ConfigurationError
from ingestion.fetched import Fetched
from ingestion.landing import land, landed
from ingestion.objectstore import MissingObject, ObjectStore, s3_client, sha256

FETCHED = Fetched(
    source="rapidapi",
    dataset="quotes",
    trade_date=date(2024, 4, 26),
    fetched_at=datetime(2024, 4, 26, 12, 0, tzinfo=UTC),
    content=b'[{"symbol": "M&M"}]',
    content_type="application/json; charset=utf-8",
    http_status=200,
    url="https://latest-stock-price.p.rapidapi.com/any",
)
LATER = FETCHED.fetched_at + timedelta(minutes=5)


def stubbed(**options):
    """A store whose S3 answers what the test says: for what a real one does once a year."""
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="s3cret",  # pragma: allowlist secret
        config=Config(retries={"total_max_attempts": 1}),
        **options,
    )
    return ObjectStore(client, "b"), Stubber(client)


def test_the_bytes_land_as_received_with_what_was_said_about_them(store):
    key = land(store, FETCHED).key.landing
    body = store.read(key)
    assert body.content == FETCHED.content
    assert body.content_type == FETCHED.content_type
    assert body.metadata == {
        "sha256": hashlib.sha256(FETCHED.content).hexdigest(),
        "content-type-received": FETCHED.content_type,
        "http-status": "200",
        "url": FETCHED.url,
    }
    assert store.metadata(key) == body.metadata


def test_the_same_bytes_land_once_per_session_that_was_asked_for(store):
    first = land(store, FETCHED)
    again = land(store, replace(FETCHED, fetched_at=LATER))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.key == first.key
    other_day = land(store, replace(FETCHED, trade_date=date(2024, 4, 29)))
    assert other_day.is_new
    assert len(list(store.list("landing/"))) == 2


def test_other_bytes_land_beside_them_oldest_first(store):
    later = land(store, replace(FETCHED, content=b"[2]", fetched_at=LATER)).key
    first = land(store, FETCHED).key
    assert landed(store, "rapidapi", "quotes", FETCHED.trade_date) == [first, later]
    assert landed(store, "rapidapi", "quotes", date(2024, 4, 29)) == []


@pytest.mark.parametrize(
    ("content_type", "stored"),
    [
        ("", "application/octet-stream"),
        ("\x01", "application/octet-stream"),
        ("text/html;\r\n charset=x", "text/html; charset=x"),
        ("text/plain; name=é→\x7f", "text/plain; name=\\xe9\\u2192"),
        ("x" * 5000, "x" * 500),
    ],
)
def test_an_odd_content_type_does_not_stop_the_landing(store, content_type, stored):
    key = land(store, replace(FETCHED, content_type=content_type)).key.landing
    assert store.read(key).content_type == stored


def test_metadata_is_ascii_on_one_line_and_short(store):
    notes = {"file-name": "मूल्य\r\nX-Evil: 1\x00", "long": "y" * 900, "blank": " \n "}
    key = land(store, replace(FETCHED, notes=notes, http_status=None, url="")).key.landing
    said = store.metadata(key)
    assert said["file-name"] == "\\u092e\\u0942\\u0932\\u094d\\u092f X-Evil: 1"
    assert said["long"] == "y" * 500
    assert not {"blank", "http-status", "url"} & set(said)


def test_what_has_landed_can_be_created_only_once(store):
    assert store.create("landing/x", b"first", "text/plain", {})
    assert not store.create("landing/x", b"second", "text/plain", {})
    assert store.read("landing/x").content == b"first"


def test_two_at_once_create_one_object(store):
    made: list[bool] = []

    def create(number):
        made.append(store.create("landing/x", b"%d" % number, "text/plain", {}))

    threads = [threading.Thread(target=create, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]


def test_a_conflict_of_two_writers_is_tried_again_and_never_taken_for_success():
    """S3 answers 409 when writers meet; the object may well not be there."""
    store, s3 = stubbed()
    s3.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    s3.add_response("put_object", {})
    with s3:
        assert store.create("k", b"", "text/plain", {})
    for _ in range(3):
        s3.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with s3, pytest.raises(ClientError, match="ConditionalRequestConflict"):
        store.create("k", b"", "text/plain", {})


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "InternalError"])
def test_a_refused_write_is_an_error_not_a_silence(code):
    store, s3 = stubbed()
    s3.add_client_error("put_object", code)
    with s3, pytest.raises(ClientError, match=code):
        store.create("k", b"", "text/plain", {})


def test_writing_again_replaces(store):
    for content in (b"1", b"2"):
        store.put("raw/x", content, "text/plain", {"n": content.decode()})
    assert (store.read("raw/x").content, store.metadata("raw/x")) == (b"2", {"n": "2"})


@pytest.mark.parametrize("operation", ["read", "metadata"])
def test_an_object_that_is_not_there_is_named(store, operation):
    with pytest.raises(MissingObject, match=r"landing/nothing.*investiq status"):
        getattr(store, operation)("landing/nothing")


@pytest.mark.parametrize(
    ("operation", "call"), [("read", "get_object"), ("metadata", "head_object")]
)
def test_a_refusal_is_not_taken_for_a_missing_object(operation, call):
    store, s3 = stubbed()
    s3.add_client_error(call, "AccessDenied", http_status_code=403)
    with s3, pytest.raises(ClientError, match="AccessDenied"):
        getattr(store, operation)("landing/x")


def test_a_real_listing_of_over_a_thousand_is_whole_and_in_order(store):
    from concurrent.futures import ThreadPoolExecutor

    names = [f"raw/{n:04}" for n in range(1003)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(name, b"", "text/plain", {}), names))
    store.put("rax", b"", "text/plain", {})
    assert [item.key for item in store.list("raw/")] == names


def test_a_listing_shows_the_hash_and_size_of_the_content(store):
    store.put("raw/x", b"abc", "text/plain", {})
    [item] = store.list("raw/")
    assert (item.etag, item.size) == (hashlib.md5(b"abc").hexdigest(), 3)
    assert sha256(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_making_the_bucket_twice_or_two_at_once_is_fine(store):
    store.ensure_bucket()
    other = ObjectStore(store.client, f"{store.bucket}-two")
    failed: list[Exception] = []

    def ensure():
        try:
            other.ensure_bucket()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert other.create("x", b"", "text/plain", {})


def test_another_who_made_the_bucket_meanwhile_is_no_error():
    store, s3 = stubbed()
    s3.add_client_error("head_bucket", "404", http_status_code=404)
    s3.add_client_error("create_bucket", "BucketAlreadyOwnedByYou", http_status_code=409)
    with s3:
        store.ensure_bucket()
        s3.assert_no_pending_responses()


def test_a_bucket_that_refuses_us_says_what_to_check():
    store, s3 = stubbed()
    s3.add_client_error("head_bucket", "403", http_status_code=403)
    with s3, pytest.raises(ConfigurationError, match=r"'b' refuses us.*investiq doctor"):
        store.ensure_bucket()


def test_a_bucket_that_cannot_be_made_says_what_to_set(store):
    with pytest.raises(ConfigurationError, match=r"'xx' cannot be made .*INVESTIQ_BUCKET"):
        ObjectStore(store.client, "xx").ensure_bucket()


def test_a_store_that_cannot_be_reached_says_what_to_do():
    store, _ = stubbed(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL_S3") as told:
        store.ensure_bucket()
    assert "s3cret" not in str(told.value)


def test_the_client_is_patient_but_not_for_ever(clean_environment):
    clean_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = s3_client().meta.config
    assert config.retries == {"total_max_attempts": 5, "mode": "standard"}
    assert (config.connect_timeout, config.read_timeout) == (5, 60)


def test_a_client_has_the_keys_of_its_moment(store, clean_environment):
    """boto3's default session would go on with those of its first use."""
    for key in ("AKFIRST", "AKSECOND"):
        clean_environment.setenv("AWS_ACCESS_KEY_ID", key)
        url = s3_client().generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
        assert key in url
