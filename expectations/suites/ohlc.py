"""The suites `ohlc` and `prices`: do the newest sessions of a mart look like days of a market?

One row per session is measured in DuckDB and compared with the regular sessions before it. Keys,
relations, contracts and arithmetic belong to dbt and are not repeated here.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

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
              from marts.fct_ohlc_daily group by source_key)
    """,
    null_share=("previous_close_price", "return_1d", "vwap", "high_52w", "low_52w"),
    has_indices=True,
)
# The newest sessions only: a year back is enough, and twenty years need not be read.
PRICES = Mart(
    asset="price_sessions",
    rows="""(
        select prices.*,
               coalesce(indicators.return_1d, prices.close_price::double
                   / nullif(prices.previous_close_price, 0) - 1) as return_1d
        from marts.fct_prices_daily as prices
        left join marts.fct_indicators_daily as indicators
            on indicators.security_sk = prices.security_sk
            and indicators.trade_date = prices.trade_date
        where prices.trade_date in (select unnest($days))
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
    from ({sessions})
    where trade_date <= $until
    order by trade_date desc
    limit $sessions
"""

_MEASURES = """
    with sessions as (
        select day as trade_date, lag(day) over (order by day) as previous_date
        from (select unnest($days) as day)
    ),
    shares as (
        select s.trade_date, q.return_1d, q.turnover_inr, q.close_price, q.previous_close_price,
               {columns},
               p.security_sk is not null as is_same_as_before
        from sessions as s
        join {rows} as q on q.trade_date = s.trade_date
        left join {rows} as p
            on p.trade_date = s.previous_date
            and p.security_sk = q.security_sk
            and p.open_price = q.open_price and p.high_price = q.high_price
            and p.low_price = q.low_price and p.close_price = q.close_price
            and p.traded_volume = q.traded_volume
    ),
    indices as (
        select trade_date, count(*) as indices, median(return_1d) as index_return
        from marts.fct_index_daily
        group by trade_date
    )
    select trade_date,
           count(*) as securities,
           avg(coalesce(abs(return_1d) > {jump}, false)::int) as jump_share,
           avg((close_price = previous_close_price)::int) as unchanged_share,
           avg(is_same_as_before::int) as stale_copy_share,
           median(turnover_inr)::double as median_turnover,
           coalesce(any_value(indices), 0) as indices,
           abs(any_value(index_return) - median(return_1d)) as index_gap,
           {nulls}
    from shares
    left join indices using (trade_date)
    group by trade_date
    order by trade_date
"""


def measure(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    limits: OhlcThresholds,
    mart: Mart = QUOTES,
) -> Sample:
    """Measure the newest sessions, and as many before them as the comparisons need."""
    asked = DEFAULT_SESSIONS if request.sessions is None else request.sessions
    # Short sessions are left out of the means, so a few more than the trailing length are read.
    window = {"until": request.until, "sessions": asked + limits.trailing_sessions + asked}
    found = read(connection, _SESSIONS.format(sessions=mart.sessions), window)
    days: list[date] = sorted(found["trade_date"].dt.date)
    frame = read(connection, _measures_sql(limits, mart), {"days": days})
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
        rows=mart.rows,
        jump=limits.jump,
        columns=", ".join(f"q.{name} is null as is_null_{name}" for name in mart.null_share),
        nulls=", ".join(
            f"avg(is_null_{name}::int) as null_share_{name}" for name in mart.null_share
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
