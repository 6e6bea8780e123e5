"""Prices by hand in the shape of `fct_prices_daily`, and the indicator models alone over them."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from sandbox.market import Market

SELECTED = ("int_indicators__*", "fct_indicators_daily")
PRICE_TYPES = {
    "security_sk": "bigint",
    "trade_date": "date",
    **{f"{side}_price": "decimal(18, 4)" for side in ("open", "high", "low", "close")},
    "traded_volume": "bigint",
    "turnover_inr": "decimal(24, 2)",
    "trades": "bigint",
    "vwap": "decimal(18, 4)",
    "delivery_qty": "bigint",
    "delivery_pct": "double",
    "share_factor": "double",
    "tr_factor": "double",
    **{f"{side}_adj": "double" for side in ("open", "high", "low", "close", "volume")},
    "close_tr": "double",
    "session_version": "timestamp",
    "share_version": "bigint",
}


def sessions(n: int, first: date = date(2019, 1, 1)) -> list[date]:
    """Weekdays from `first` on, some of them taken out as holidays, one Saturday put in."""
    days: list[date] = []
    day = first
    while len(days) < n:
        saturday_session = day.isoweekday() == 6 and day.day == 18
        if saturday_session or (day.isoweekday() < 6 and day.day != 26):
            days.append(day)
        day += timedelta(days=1)
    return days


def random_bars(seed: int, days: list[date], *, start: float = 200.0) -> pd.DataFrame:
    """Raw bars on the grid of 5 paise, with gaps, narrow days, circuits and missing deliveries."""
    draw = np.random.default_rng(seed)
    n = len(days)
    moves = draw.normal(0.0004, 0.02, n)
    jump = draw.random(n)
    moves = np.where(jump < 0.02, 0.05, np.where(jump > 0.985, -0.05, moves))
    close = tick(start * np.exp(np.cumsum(moves)))
    previous = np.r_[close[0], close[:-1]]
    opened = tick(previous * (1 + draw.normal(0, 0.012, n)))
    high = tick(np.maximum(opened, close) * (1 + np.abs(draw.normal(0, 0.006, n))))
    low = tick(np.minimum(opened, close) * (1 - np.abs(draw.normal(0, 0.006, n))))
    high = np.where(jump < 0.02, np.maximum(opened, close), np.maximum(high, close))
    low = np.where(jump > 0.985, np.minimum(opened, close), np.minimum(low, close))
    volume = np.round(np.exp(draw.normal(11, 1, n))).astype(np.int64)
    return pd.DataFrame(
        {
            "trade_date": days,
            "open_price": opened,
            "high_price": high,
            "low_price": low,
            "close_price": close,
            "traded_volume": volume,
            "trades": np.maximum(volume // 90, 1),
            "delivery_qty": [
                None if missing else int(share * v)
                for missing, share, v in zip(
                    draw.random(n) < 0.01, draw.random(n), volume, strict=True
                )
            ],
        }
    )


def tick(prices: Any) -> Any:
    return np.maximum(np.round(np.asarray(prices) * 20) / 20, 0.05)


def as_prices(security_sk: int, bars: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Bars as rows of fct_prices_daily; `columns` may give share_factor, tr_factor, versions."""
    out = bars.assign(
        security_sk=security_sk,
        share_factor=columns.get("share_factor", 1.0),
        share_version=columns.get("share_version", 1),
        session_version=columns.get("session_version", datetime(2026, 1, 1)),
    )
    out["tr_factor"] = columns.get("tr_factor", 1 / out["share_factor"])
    for side in ("open", "high", "low", "close"):
        out[f"{side}_adj"] = out[f"{side}_price"] / out["share_factor"]
    out["volume_adj"] = out["traded_volume"] * out["share_factor"]
    out["close_tr"] = out["close_price"] * out["tr_factor"]
    out["vwap"] = (out["high_price"] + out["low_price"]) / 2
    out["turnover_inr"] = (out["traded_volume"] * out["vwap"]).round(2)
    out["delivery_pct"] = out["delivery_qty"].astype(float) / out["traded_volume"]
    return out[list(PRICE_TYPES)]


def random_index(days: list[date], seed: int = 99) -> pd.Series:
    """Closes of the benchmark on the days given."""
    moves = np.random.default_rng(seed).normal(0.0004, 0.009, len(days))
    return pd.Series(np.round(11000 * np.exp(np.cumsum(moves)), 2), index=days)


VERSIONS = (
    ("int_prices__sessions", "trade_date", "session_version"),
    ("int_prices__versions", "security_sk", "share_version"),
)


def put_prices(warehouse: Any, prices: pd.DataFrame, benchmark: pd.Series | None = None) -> None:
    """Replace the prices, their versions (and the benchmark) that the models read."""
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in PRICE_TYPES.items())
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema if not exists marts")
        connection.register("given", prices)
        connection.execute(
            f"create or replace table marts.fct_prices_daily as select {typed} from given"
        )
        connection.execute("create schema if not exists intermediate")
        for name, key, version in VERSIONS:
            connection.execute(
                f"create or replace table intermediate.{name} as select {key}, "
                f"max({version}) as {version} from marts.fct_prices_daily group by {key}"
            )
        if benchmark is not None:
            connection.register(
                "levels", pd.DataFrame({"day": benchmark.index, "level": benchmark.to_numpy()})
            )
            connection.execute(
                "create or replace table marts.fct_index_daily as select "
                "cast('NIFTY 50' as varchar(128)) as index_name, cast(day as date) as trade_date, "
                "cast(level as decimal(18, 4)) as close_price from levels "
                "union all select 'NIFTY BANK', cast(day as date), 1 from levels"
            )


def indicators(warehouse: Any) -> pd.DataFrame:
    """The mart, in order."""
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        return connection.sql(
            "select * from marts.fct_indicators_daily order by security_sk, trade_date"
        ).df()


def build(warehouse: Any, *arguments: str) -> Any:
    """Run the indicator models over what put_prices put there."""
    run = warehouse.dbt("run", "--select", *SELECTED, *arguments)
    assert run.returncode == 0, run.output
    return run


def market_prices() -> tuple[pd.DataFrame, pd.Series]:
    """Three years of 30 simulated securities, with listings, suspensions and splits."""
    market = Market.build(securities=30, start=date(2021, 1, 1), end=date(2023, 12, 31))
    bars, plan = market.bars, market.plan
    frames = []
    for security in market.securities:
        column = security.id
        known = [market.identity_on(column, day) is not None for day in market.sessions]
        on = plan.traded[:, column] & np.array(known)
        adjustment = bars.adjustment[on, column]
        raw = pd.DataFrame({"trade_date": np.array(market.sessions)[on]})
        for side in ("open", "high", "low", "close"):
            raw[f"{side}_price"] = getattr(bars, side)[on, column] / 100
        raw["traded_volume"] = bars.volume[on, column]
        raw["trades"] = bars.trades[on, column]
        raw["delivery_qty"] = bars.volume[on, column] // 3
        if len(raw):
            factor = adjustment[-1] / adjustment
            frames.append(as_prices(column + 1, raw, share_factor=factor))
    rule = next(i for i, r in enumerate(market.indices.rules) if r.name == "NIFTY 50")
    level = pd.Series(market.indices.close[:, rule], index=list(market.sessions))
    return pd.concat(frames, ignore_index=True), level


@pytest.fixture(scope="session")
def hand() -> SimpleNamespace:
    """The builders above; a fixture, because test modules cannot import a conftest."""
    return SimpleNamespace(
        sessions=sessions,
        random_bars=random_bars,
        as_prices=as_prices,
        random_index=random_index,
        put_prices=put_prices,
        indicators=indicators,
        build=build,
        market_prices=market_prices,
    )
