"""What the page shows, as values: one dataclass per table of the page, no formatting in them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from report.model_news import News


@dataclass(frozen=True, slots=True)
class Session:
    """The session that the page is about, and how fresh what it shows is."""

    trade_date: date
    session_type: str | None
    description: str | None
    quoted_at_ist: datetime | None
    fetched_at_ist: datetime | None
    official_shares: int
    quoted_shares: int


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
    relative_volume: float | None
    delivery_pct: float | None


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
class Event:
    """A corporate action of a share that changed its adjusted prices, on its ex-date."""

    security_sk: object
    symbol: str
    company_name: str | None
    ex_date: date
    event_type: str
    share_factor: float | None
    amount_inr: float | None
    new_shares: float | None
    held_shares: float | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class Share:
    """A share that the reader can pick; one value per session of the history, None: no trade.

    Prices are rupees as traded; averages and volumes are adjusted for splits and bonuses.
    """

    security_sk: object
    symbol: str
    series: str
    company_name: str | None
    former_symbols: tuple[str, ...]
    reasons: tuple[str, ...]
    closes: tuple[Decimal | None, ...]
    factors: tuple[float | None, ...]
    volumes: tuple[float | None, ...]
    sma_20: tuple[float | None, ...]
    sma_50: tuple[float | None, ...]
    sma_200: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Extreme:
    """A share at or near the end of its 52-week range; adjusted prices, fractions of them."""

    symbol: str
    series: str
    company_name: str | None
    close_adj: float
    low_52w: float | None
    high_52w: float | None
    distance: float | None
    is_new: bool
    rsi_14: float | None
    turnover_cr: float | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """The rank of an industry by its return over a month, and that return, week by week."""

    industry: str
    securities: int
    ranks: tuple[int | None, ...]
    returns: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """One session of the breadth lines; parts are fractions of the shares that have an average."""

    trade_date: date
    ad_line: float | None
    pct_above_50dma: float | None
    pct_above_200dma: float | None
    net_highs: int | None


@dataclass(frozen=True, slots=True)
class Review:
    """Something about adjusted prices that a person should look at."""

    review_kind: str
    priority: int
    symbol: str | None
    event_date: date | None
    reason: str
    subject: str | None
    price_change: float | None
    suggested_ratio: str | None
    next_step: str
    cases: int


@dataclass(frozen=True, slots=True)
class History:
    """What the page shows of the sessions before the newest one.

    `share_days` are the sessions of the shares' series, oldest first; `rotation_days` the last
    session of each week. `open_reviews` counts all items by priority, `reviews` are the first.
    """

    share_days: tuple[date, ...]
    shares: tuple[Share, ...]
    events: tuple[Event, ...]
    highs: tuple[Extreme, ...]
    lows: tuple[Extreme, ...]
    rotation_days: tuple[date, ...]
    rotation: tuple[Rotation, ...]
    lines: tuple[Lines, ...]
    reviews: tuple[Review, ...]
    open_reviews: dict[int, int]


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
    history: History
    news: News
