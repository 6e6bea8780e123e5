"""The suites `ohlc` and `prices`: do the newest sessions of a mart look like days of a market?

The warehouse measures one row per session, which is compared with the regular sessions before it.
Keys, relations, contracts and arithmetic belong to dbt and are not repeated here.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from expectations.dialect import median, share
from expectations.suites.sample import (
    REGULAR,
    SHORT,
    Asset,
    Request,
    Sample,
    iso,
    not_empty,
    read,
    within,
)
from expectations.thresholds import OhlcThresholds
from ingestion.loading.reading import Reader

DEFAULT_SESSIONS = 5
_BUILD = "Run `investiq load` and `investiq build` for that session, then check again."
_HOLE = (
    "Compare the session with rpt_record_accounting, fetch it again when its reply was cut, "
    "then run `investiq load` and `investiq build`."
)
_STALE = (
    "Open the landed reply named by source_key of that session: when the source served another "
    "day, fetch the session again and run `investiq load` and `investiq build`."
)
_UNITS = (
    "Compare turnover_inr with close_price x traded_volume for a few shares: when the unit "
    "changed, correct staging and rebuild."
)


@dataclass(frozen=True, slots=True)
class Mart:
    """A mart of daily bars: the asset's name, its rows, and which days of it are sessions.

    `rows` has the columns of fct_ohlc_daily that the measures name; `null_share` are those that may
    be unknown for few.
    """

    asset: str
    rows: str
    sessions: str
    null_share: tuple[str, ...]
    has_indices: bool


# A reply also holds rows some days old; they lie under their own date and make no session of it.
# The newest date of a reply is the one it was fetched for.
QUOTES = Mart(
    asset="ohlc_sessions",
    rows="marts.fct_ohlc_daily",
    sessions="""
        select distinct trade_date
        from (select source_key, max(trade_date) as trade_date
              from marts.fct_ohlc_daily group by source_key) as replies
    """,
    null_share=("previous_close_price", "return_1d", "vwap", "high_52w", "low_52w"),
    has_indices=True,
)
# The newest sessions only: a year back is enough, and twenty years need not be read.
PRICES = Mart(
    asset="price_sessions",
    rows="""(
        select prices.*,
               coalesce(indicators.return_1d, cast(prices.close_price as double precision)
                   / nullif(prices.previous_close_price, 0) - 1) as return_1d
        from marts.fct_prices_daily as prices
        left join marts.fct_indicators_daily as indicators
            on indicators.security_sk = prices.security_sk
            and indicators.trade_date = prices.trade_date
        where prices.trade_date between $first and $last
    )""",
    sessions="""
        select trade_date from marts.fct_prices_daily
        where trade_date > (select max(trade_date) - 366 from marts.fct_prices_daily)
        group by trade_date having count(*) >= 50
    """,
    null_share=("previous_close_price", "return_1d", "vwap"),
    has_indices=False,
)

_SESSIONS = """
    select trade_date
    from ({sessions}) as session_days
    where trade_date <= $until
    order by trade_date desc
    limit $sessions
"""

# A statement of Redshift may sort by one column only: each median has a CTE of its own.
_MEASURES = """
    with sessions as (
        select trade_date, lag(trade_date) over (order by trade_date) as previous_date
        from ({sessions}) as session_days
        where trade_date between $first and $last
    ),
    bars as (
        select s.trade_date, s.previous_date, q.security_sk, q.return_1d, q.turnover_inr,
               q.open_price, q.high_price, q.low_price, q.close_price, q.previous_close_price,
               q.traded_volume, {columns}
        from sessions as s
        inner join {rows} as q on q.trade_date = s.trade_date
    ),
    shares as (
        select bars.*, p.security_sk is not null as is_same_as_before
        from bars
        left join {rows} as p
            on p.trade_date = bars.previous_date
            and p.security_sk = bars.security_sk
            and p.open_price = bars.open_price and p.high_price = bars.high_price
            and p.low_price = bars.low_price and p.close_price = bars.close_price
            and p.traded_volume = bars.traded_volume
    ),
    counted as (
        select trade_date,
               count(*) as securities,
               {jump} as jump_share,
               {unchanged} as unchanged_share,
               {same} as stale_copy_share,
               {nulls}
        from shares
        group by trade_date
    ),
    turnovers as (
        select trade_date, {middle_turnover} as median_turnover
        from bars
        group by trade_date
    ),
    returns as (
        select trade_date, {middle_return} as share_return
        from bars
        group by trade_date
    ),
    indices as (
        select trade_date, count(*) as indices, {middle_return} as index_return
        from marts.fct_index_daily
        where trade_date between $first and $last
        group by trade_date
    )
    select counted.*,
           turnovers.median_turnover,
           coalesce(indices.indices, 0) as indices,
           abs(indices.index_return - returns.share_return) as index_gap
    from counted
    inner join turnovers on turnovers.trade_date = counted.trade_date
    inner join returns on returns.trade_date = counted.trade_date
    left join indices on indices.trade_date = counted.trade_date
    order by counted.trade_date
"""


def measure(
    reader: Reader,
    request: Request,
    limits: OhlcThresholds,
    mart: Mart = QUOTES,
) -> Sample:
    """Measure the newest sessions, and as many before them as the comparisons need."""
    asked = DEFAULT_SESSIONS if request.sessions is None else request.sessions
    # Short sessions are left out of the means, so a few more than the trailing length are read.
    window = {"until": request.until, "sessions": asked + limits.trailing_sessions + asked}
    found = read(reader, _SESSIONS.format(sessions=mart.sessions), window)
    days: list[date] = sorted(found["trade_date"].dt.date)
    newest = {
        "first": days[0] if days else request.until,
        "last": days[-1] if days else request.until,
    }
    frame = read(reader, _measures_sql(limits, mart), newest)
    frame["session_type"] = [request.session_type(day) for day in days]
    frame["securities_vs_trailing"] = _versus_before(frame, "securities", "mean", limits)
    frame["turnover_vs_recent"] = _versus_before(frame, "median_turnover", "median", limits)
    frame["trade_date"] = iso(frame["trade_date"])
    return Sample(
        assets=(_asset(frame.tail(asked).reset_index(drop=True), limits, mart),),
        sessions=tuple(days[-asked:]),
    )


def _measures_sql(limits: OhlcThresholds, mart: Mart) -> str:
    """The query with one measure per column that may be null; names come from thresholds.py."""
    return _MEASURES.format(
        sessions=mart.sessions,
        rows=mart.rows,
        columns=", ".join(f"q.{name} is null as is_null_{name}" for name in mart.null_share),
        jump=share(f"coalesce(abs(return_1d) > {limits.jump}, false)"),
        unchanged=share("close_price = previous_close_price"),
        same=share("is_same_as_before"),
        middle_turnover=median("cast(turnover_inr as double precision)"),
        middle_return=median("return_1d"),
        nulls=", ".join(
            f"{share(f'is_null_{name}')} as null_share_{name}" for name in mart.null_share
        ),
    )


def _versus_before(
    frame: pd.DataFrame, column: str, statistic: str, limits: OhlcThresholds
) -> pd.Series:
    """Each session's value against the trailing regular sessions before it; unknown on the first.

    An hour of Muhurat is no measure for the day after it, so short sessions are compared with the
    regular ones and never make part of their mean.
    """
    regular = frame[column].astype(float).where(frame["session_type"] == "regular")
    before = [
        regular.iloc[:row].dropna().tail(limits.trailing_sessions).agg(statistic)
        for row in range(len(frame))
    ]
    return frame[column] / pd.Series(before, index=frame.index, dtype=float)


def _asset(frame: pd.DataFrame, limits: OhlcThresholds, mart: Mart) -> Asset:
    return Asset(
        name=mart.asset,
        frame=frame,
        keys=("trade_date",),
        optional=frozenset(
            {"securities_vs_trailing", "turnover_vs_recent", "index_gap", "unchanged_share"}
        ),
        expectations=(
            not_empty("sessions_in_mart", "Run `investiq build`, then check again."),
            within("securities", "securities", limits.securities, _HOLE),
            within("securities_vs_trailing", "securities_vs_trailing",
                   limits.securities_vs_trailing, _HOLE, only=REGULAR),
            within("securities_vs_trailing_short", "securities_vs_trailing",
                   limits.securities_vs_trailing_short, _HOLE, only=SHORT),
            *(
                within(f"null_share_{name}", f"null_share_{name}", limit,
                       "Follow the column back through staging (rpt_data_quality_daily says why "
                       "values were refused), then rebuild.")
                for name, limit in limits.null_share.items()
                if name in mart.null_share
            ),
            within("jump_share", "jump_share", limits.jump_share,
                   "List the shares with abs(return_1d) > 0.2 of that session: many at once mean "
                   "that closes or previous closes are of another day; fetch the session again."),
            within("turnover_vs_recent", "turnover_vs_recent", limits.turnover_vs_recent, _UNITS,
                   only=REGULAR),
            within("turnover_vs_recent_short", "turnover_vs_recent",
                   limits.turnover_vs_recent_short, _UNITS, only=SHORT),
            within("unchanged_share", "unchanged_share", limits.unchanged_share, _STALE,
                   only=REGULAR),
            within("unchanged_share_short", "unchanged_share", limits.unchanged_share_short,
                   _STALE, only=SHORT),
            within("stale_copy_share", "stale_copy_share", limits.stale_copy_share, _STALE),
            *(
                (
                    within("indices", "indices", limits.indices,
                           f"See why in rpt_record_accounting. {_BUILD}"),
                    within("index_gap", "index_gap", limits.index_gap, _STALE),
                )
                if mart.has_indices else ()
            ),
        ),
    )  # fmt: skip
