"""Where a run takes its data from: a live API, the exchange, the simulated exchange, a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from ingestion.calendar import IST, TradingCalendar, default_calendar
from ingestion.errors import ConfigurationError
from ingestion.origin import Origin
from ingestion.settings import Settings

DEMO_NEWEST = date(2025, 10, 24)
DEMO_HISTORY = date(2024, 7, 1)  # a week of legacy bhavcopies; sandbox/archives tells the story
DEMO_NEWS = date(2025, 9, 15)
DEMO_OLDEST = date(2025, 10, 9)  # eleven sessions with Muhurat on 21 October and a holiday after it
_NEWS_TICKERS = 10
_AFTER_CLOSE = timedelta(hours=1)
_FILES_ARE_OUT = time(19, 0)


class SourceName(StrEnum):
    """What `--source` takes."""

    LIVE = "live"
    NSE = "nse"
    SANDBOX = "sandbox"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Source:
    """A source with its own present: in the sandbox the clock is the simulated one.

    Attributes:
        quotes, archives: what it brings when it is asked for a session.
        news_tickers: whose news is asked for where the settings name nobody.
    """

    name: str
    settings: Settings
    clock: Callable[[], datetime]
    before_session: Callable[[date], None] = field(default=lambda day: None)
    folder: Path | None = None
    origin: Origin = Origin.REAL
    quotes: bool = False
    archives: bool = False
    news_tickers: Callable[[], str | None] = field(default=lambda: None)

    def newest_session(self, calendar: TradingCalendar) -> date:
        """The session that has opened last by the source's own clock."""
        return calendar.latest_opened(self.clock())

    def today(self) -> date:
        """The source's own date in India: what "as of" means for freshness."""
        return self.clock().astimezone(IST).date()


@contextmanager
def open_source(name: SourceName, settings: Settings, folder: Path | None) -> Iterator[Source]:
    """The source as named; the simulated exchange is started for as long as the block runs.

    Raises:
        ConfigurationError: a folder is given where none belongs, or missing where one does.
    """
    if (folder is None) == (name is SourceName.DIRECTORY):
        raise ConfigurationError(
            "A folder goes with `--source directory`, and only with it: "
            "`investiq run --source directory PATH`."
        )
    if name is SourceName.SANDBOX:
        with _sandbox(settings) as source:
            yield source
        return
    yield Source(
        name,
        settings,
        lambda: datetime.now(UTC),
        folder=folder,
        quotes=name is SourceName.LIVE,
        archives=name is SourceName.NSE,
    )


@contextmanager
def _sandbox(settings: Settings) -> Iterator[Source]:
    """The simulated exchange on loopback, asked by the same client as the real API."""
    from sandbox.exchange import Exchange
    from sandbox.exchange.press import largest
    from sandbox.market import Market

    calendar = default_calendar()
    now = [_evening(calendar, DEMO_NEWEST)]
    market = Market.build()
    opens, ends = market.sessions[0], market.sessions[-1]
    with Exchange(market, now=now[0]) as exchange:

        def before_session(day: date) -> None:
            if not opens <= day <= ends:
                raise ConfigurationError(
                    f"The simulated market runs from {opens} to {ends}, and {day} lies outside. "
                    "Choose a day within it."
                )
            if not calendar.is_session(day):
                return
            now[0] = _evening(calendar, day)
            exchange.set_clock(now[0])

        simulated = settings.model_copy(
            update={
                "rapidapi_url": exchange.url,
                "rapidapi_key": SecretStr("simulated"),
                "rapidapi_requests_per_second": 50,
                "rapidapi_requests_per_day": 100_000,
                "alphavantage_url": exchange.url,
                "alphavantage_key": SecretStr("simulated-alpha-vantage"),
                "alphavantage_requests_per_second": 50,
                "alphavantage_requests_per_day": 100_000,
                "nse_archives_url": exchange.url,
                "nse_url": exchange.url,
                "nse_requests_per_second": 1000,
                "yahoo_finance_url": exchange.url,
                "google_news_url": exchange.url,
                "news_requests_per_second": 1000,
                "news_page_deadline_seconds": min(settings.news_page_deadline_seconds, 15),
            }
        )
        yield Source(
            name="sandbox",
            settings=simulated,
            clock=lambda: now[0].astimezone(UTC),
            before_session=before_session,
            origin=Origin.SIMULATED,
            quotes=True,
            archives=True,
            news_tickers=lambda: largest(market, now[0].date(), _NEWS_TICKERS),
        )


def _evening(calendar: TradingCalendar, day: date) -> datetime:
    """When the session is over and its files are out."""
    evening = datetime.combine(day, _FILES_ARE_OUT, tzinfo=IST)
    return max(evening, calendar.closes_at(day) + _AFTER_CLOSE)
