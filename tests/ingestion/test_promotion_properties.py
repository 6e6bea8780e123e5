"""Any JSON array at all: every element comes out once, and what comes out can be loaded."""

import gzip
import json
import math
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.promotion.quotes import read_reply, split
from ingestion.promotion.records import ndjson

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
NAMES = st.sampled_from(["open", "Open", " open", "symbol", "a b", "a.b", "aB", "", "İ"]) | ANY_TEXT
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
QUOTE = {
    "identifier": "XEQN",
    "symbol": "X",
    "lastUpdateTime": "26-Apr-2024 15:59:52",
    "open": 1,
    "dayHigh": 2,
    "dayLow": 1,
    "lastPrice": 1.5,
    "previousClose": 1,
    "totalTradedVolume": 1,
    "totalTradedValue": 1.5,
}
QUOTES = st.dictionaries(NAMES, VALUES, max_size=3).map(lambda more: QUOTE | more)


def rows_of(array):
    """The lines that promotion writes for an array, raw and quarantine, as bytes."""
    good, refused = split(read_reply(json.dumps(array).encode(), "application/json"))
    raw = ndjson({"record_no": no, "payload": payload} for no, payload in good)
    quarantine = ndjson(
        {"record_no": it.record_no, "detail": it.detail, "payload": it.payload} for it in refused
    )
    return raw, quarantine


def strict(text):
    """Parse as a parser does that knows only JSON, and that minds keys that stand twice."""

    def no_constant(name):
        raise AssertionError(f"{name} is no JSON")

    def unique(pairs):
        assert max(Counter(name for name, _ in pairs).values(), default=1) == 1
        return dict(pairs)

    return json.loads(text, parse_constant=no_constant, object_pairs_hook=unique)


def as_kept(sent):
    """What no JSON, or no warehouse, has a number for is kept as text."""
    if isinstance(sent, float) and not math.isfinite(sent):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(sent)]
    return str(sent) if isinstance(sent, int) and len(str(sent)) > 38 else sent


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES | QUOTES, min_size=1, max_size=5))
def test_every_element_is_accounted_for_exactly_once(array):
    raw, quarantine = rows_of(array)
    rows = [strict(line) for line in (raw + quarantine).splitlines()]
    assert sorted(row["record_no"] for row in rows) == list(range(1, len(array) + 1))


@settings(max_examples=150, deadline=None)
@given(st.lists(QUOTES, min_size=1, max_size=3))
def test_what_is_promoted_keeps_its_values_under_snake_case_keys(array):
    raw, _ = rows_of(array)
    for line in raw.splitlines():
        row = strict(line)
        received, payload = array[row["record_no"] - 1], row["payload"]
        assert len(payload) == len(received)
        assert not any("A" <= sign <= "Z" for name in payload for sign in name)
        for sent, kept in zip(received.values(), payload.values(), strict=True):
            if not isinstance(sent, dict | list):
                assert kept == as_kept(sent)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(VALUES | QUOTES, min_size=1, max_size=8), min_size=1, max_size=6))
def test_duckdb_reads_every_line_as_one_row(arrays):
    """NUL and its like would end the load of a whole day, so DuckDB itself is the judge."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        for number, array in enumerate(arrays):
            for name, body in zip(("raw", "quarantine"), rows_of(array), strict=True):
                (Path(folder) / f"{name}{number}.ndjson.gz").write_bytes(gzip.compress(body))
        rows, valid = con.execute(
            "select count(*), count(*) filter (payload is null or json_valid(payload)) "
            "from read_json($1, columns = {'record_no': 'INTEGER', 'payload': 'JSON'}, "
            "format = 'newline_delimited')",
            [f"{folder}/*.gz"],
        ).fetchone()
    assert rows == valid == sum(len(array) for array in arrays)
