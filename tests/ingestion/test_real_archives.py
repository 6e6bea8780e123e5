"""Every real file of the exchange goes through landing and promotion with the right end."""

import gzip
import json
from collections import Counter

import pytest

from ingestion.ingest import ingest_directory
from ingestion.promotion import promote_pending
from ingestion.zones import ObjectKey

pytestmark = pytest.mark.real_data
LIMIT = 64 << 20


def promoted(folder, store):
    """Bring a folder in; reports by (dataset, session asked for) and outcomes by file."""
    outcomes = ingest_directory(folder, store, max_bytes=LIMIT)
    return outcomes, promote_pending(store)


def test_all_files_of_quirks_end_in_quarantine_with_the_right_reason(real_data, store):
    outcomes, reports = promoted(real_data / "quirks", store)
    assert {(str(item.trade_date), item.status) for item in outcomes} == {
        ("2022-05-04", "failed"),
        ("2024-11-18", "failed"),
        ("2022-10-24", "stale"),
        ("2023-01-26", "stale"),
        ("2021-11-05", "stale"),
    }
    assert {report.status for report in reports} == {"quarantined"}
    assert list(store.list("raw/")) == []
    reasons = {}
    for item in store.list("quarantine/"):
        [line] = lines(store, item.key)
        reasons[line["trade_date"]] = (line["reason"], line["detail"])
    assert {day: reason for day, (reason, _) in reasons.items()} == {
        "2022-05-04": "truncated",
        "2024-11-18": "truncated",
        "2022-10-24": "stale_copy",
        "2023-01-26": "stale_copy",
        "2021-11-05": "stale_copy",
    }
    assert reasons["2022-10-24"][1] == "asked for 2022-10-24, the file holds 2022-10-21"


def lines(store, key):
    return [json.loads(line) for line in gzip.decompress(store.read(key).content).splitlines()]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("legacy_bhavcopy", {"bhavcopy_legacy": 64}),
        ("sec_bhavdata_full", {"sec_bhavdata": 242}),
        ("udiff_bhavcopy", {"bhavcopy_udiff": 1}),
        ("indices", {"index_closes": 1, "index_constituents": 3}),
        ("masters", {"equity_list": 1, "symbol_changes": 1}),
        ("calendar", {"holidays": 1}),
        ("corporate_actions", {"corporate_actions": 5, "adjustment_corrections": 1}),
    ],
)
def test_every_other_real_file_is_promoted_whole(real_data, store, folder, expected):
    outcomes, reports = promoted(real_data / folder, store)
    taken = [item for item in outcomes if item.status != "unrecognised"]
    assert {item.status for item in taken} == {"ok"}
    assert Counter(item.dataset_name for item in taken) == expected
    assert Counter(ObjectKey.parse(report.source_key).dataset for report in reports) == expected
    assert {(report.status, report.quarantined) for report in reports} == {("promoted", 0)}
    assert all(report.promoted == report.records_in > 0 for report in reports)
