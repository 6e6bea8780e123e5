"""Reads what the page shows of the sessions before the newest: shares, extremes, rotation, lines.

Source: the recent files of the marts of prices and indicators, and the marts made from them.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from report import model
from report.source import Marts

SHARE_SESSIONS = 500
LINE_SESSIONS = 250
ROTATION_WEEKS = 8
TRADED_SESSIONS = 20  # over which "most traded" is summed
TURNOVER_FLOOR_CR = 1.0  # of the day, for the table of 52-week extremes
EXTREMES = 25
NEAR = 0.05
REVIEWS = 12
# How many shares the reader can pick, by why they are there; a share can be there for several.
CHOSEN = {"most traded": 100, "split or bonus": 25, "renamed": 15, "52-week high": 15,
          "52-week low": 15, "in the news": 25}  # fmt: skip
NEWS_SESSIONS = 5
# Fewer shares than this part of the fullest session: left-over rows, not a session.
PARTIAL_BELOW = 0.5


def read_history(marts: Marts, day: date) -> model.History:
    """The history up to the session `day`."""
    days = _share_days(marts, day)
    shares = _shares(marts, days) if len(days) > 1 else ()
    rotation_days, rotation = _rotation(marts, day)
    return model.History(
        share_days=days,
        shares=shares,
        events=_events(marts, days) if shares else (),
        highs=_extremes(marts, day, "high"),
        lows=_extremes(marts, day, "low"),
        rotation_days=rotation_days,
        rotation=rotation,
        lines=_lines(marts, day),
        reviews=_reviews(marts),
        open_reviews={
            row["priority"]: row["items"]
            for row in marts.rows(
                "select priority, count(*) as items from rpt_adjustment_review "
                "group by priority order by priority"
            )
        },
    )


def nothing() -> model.History:
    """The history of marts that hold no session."""
    return model.History((), (), (), (), (), (), (), (), (), {})


def _share_days(marts: Marts, day: date) -> tuple[date, ...]:
    rows = marts.rows(
        "select trade_date, count(*) as shares from fct_prices_daily where trade_date <= ? "
        "group by trade_date order by trade_date desc limit ?",
        day,
        SHARE_SESSIONS,
    )
    fullest = max((row["shares"] for row in rows), default=0)
    return tuple(
        row["trade_date"] for row in reversed(rows) if row["shares"] >= fullest * PARTIAL_BELOW
    )


def _shares(marts: Marts, days: Sequence[date]) -> tuple[model.Share, ...]:
    chosen = {row["security_sk"]: row for row in _chosen(marts, days)}
    place = {one: number for number, one in enumerate(days)}
    columns = ("close_price", "share_factor", "volume_adj", "sma_20", "sma_50", "sma_200")
    series: dict[object, dict[str, list[Any]]] = {
        key: {column: [None] * len(days) for column in columns} for key in chosen
    }
    for row in marts.rows(
        """
        select p.security_sk, p.trade_date, p.close_price, p.share_factor, p.volume_adj,
            i.sma_20, i.sma_50, i.sma_200
        from fct_prices_daily as p
        left join fct_indicators_daily as i
            on i.security_sk = p.security_sk and i.trade_date = p.trade_date
        where p.trade_date between $1 and $2 and list_contains($3, p.security_sk)
        """,
        days[0],
        days[-1],
        list(chosen),
    ):
        number = place.get(row["trade_date"])
        if number is not None:
            for column in columns:
                series[row["security_sk"]][column][number] = row[column]
    return tuple(
        model.Share(
            security_sk=key,
            symbol=row["symbol"],
            series=row["series"],
            company_name=row["company_name"],
            former_symbols=tuple(row["former_symbols"]),
            reasons=tuple(reason for reason in CHOSEN if row[reason]),
            closes=tuple(series[key]["close_price"]),
            factors=tuple(series[key]["share_factor"]),
            volumes=tuple(series[key]["volume_adj"]),
            sma_20=tuple(series[key]["sma_20"]),
            sma_50=tuple(series[key]["sma_50"]),
            sma_200=tuple(series[key]["sma_200"]),
        )
        for key, row in chosen.items()
    )


def _chosen(marts: Marts, days: Sequence[date]) -> list[dict[str, Any]]:
    """The shares that the reader can pick, largest turnover first, and why each is there."""
    conditions = {
        "most traded": "true",
        "split or bonus": "high_factor > low_factor",
        "renamed": "symbols > 1",
        "52-week high": "is_52w_high",
        "52-week low": "is_52w_low",
        "in the news": "stories > 0",
    }
    first = {"in the news": "stories desc nulls last, "}  # before the turnover
    ranks = ", ".join(
        f"case when {condition} then count(case when {condition} then 1 end) over (order by "
        f"{first.get(reason, '')}turnover desc, symbol rows unbounded preceding) end "
        f"as rank_{number}"
        for number, (reason, condition) in enumerate(conditions.items())
    )
    reasons = ", ".join(
        f'coalesce(rank_{number} <= {CHOSEN[reason]}, false) as "{reason}"'
        for number, reason in enumerate(conditions)
    )
    return marts.rows(
        f"""
        with traded as (
            select security_sk, max_by(symbol, trade_date) as symbol,
                max_by(series, trade_date) as series, count(distinct symbol) as symbols,
                list_sort(list_distinct(list(symbol))) as all_symbols,
                sum(case when trade_date >= $3 then turnover_inr else 0 end) as turnover,
                max(share_factor) as high_factor, min(share_factor) as low_factor
            from fct_prices_daily where trade_date between $1 and $2
            group by security_sk having max(trade_date) >= $3
        ),
        told as (
            select security_sk, sum(news_count_unique) as stories
            from fct_news_sentiment_daily where trade_date between $4 and $2 group by security_sk
        ),
        ranked as (
            select traded.*, {ranks}
            from traded left join fct_indicators_daily as i
                on i.security_sk = traded.security_sk and i.trade_date = $2
            left join told on told.security_sk = traded.security_sk
        )
        select ranked.security_sk, ranked.symbol, ranked.series, s.company_name, {reasons},
            list_filter(all_symbols, lambda one: one <> ranked.symbol) as former_symbols
        from ranked
        left join dim_securities as s on s.security_sk = ranked.security_sk
        where {" or ".join(f'"{reason}"' for reason in conditions)}
        order by ranked.turnover desc, ranked.symbol
        """,
        days[0],
        days[-1],
        days[max(0, len(days) - TRADED_SESSIONS)],
        days[max(0, len(days) - NEWS_SESSIONS)],
    )


def _events(marts: Marts, days: Sequence[date]) -> tuple[model.Event, ...]:
    return marts.all(
        model.Event,
        """
        select security_sk, symbol, company_name, ex_date, event_type, share_factor, amount_inr,
            new_shares, held_shares, subject
        from fct_corporate_actions
        where event_status = 'applied' and security_sk is not null and ex_date between ? and ?
        order by ex_date desc, symbol, event_type, subject
        """,
        days[0],
        days[-1],
    )


def _extremes(marts: Marts, day: date, side: str) -> tuple[model.Extreme, ...]:
    """New 52-week extremes by turnover, then the shares that are nearest to theirs."""
    near = f"pct_from_52w_high >= -{NEAR}" if side == "high" else f"pct_from_52w_low <= {NEAR}"
    return marts.all(
        model.Extreme,
        f"""
        with bars as (
            select p.symbol, p.series, p.security_sk, p.close_adj, i.low_52w, i.high_52w,
                i.pct_from_52w_{side} as distance, coalesce(i.is_52w_{side}, false) as is_new,
                i.rsi_14, p.turnover_inr::double / 1e7 as turnover_cr
            from fct_indicators_daily as i
            inner join fct_prices_daily as p
                on p.security_sk = i.security_sk and p.trade_date = i.trade_date
            where i.trade_date = $1 and (i.is_52w_{side} or i.{near})
        ),
        quotes as (
            select symbol, series, security_sk, close_price::double as close_adj,
                low_52w::double as low_52w, high_52w::double as high_52w,
                pct_from_52w_{side} as distance, {side}_price {">=" if side == "high" else "<="}
                {side}_52w as is_new, null::double as rsi_14, turnover_cr::double as turnover_cr
            from fct_ohlc_daily
            where trade_date = $1 and {near} and not exists (
                from fct_indicators_daily where trade_date = $1 and high_52w is not null
            )
        )
        select u.symbol, u.series, s.company_name, u.close_adj, u.low_52w, u.high_52w, u.distance,
            u.is_new, u.rsi_14, u.turnover_cr
        from (from bars union all from quotes) as u
        left join dim_securities as s on s.security_sk = u.security_sk
        where u.turnover_cr >= $2 and coalesce(s.security_type, 'equity') = 'equity'
        order by u.is_new desc, case when u.is_new then -u.turnover_cr else abs(u.distance) end,
            u.symbol
        limit {EXTREMES}
        """,
        day,
        TURNOVER_FLOOR_CR,
    )


def _rotation(marts: Marts, day: date) -> tuple[tuple[date, ...], tuple[model.Rotation, ...]]:
    weeks = marts.rows(
        "select max(trade_date) as last_day from fct_sector_daily "
        "where trade_date <= ? and return_1m is not null "
        "group by date_trunc('week', trade_date) order by last_day desc limit ?",
        day,
        ROTATION_WEEKS,
    )
    days = tuple(row["last_day"] for row in reversed(weeks))
    if not days or days[-1] != day:
        return (), ()
    found: dict[str, dict[date, dict[str, Any]]] = defaultdict(dict)
    for row in marts.rows(
        "select industry, trade_date, securities, return_1m, rank_1m from fct_sector_daily "
        "where list_contains($1, trade_date) and return_1m is not null",
        list(days),
    ):
        found[row["industry"]][row["trade_date"]] = row
    shown = [
        model.Rotation(
            industry=industry,
            securities=of[day]["securities"],
            ranks=tuple(of[one]["rank_1m"] if one in of else None for one in days),
            returns=tuple(of[one]["return_1m"] if one in of else None for one in days),
        )
        for industry, of in found.items()
        if day in of
    ]
    return days, tuple(sorted(shown, key=lambda one: (one.ranks[-1] or 10**6, one.industry)))


def _lines(marts: Marts, day: date) -> tuple[model.Lines, ...]:
    newest_first = marts.all(
        model.Lines,
        """
        select trade_date, ad_line, pct_above_50dma, pct_above_200dma,
            new_highs_52w - new_lows_52w as net_highs
        from fct_market_breadth_daily
        where trade_date <= ? and universe = 'equity'
        order by trade_date desc limit ?
        """,
        day,
        LINE_SESSIONS,
    )
    return newest_first[::-1]


def _reviews(marts: Marts) -> tuple[model.Review, ...]:
    return marts.all(
        model.Review,
        """
        select review_kind, priority, symbol, event_date, reason, subject, price_change,
            suggested_ratio, next_step, cases
        from rpt_adjustment_review
        where priority < 3
        order by priority, event_date desc nulls last, symbol, review_kind, reason
        limit ?
        """,
        REVIEWS,
    )
