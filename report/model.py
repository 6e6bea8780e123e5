"""What the page shows, as values: one dataclass per table of the page, no formatting in them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Session:
    """The session that the page is about, and how fresh what it shows is."""

    trade_date: date
    session_type: str | None
    description: str | None
    quoted_at_ist: datetime | None
    fetched_at_ist: datetime | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One session of one index."""

    trade_date: date
    open_price: Decimal | None
    high_price: Decimal | None
    low_price: Decimal | None
    close_price: Decimal | None
    return_1d: float | None


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its newest bar in full, and the bars of the window, oldest first."""

    name: str
    category: str
    trade_date: date
    close_price: Decimal | None
    change_points: Decimal | None
    return_1d: float | None
    low_52w: Decimal | None
    high_52w: Decimal | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Breadth:
    """One session of the whole market; turnover in crore rupees."""

    trade_date: date
    session_type: str | None
    securities_traded: int
    advances: int
    declines: int
    unchanged: int
    new_highs_52w: int | None
    new_lows_52w: int | None
    turnover_cr: Decimal | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many shares moved between `low` and `high` percent (None: open-ended)."""

    low: int | None
    high: int | None
    shares: int


@dataclass(frozen=True, slots=True)
class Mover:
    """One row of a top list; turnover in crore rupees, the return a fraction."""

    rank_no: int
    symbol: str
    series: str
    company_name: str | None
    close_price: Decimal | None
    return_1d: float | None
    turnover_cr: Decimal | None
    traded_volume: int | None


@dataclass(frozen=True, slots=True)
class Sector:
    """One industry on the page's session, and its returns over the sessions of the heat table."""

    industry: str
    securities: int
    advances: int
    declines: int
    return_1d: float | None
    turnover_cr: Decimal | None
    leader_symbol: str | None
    leader_return_1d: float | None
    laggard_symbol: str | None
    laggard_return_1d: float | None
    returns: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far one dataset is behind the calendar, in sessions."""

    dataset_name: str
    latest_trade_date: date | None
    expected_trade_date: date | None
    sessions_behind: int | None
    fetched_at_ist: datetime | None
    as_of_date: date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """How many records of a dataset were set aside, and why."""

    dataset_name: str
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class NulledValue:
    """Values of one column that were text or nonsense and became null or a number."""

    dataset_name: str
    column_name: str
    reason: str
    records_checked: int
    records_affected: int


@dataclass(frozen=True, slots=True)
class Accounted:
    """Where the records of one dataset and one session asked for went."""

    dataset_name: str
    trade_date: date | None
    by_disposition: dict[str, int]

    @property
    def received(self) -> int:
        """All records: what the dispositions sum to."""
        return sum(self.by_disposition.values())


@dataclass(frozen=True, slots=True)
class Market:
    """Everything on the page, read from one published set of Parquet files.

    `session` is None, and the rest empty, where the marts hold no session yet.
    `partial_sessions` are days of which only left-over rows are here; charts leave them out.
    """

    session: Session | None
    indices: tuple[Index, ...]
    breadth: tuple[Breadth, ...]
    partial_sessions: tuple[Breadth, ...]
    distribution: tuple[Bucket, ...]
    movers: dict[str, tuple[Mover, ...]]
    heat_days: tuple[date, ...]
    sectors: tuple[Sector, ...]
    freshness: tuple[Freshness, ...]
    quarantined: tuple[Reason, ...]
    nulled: tuple[NulledValue, ...]
    accounting: tuple[Accounted, ...]
