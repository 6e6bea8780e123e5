"""Where a run takes its data from: a live API, the exchange, the simulated exchange, a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

import requests
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
def open_source(
    name: SourceName, settings: Settings, folder: Path | None = None, at: datetime | None = None
) -> Iterator[Source]:
    """The source as named; the simulated exchange is started for as long as the block runs.

    Args:
        at: in the sandbox that INVESTIQ_SANDBOX_URL names, when it is.

    Raises:
        ConfigurationError: a folder is given where none belongs, or missing where one does.
    """
    if (folder is None) == (name is SourceName.DIRECTORY):
        raise ConfigurationError(
            "A folder goes with `--source directory`, and only with it: "
            "`investiq run --source directory PATH`."
        )
    if name is SourceName.SANDBOX and settings.sandbox_url:
        yield _joined(settings, at)
        return
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
                raise _outside(day, opens, ends)
            if not calendar.is_session(day):
                return
            now[0] = _evening(calendar, day)
            exchange.set_clock(now[0])

        yield Source(
            name="sandbox",
            settings=_asking(exchange.url, settings),
            clock=lambda: now[0].astimezone(UTC),
            before_session=before_session,
            origin=Origin.SIMULATED,
            quotes=True,
            archives=True,
            news_tickers=lambda: largest(market, now[0].date(), _NEWS_TICKERS),
        )


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """What a simulated exchange that runs elsewhere says of itself."""

    opens: date
    ends: date
    largest: str

    @classmethod
    def of(cls, url: str) -> "SimulatedMarket":
        """Ask it.

        Raises:
            ConfigurationError: nobody answers there.
        """
        try:
            reply = requests.get(f"{url}/_sandbox/state", timeout=30)
            told = reply.json()
            first, last = date.fromisoformat(told["opens"]), date.fromisoformat(told["ends"])
            return cls(first, last, told["largest"])
        except (requests.RequestException, ValueError, KeyError) as silent:
            raise ConfigurationError(
                f"No simulated exchange answers on {url} ({type(silent).__name__}). Start it with "
                "`python -m sandbox.exchange`, or unset INVESTIQ_SANDBOX_URL."
            ) from None


def simulated_moment(settings: Settings, moment: datetime) -> datetime:
    """A moment of real time as the simulated market has it: at the latest its last evening."""
    assert settings.sandbox_url is not None
    market = SimulatedMarket.of(settings.sandbox_url)
    return min(moment.astimezone(IST), _evening(default_calendar(), market.ends))


def _joined(settings: Settings, at: datetime | None) -> Source:
    """The simulated exchange that runs elsewhere, as it is on the evening of one day."""
    assert settings.sandbox_url is not None
    market, calendar = SimulatedMarket.of(settings.sandbox_url), default_calendar()
    moment = (at or _evening(calendar, market.ends)).astimezone(IST)
    if not market.opens <= moment.date() <= market.ends:
        raise _outside(moment.date(), market.opens, market.ends)
    url = f"{settings.sandbox_url}/_at/{moment:%Y-%m-%dT%H:%M:%S}"
    return Source(
        name="sandbox",
        settings=_asking(url, settings),
        clock=lambda: moment.astimezone(UTC),
        origin=Origin.SIMULATED,
        quotes=True,
        archives=True,
        news_tickers=lambda: market.largest,
    )


def _outside(day: date, opens: date, ends: date) -> ConfigurationError:
    return ConfigurationError(
        f"The simulated market runs from {opens} to {ends}, and {day} lies outside. "
        "Choose a day within it."
    )


def _asking(url: str, settings: Settings) -> Settings:
    """The settings by which the clients ask a simulated exchange."""
    return settings.model_copy(
        update={
            "rapidapi_url": url,
            "rapidapi_key": SecretStr("simulated"),
            "rapidapi_requests_per_second": 50,
            "rapidapi_requests_per_day": 100_000,
            "alphavantage_url": url,
            "alphavantage_key": SecretStr("simulated-alpha-vantage"),
            "alphavantage_requests_per_second": 50,
            "alphavantage_requests_per_day": 100_000,
            "nse_archives_url": url,
            "nse_url": url,
            "nse_requests_per_second": 1000,
            "yahoo_finance_url": url,
            "google_news_url": url,
            "news_requests_per_second": 1000,
            "news_page_deadline_seconds": min(settings.news_page_deadline_seconds, 15),
        }
    )


def evening_of(day: date) -> datetime:
    """When the session of a day is over and its files are out (IST)."""
    return _evening(default_calendar(), day)


def _evening(calendar: TradingCalendar, day: date) -> datetime:
    """When the session is over and its files are out."""
    evening = datetime.combine(day, _FILES_ARE_OUT, tzinfo=IST)
    return max(evening, calendar.closes_at(day) + _AFTER_CLOSE)
