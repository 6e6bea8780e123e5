"""What the tests of ingestion share: one quote, one reply, and the fixed moment they land at."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.objectstore import ObjectStore

DAY = date(2024, 4, 26)
EVENING = datetime(2024, 4, 26, 12, 0, tzinfo=UTC)  # 17:30 in India: the session is over


@pytest.fixture
def quote() -> Callable[..., dict[str, Any]]:
    """One record as the API writes it; `quote(open="-")` changes fields, None removes them."""

    def make(**changes: Any) -> dict[str, Any]:
        record: dict[str, Any] = {
            "identifier": "RELIANCEEQN",
            "symbol": "RELIANCE",
            "change": -15.6,
            "pChange": -0.53,
            "dayHigh": 2933.95,
            "dayLow": 2894.55,
            "open": 2931.7,
            "lastPrice": 2903,
            "previousClose": 2918.6,
            "lastUpdateTime": "26-Apr-2024 15:59:52",
            "meta": {"companyName": "Reliance Industries Limited", "industry": "REFINERIES"},
            "perChange30d": 0.63,
            "perChange365d": 24.12,
            "totalTradedValue": 15936582394.18,
            "totalTradedVolume": 5481806,
            "yearHigh": 3024.9,
            "yearLow": 2012.14,
        }
        record |= changes
        return {name: value for name, value in record.items() if value is not None}

    return make


@pytest.fixture
def landed(store: ObjectStore) -> Callable[..., str]:
    """Land a body (bytes, or a value to be written as JSON) and give its key."""

    def make(body: Any, content_type: str = "application/json", at: datetime = EVENING) -> str:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fetched = Fetched("rapidapi", "quotes", DAY, at, content, content_type)
        return land(store, fetched).key.landing

    return make
