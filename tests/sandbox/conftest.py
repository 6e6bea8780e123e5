"""Shared parts of the sandbox's tests: one market per process, a small one, and an exchange."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
import requests

from ingestion.calendar import CalendarEntry, TradingCalendar
from sandbox.exchange import Exchange
from sandbox.market import Market

EVENING = datetime(2024, 4, 26, 20, 0)
HEADERS = {"X-RapidAPI-Key": "any-key", "X-RapidAPI-Host": Exchange.api_host}


@pytest.fixture(scope="session")
def market() -> Market:
    """The default market with the project's own calendar."""
    return Market.build()


@pytest.fixture(scope="session")
def small_market() -> Market:
    """Two years of a hundred securities on a calendar of three exceptions."""
    entries = [
        CalendarEntry(date(2024, 1, 26), False, None, "Republic Day"),
        CalendarEntry(date(2024, 3, 2), True, "special", "Drill of the recovery site"),
        CalendarEntry(date(2024, 11, 1), True, "muhurat", "Diwali Laxmi Pujan"),
    ]
    calendar = TradingCalendar(
        date(2023, 1, 1), date(2024, 12, 31), {entry.day: entry for entry in entries}
    )
    return Market.build(
        seed=7, securities=100, start=date(2023, 1, 1), end=date(2024, 12, 31), calendar=calendar
    )


@pytest.fixture
def exchange(small_market: Market) -> Iterator[Exchange]:
    with Exchange(small_market, now=EVENING) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A client that presents a key and ignores proxies of the environment."""
    with requests.Session() as client:
        client.trust_env = False
        client.headers.update(HEADERS)
        yield client
