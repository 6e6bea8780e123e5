"""No name changes a statement on Redshift: it is refused before, or it is data that COPY reads."""

import gzip
import json
import re
from dataclasses import replace

import pytest

from ingestion.errors import ConfigurationError
from ingestion.loading import DATASETS, PendingObject
from ingestion.loading.redshift_bootstrap import Users, raw_tables, script
from ingestion.loading.redshift_statements import Copying, load_statements

QUOTES = DATASETS["rapidapi_quotes"]
ROLE = "arn:aws:iam::000000000000:role/investiq-copy"
HOSTILE = [
    "'; drop table raw_data.rapidapi_quotes; --",
    '"; select 1; "',
    "a' || (select 1) || '",
    "two words;\n-- and a line",
    "back\\slash' and \\' quote",
    ":name $1 {x} %s",
    "मूल्य \u202e \u2019\u201c \u200b😀",
    "*?[ab]",
]
FOLDER = "raw/source=rapidapi/dataset=quotes/"


@pytest.fixture
def put(store):
    def put(name: str) -> PendingObject:
        """An object whose key, source and content hold the name."""
        row = {
            "payload": {"symbol": name},
            "source_key": f"landing/{name}",
            "record_no": 1,
            "fetched_at": "2024-04-26 12:00:00",
            "trade_date": "2024-04-26",
        }
        key = f"{FOLDER}{name}.ndjson.gz"
        body = gzip.compress(json.dumps(row).encode())
        store.put(key, body, "application/x-ndjson", {})
        return PendingObject(key, f"etag {name}", f"landing/{name}", name, 1)

    return put


def statements(warehouse) -> list[list[str]]:
    """Of each load from this bucket what it said to Redshift, without the digests of its files."""
    client, bucket = warehouse.api.client, warehouse.store.bucket
    told = client.list_statements(Status="ALL")["Statements"]
    said = [
        [part["QueryString"] for part in client.describe_statement(Id=one["Id"])["SubStatements"]]
        for one in told
        if f"s3://{bucket}/" in one["QueryString"]
    ]
    return [[re.sub(r"[0-9a-f]{64}", "DIGEST", text) for text in load] for load in said]


def test_a_key_is_data_and_every_load_says_the_same(redshift_warehouse, put):
    for name in ["plain", *HOSTILE]:
        item = put(name)
        assert redshift_warehouse.load(QUOTES, [item]).rows == 1
    query = redshift_warehouse.api.query
    loaded = query(
        "select source_key, json_extract_path_text(json_serialize(payload), 'symbol') "
        "from raw_data.rapidapi_quotes"
    )
    assert sorted(loaded) == sorted((f"landing/{name}", name) for name in ["plain", *HOSTILE])
    receipts = query("select object_key, etag, sha256 from raw_data.load_receipts")
    assert sorted(receipts) == sorted(
        (f"{FOLDER}{name}.ndjson.gz", f"etag {name}", name) for name in ["plain", *HOSTILE]
    )
    first, *others = statements(redshift_warehouse)
    assert others == [first] * len(HOSTILE)


@pytest.mark.parametrize("name", [*HOSTILE, "", "Upper", "x" * 128, "raw_data.x", "1st"])
def test_a_name_of_the_code_that_is_no_name_is_refused_before(name):
    def build(dataset=QUOTES, schema="raw_data"):
        return load_statements(dataset, schema, Copying("bucket", ROLE), "m", "e", gzip=True)

    for refused in (
        lambda: build(replace(QUOTES, table=name)),
        lambda: build(replace(QUOTES, identity=name)),
        lambda: build(replace(QUOTES, columns=((name, "VARCHAR"),))),
        lambda: build(schema=name),
        lambda: raw_tables(name),
    ):
        with pytest.raises(ConfigurationError, match="cannot be the name"):
            refused()


@pytest.mark.parametrize("value", HOSTILE)
def test_settings_of_copy_are_refused_before(value):
    for made in (
        lambda: Copying(f"bucket{value}", ROLE),
        lambda: Copying("bucket", f"{ROLE}{value}"),
        lambda: Copying("bucket", value),
        lambda: Copying("bucket", ROLE, f"ap-south-1{value}"),
    ):
        with pytest.raises(ConfigurationError, match=r"Set INVESTIQ_|Set it"):
            made()


def test_users_are_quoted_and_lines_in_them_refused():
    said = script("raw_data", Users(loader='IAMR:x"; drop schema raw_data; --'))
    assert 'to "IAMR:x""; drop schema raw_data; --";' in said
    with pytest.raises(ConfigurationError, match="cannot be the name of a user"):
        script("raw_data", Users(reader="two\nlines"))
