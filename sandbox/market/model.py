"""What the market tells: securities and their identities, daily bars, index bars and quotes."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """What a security is called from the session `since` on."""

    since: date
    symbol: str
    series: str
    isin: str
    company_name: str

    @property
    def identifier(self) -> str:
        """The quote feed's key: symbol, series and the letter N."""
        return f"{self.symbol}{self.series}N"


@dataclass(frozen=True, slots=True)
class Security:
    """One company's share through all its symbols, series and ISINs.

    `industry` is what the company does; `published_industry` is what the quote feed says of it
    (null for many); `meta_missing` marks the few that the feed knows nothing about.
    """

    id: int
    identities: tuple[Identity, ...]
    industry: str
    published_industry: str | None
    meta_missing: bool
    listed_on: date
    last_session: date | None
    face_value: float


@dataclass(frozen=True, slots=True)
class DailyBar:
    """One security on one session it traded on; rupees, never adjusted."""

    security_id: int
    trade_date: date
    symbol: str
    series: str
    isin: str
    company_name: str
    open: float
    high: float
    low: float
    close: float
    previous_close: float
    vwap: float
    volume: int
    turnover: float
    trades: int


@dataclass(frozen=True, slots=True)
class IndexBar:
    """One index on one session; volume and turnover are the sums over its constituents."""

    name: str
    trade_date: date
    open: float
    high: float
    low: float
    close: float
    previous_close: float
    volume: int
    turnover: float


@dataclass(frozen=True, slots=True)
class Quote:
    """What the quote feed knows of a share or an index at one moment.

    `security_id` is None on index rows; elsewhere None stands for what the feed does not know.
    `updated_at` is IST without a zone, and its date is the session the figures belong to: days old
    for a suspended share or an abandoned series.
    """

    identifier: str
    symbol: str
    security_id: int | None
    company_name: str | None
    industry: str | None
    isin: str | None
    open: float
    high: float
    low: float
    last: float
    previous_close: float
    change: float
    change_percent: float
    change_percent_30d: float | None
    change_percent_365d: float | None
    volume: int
    value: float
    year_high: float | None
    year_low: float | None
    updated_at: datetime

    @property
    def is_index(self) -> bool:
        """Whether this is the row of an index, not of a share."""
        return self.security_id is None
