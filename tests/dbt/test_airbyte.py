"""Sheets that Airbyte synced: which record is the price of its day, and where the others went."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.promotion.airbyte import split

MODELS = "stg_airbyte__records int_airbyte__parsed int_airbyte__disposed int_airbyte__price_history"
BAR = {
    "date": "30-May-2025",
    "series": "EQ",
    "open": "100.00",
    "high": "1,110.00",
    "low": "99.50",
    "prev_close": "98",
    "ltp": "104",
    "close": "105.25",
    "vwap": "103.1",
    "volume": "12,34,567",
    "value": "127,284,357.70",
    "no_of_trades": "3456",
}


def put(
    warehouse: Any,
    record_no: int,
    raw_id: str = "",
    *,
    stream: str = "ACME",
    generation: int | None = 1,
    at: int = 0,
    **changes: str | None,
) -> None:
    """One record as the loader leaves it; `at` is the second of its extraction."""
    payload = {name: text for name, text in (BAR | changes).items() if text is not None}
    moment = datetime(2025, 6, 1, 10, 0, at)
    warehouse.execute(
        "insert into raw_data.airbyte_records by name select $1 as stream_name, "
        "$2 as airbyte_raw_id, $3 as extracted_at, $4::bigint as generation_id, "
        "$5::json as payload, 'sheet ' || $4 as source_key, $6 as record_no, "
        "$3 as fetched_at, $3::date as trade_date, timestamp '2025-06-02' as loaded_at",
        [
            [
                stream,
                raw_id or f"id-{record_no}",
                moment,
                generation or 0,
                json.dumps(payload),
                record_no,
            ]
        ],
    )


def build(warehouse: Any) -> None:
    run = warehouse.dbt("build", "--exclude-resource-type", "unit_test", "-s", *MODELS.split())
    assert run.returncode == 0, run.output


@pytest.fixture(scope="module")
def sheets(new_warehouse: Callable[[], Any]) -> Any:
    """A sheet synced twice, with every fate a record can have; as overwritten, then as appended."""
    warehouse = new_warehouse()
    put(warehouse, 1, close="101")  # an older generation, with a day that is gone since
    put(warehouse, 2, date="29-May-2025")
    new = {"generation": 2, "at": 30}
    put(warehouse, 3, **new)
    put(warehouse, 4, "id-3", **new | {"at": 10})  # delivered again, and the older of the two
    put(warehouse, 5, **new | {"at": 20}, close="102")  # the same day in another row, older
    put(warehouse, 6, **new, date="5/28/2025", series="BE", close="107")
    put(warehouse, 7, **new, date="2025-05-28", close="106")
    put(warehouse, 8, **new, high="99.60")
    put(warehouse, 9, **new, date="27-May-2025", value="n/a")
    put(warehouse, 10, **new, series="GB")
    put(warehouse, 11, **new, stream="notes", **dict.fromkeys(BAR), text="Buy?")
    put(warehouse, 12, **new, stream="all", symbol="m&m ", series=None)
    return warehouse


def fates(warehouse: Any) -> dict[int, tuple[str, str]]:
    rows = warehouse.query(
        "select record_no, disposition, reason from intermediate.int_airbyte__disposed"
    )
    return {number: (disposition, reason) for number, disposition, reason in rows}


@pytest.fixture(scope="module")
def overwritten(sheets: Any) -> Any:
    build(sheets)
    return sheets


def test_every_record_of_an_overwritten_sheet_has_its_fate(overwritten: Any) -> None:
    assert fates(overwritten) == {
        1: ("superseded", "older_generation"),
        2: ("superseded", "older_generation"),
        3: ("mart_prices", "price"),
        4: ("superseded", "repeated_delivery"),
        5: ("superseded", "newer_version"),
        6: ("superseded", "other_series"),
        7: ("mart_prices", "price"),
        8: ("quarantined", "ohlc_broken"),
        9: ("quarantined", "bad_number"),
        10: ("out_of_scope", "series_not_equity"),
        11: ("out_of_scope", "not_price_history"),
        12: ("mart_prices", "price"),
    }


def test_the_price_history_is_typed_as_a_bar(overwritten: Any) -> None:
    [bar] = overwritten.query(
        "select symbol, series, trade_date::varchar, open_price::varchar, high_price::varchar, "
        "close_price::varchar, last_price::varchar, previous_close_price::varchar, "
        "traded_volume, turnover_inr::varchar, trades, vwap::varchar, delivery_qty, source_name, "
        "source_key, fetched_at::varchar from intermediate.int_airbyte__price_history "
        "where record_no = 3"
    )
    assert bar == (
        *("ACME", "EQ", "2025-05-30", "100.0000", "1110.0000", "105.2500", "104.0000", "98.0000"),
        *(1234567, "127284357.70", 3456, "103.1000", None, "airbyte_sheets", "sheet 2"),
        "2025-06-01 10:00:30",
    )
    days = overwritten.query(
        "select symbol, trade_date::varchar, close_price::double "
        "from intermediate.int_airbyte__price_history order by all"
    )
    assert days == [
        ("ACME", "2025-05-28", 106.0),
        ("ACME", "2025-05-30", 105.25),
        ("M&M", "2025-05-30", 105.25),
    ]


def test_what_was_appended_stays_and_the_newest_of_a_day_wins(
    overwritten: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    appended = overwritten.copy(tmp_path)
    monkeypatch.setenv("INVESTIQ_AIRBYTE_SYNC_MODE", "append")
    build(appended)
    found = fates(appended)
    assert found[1] == ("superseded", "newer_version")
    assert found[2] == ("mart_prices", "price")
    assert {number: found[number] for number in range(3, 13)} == {
        number: fate for number, fate in fates(overwritten).items() if number > 2
    }


@pytest.mark.real_data
def test_the_exchanges_own_files_are_read_without_a_loss(
    real_data: Path, new_warehouse: Callable[[], Any]
) -> None:
    """The per-symbol CSV as downloaded and as saved again by Excel, as a sheet would hold them."""
    warehouse, expected = new_warehouse(), 0
    for path in sorted((real_data / "historical_symbol_csv").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        expected += len(rows)
        envelope = {"_airbyte_raw_id": "x", "_airbyte_extracted_at": 1_748_600_000_000}
        lines = [json.dumps(envelope | {"_airbyte_data": row}) for row in rows]
        good, refused = split("\n".join(lines).encode(), {})
        assert (len(good), refused) == (len(rows), [])
        for number, row in good:
            warehouse.execute(
                "insert into raw_data.airbyte_records by name select $1 as stream_name, "
                "$2 as airbyte_raw_id, timestamp '2025-06-01' as extracted_at, "
                "$3::json as payload, $1 as source_key, $4 as record_no, "
                "timestamp '2025-06-01' as fetched_at, date '2025-06-01' as trade_date, "
                "timestamp '2025-06-02' as loaded_at",
                [
                    [
                        path.stem.split(".")[0],
                        f"{path.stem} {number}",
                        json.dumps(row["payload"]),
                        number,
                    ]
                ],
            )
    build(warehouse)
    bars = warehouse.query(
        "select symbol, series, count(*), count(vwap), count(turnover_inr), min(year(trade_date)) "
        "from intermediate.int_airbyte__price_history group by all order by all"
    )
    assert [bar[0:2] for bar in bars] == [("MFSL", "EQ"), ("TATAMOTORS", "EQ")]
    assert [bar[5] for bar in bars] == [2020, 2021]
    assert all(sum(bar[column] for bar in bars) == expected for column in (2, 3, 4))
