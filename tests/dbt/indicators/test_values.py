"""Every indicator against TA-Lib, empyrical or pandas, within one millionth."""

from typing import Any

import empyrical
import numpy as np
import pandas as pd
import pytest
import talib

RELATIVE = 1e-6
FLAGS = {
    "above_sma_50",
    "above_sma_200",
    "golden_cross",
    "death_cross",
    "is_52w_high",
    "is_52w_low",
    "delivery_spike",
    "is_volume_shocker",
    "is_gap_up",
    "is_gap_down",
    "gap_filled",
    "is_upper_circuit",
    "is_lower_circuit",
    "nr7",
    "inside_day",
    "is_20d_high",
    "is_20d_low",
}
CARRIED = {
    "security_sk",
    "trade_date",
    "bar_no",
    "band_source",
    "session_version",
    "share_version",
    "vwap",
    "turnover_inr",
    "trades",
    "delivery_qty",
    "traded_volume",
    "rs_rank_252d",
    "benchmark_close",
    "benchmark_return_1d",
}


def when(condition: Any, values: Any) -> Any:
    """The values where the condition holds, NULL elsewhere."""
    return pd.Series(values).astype(object).where(pd.Series(condition), None)


def returns_expected(p: pd.DataFrame) -> dict[str, Any]:
    close = p["close_adj"]
    day = pd.DatetimeIndex(p["trade_date"])
    dated = pd.Series(close.to_numpy(), index=day)
    dated_tr = pd.Series(p["close_tr"].to_numpy(), index=day)

    def back(asked: Any, values: pd.Series = dated) -> Any:
        return values.reindex(values.index.union(asked).unique()).ffill().reindex(asked).to_numpy()

    out: dict[str, Any] = {f"return_{n}d": close.pct_change(n) for n in (1, 5, 21, 63, 126, 252)}
    offsets = {"1w": {"days": 7}, "1m": {"months": 1}, "3m": {"months": 3}, "6m": {"months": 6}}
    for name, offset in (offsets | {"1y": {"years": 1}}).items():
        out[f"return_{name}"] = close / back(day - pd.DateOffset(**offset)) - 1
    fiscal = day - pd.DateOffset(months=3)
    out["return_ytd"] = close / back(pd.DatetimeIndex([f"{d.year - 1}-12-31" for d in day])) - 1
    out["return_fytd"] = close / back(pd.DatetimeIndex([f"{d.year}-03-31" for d in fiscal])) - 1
    out["log_return_1d"] = np.log(close / close.shift())
    year_back = day - pd.DateOffset(years=1)
    out["total_return_1y"] = p["close_tr"] / back(year_back, dated_tr) - 1
    for n in (3, 5):
        out[f"cagr_{n}y"] = (close / back(day - pd.DateOffset(years=n))) ** (1 / n) - 1
    return out


def averages_expected(p: pd.DataFrame) -> dict[str, Any]:
    close, high, low = (p[f"{side}_adj"].to_numpy() for side in ("close", "high", "low"))
    out: dict[str, Any] = {"close_adj": close}
    out |= {f"sma_{n}": talib.SMA(close, n) for n in (20, 50, 100, 200)}
    out |= {f"ema_{n}": talib.EMA(close, n) for n in (12, 20, 26, 50, 100, 200)}
    for n in (50, 200):
        above = close > out[f"sma_{n}"] * (1 + 1e-9)
        out[f"above_sma_{n}"] = when(~np.isnan(out[f"sma_{n}"]), above)
    over = pd.Series(out["sma_50"] - out["sma_200"])
    margin = pd.Series(1e-9 * out["sma_200"])
    known = over.notna() & over.shift().notna()
    out["golden_cross"] = when(known, (over > margin) & (over.shift() <= margin))
    out["death_cross"] = when(known, (-over > margin) & (-over.shift() <= margin))
    out["rsi_14"] = talib.RSI(close, 14)
    out["macd"], out["macd_signal"], out["macd_hist"] = talib.MACD(close, 12, 26, 9)
    out["atr_14"] = talib.ATR(high, low, close, 14)
    out["atr_pct"] = out["atr_14"] / close
    upper, mid, lower = talib.BBANDS(close, 20, 2, 2)
    spread = np.where(upper - lower > 1e-6 * mid, upper - lower, np.nan)
    out |= {"bb_upper_20_2": upper, "bb_mid_20_2": mid, "bb_lower_20_2": lower}
    out |= {"bb_pct_b": (close - lower) / spread, "bb_width": (upper - lower) / mid}
    return out


def year_expected(p: pd.DataFrame) -> dict[str, Any]:
    day = pd.DatetimeIndex(p["trade_date"])
    full = pd.Series(day >= day[0] + pd.Timedelta(days=364))
    high = (
        pd.Series(p["high_adj"].to_numpy(), index=day).rolling("365D").max().reset_index(drop=True)
    )
    low = pd.Series(p["low_adj"].to_numpy(), index=day).rolling("365D").min().reset_index(drop=True)
    since = []
    for i in range(len(p)):
        inside = (day > day[i] - pd.Timedelta(days=365)) & (day <= day[i])
        same = day[inside & (p["high_adj"].to_numpy() == high[i])]
        since.append((day[i] - same[-1]).days)
    return {
        "high_52w": high.where(full),
        "low_52w": low.where(full),
        "pct_from_52w_high": (p["close_adj"] / high - 1).where(full),
        "pct_from_52w_low": (p["close_adj"] / low - 1).where(full),
        "is_52w_high": when(full, p["high_adj"] == high),
        "is_52w_low": when(full, p["low_adj"] == low),
        "days_since_52w_high": pd.Series(since, dtype=float).where(full),
    }


def risk_expected(p: pd.DataFrame, index: pd.Series) -> dict[str, Any]:
    close = p["close_adj"]
    ret, log = close.pct_change(), np.log(close / close.shift())
    level = p["trade_date"].map(index)
    market = p["trade_date"].map(index.pct_change())
    out: dict[str, Any] = {}
    for n in (21, 63, 252):
        out[f"volatility_{n}d"] = log.rolling(n).apply(empyrical.annual_volatility, raw=True)
    rolled = ret.rolling(252)
    flat = rolled.std() < 1e-12
    out["downside_vol_252d"] = rolled.apply(empyrical.downside_risk, raw=True)
    out["sharpe_252d"] = rolled.apply(empyrical.sharpe_ratio, raw=True).mask(flat)
    out["sortino_252d"] = rolled.apply(empyrical.sortino_ratio, raw=True).mask(flat)
    for name in ("beta_252d", "alpha_252d", "corr_252d"):
        out[name] = np.full(len(p), np.nan)
    for i in range(252, len(p)):
        x, y = ret[i - 251 : i + 1].to_numpy(), market[i - 251 : i + 1].to_numpy(dtype=float)
        both = ~np.isnan(x) & ~np.isnan(y)
        if both.sum() >= 120:
            out["beta_252d"][i] = empyrical.beta(x[both], y[both])
            out["alpha_252d"][i] = empyrical.alpha(x[both], y[both])
            if not flat[i]:
                out["corr_252d"][i] = np.corrcoef(x[both], y[both])[0, 1]
    fall = ret.rolling(252).apply(empyrical.max_drawdown, raw=True)
    out["max_drawdown_252d"] = fall
    out["drawdown_current"] = (close / close.cummax() - 1).where(ret.notna())
    out["max_drawdown_all"] = (close / close.cummax() - 1).cummin().where(ret.notna())
    if len(p) > 1:
        whole = empyrical.max_drawdown(ret[1:])
        assert out["max_drawdown_all"].iloc[-1] == pytest.approx(whole, rel=1e-9)
    growth = level / level.shift(63)
    out["rs_vs_nifty_63d"] = close / close.shift(63) / growth
    return out


def bars_expected(p: pd.DataFrame) -> dict[str, Any]:
    volume, turnover = p["volume_adj"], p["turnover_inr"].astype(float)
    delivery = p["delivery_pct"]
    opened, high, low, close = (p[f"{s}_adj"] for s in ("open", "high", "low", "close"))
    before = close.shift()
    mean, spread = volume.rolling(20).mean().shift(), volume.rolling(20).std().shift()
    gap = opened / before - 1
    known = before.notna()
    filled = np.where(opened > before, low <= before, high >= before)
    ranged = high - low
    raw_high, raw_low, raw = p["high_price"], p["low_price"], p["close_price"]
    base = before * p["share_factor"]

    def circuit(extreme: pd.Series, sign: int) -> Any:
        hit = [(raw - base * (1 + sign * b)).abs() <= 0.05 + 1e-6 for b in (0.02, 0.05, 0.1, 0.2)]
        return when(known, (raw == extreme) & (sign * (raw - base) > 0.025) & np.any(hit, axis=0))

    delivery_mean = delivery.rolling(20).mean()
    relative = volume / mean
    return {
        "turnover_cr": (turnover / 1e7).round(4),
        "avg_turnover_20d": turnover.rolling(20).mean(),
        "avg_trade_size": turnover / p["trades"],
        "delivery_pct": delivery,
        "delivery_pct_avg_20d": delivery_mean,
        "delivery_spike": when(delivery_mean.notna(), delivery > 1.5 * delivery_mean),
        "volume_avg_20d": mean,
        "relative_volume": relative,
        "volume_zscore_20d": ((volume - mean) / spread).where(spread > 0),
        "is_volume_shocker": when(relative.notna(), (relative > 3) & (turnover >= 1e7)),
        "gap_pct": gap,
        "is_gap_up": when(known, gap >= 0.02),
        "is_gap_down": when(known, gap <= -0.02),
        "gap_filled": when(known & (opened != before), filled),
        "is_upper_circuit": circuit(raw_high, 1),
        "is_lower_circuit": circuit(raw_low, -1),
        "range_pct": ranged / close,
        "close_location_value": ((2 * raw - raw_high - raw_low) / (raw_high - raw_low)).where(
            raw_high > raw_low
        ),
        "nr7": when(p.index >= 6, ranged <= ranged.rolling(7).min() * (1 + 1e-9)),
        "is_20d_high": when(p.index >= 19, high >= high.rolling(20).max()),
        "is_20d_low": when(p.index >= 19, low <= low.rolling(20).min()),
        "inside_day": when(known, (high < high.shift()) & (low > low.shift())),
    }


def expected(p: pd.DataFrame, index: pd.Series) -> dict[str, Any]:
    p = p.reset_index(drop=True)
    return (
        returns_expected(p)
        | averages_expected(p)
        | year_expected(p)
        | risk_expected(p, index)
        | bars_expected(p)
    )


def differences(found: pd.DataFrame, prices: pd.DataFrame, index: pd.Series) -> list[str]:
    """What is not as expected, in words; also a column that nothing is expected of."""
    wrong: list[str] = []
    for security_sk, given in prices.groupby("security_sk"):
        got = found[found["security_sk"] == security_sk].reset_index(drop=True)
        assert len(got) == len(given)
        want = expected(given.sort_values("trade_date"), index)
        assert set(want) | CARRIED == set(got.columns)
        for name, values in want.items():
            mine, theirs = pd.Series(got[name]), pd.Series(values).reset_index(drop=True)
            if name in FLAGS:
                bad = ~((mine == theirs) | (mine.isna() & theirs.isna()))
            else:
                a, b = mine.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
                with np.errstate(invalid="ignore"):
                    close = np.abs(a - b) <= RELATIVE * np.abs(b) + 1e-12
                bad = pd.Series(~(close | (np.isnan(a) & np.isnan(b))))
            if bad.any():
                at = int(np.flatnonzero(bad)[0])
                wrong.append(
                    f"{name} of {security_sk}: {int(bad.sum())} bars, first {at + 1}: "
                    f"{mine[at]} instead of {theirs[at]}"
                )
    return wrong


@pytest.fixture(scope="module")
def random_case(seeded: Any, hand: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Long, short and constant series, gaps, a suspension, splits, days without an index."""
    days = hand.sessions(1450)
    index = hand.random_index([d for n, d in enumerate(days) if n % 97 != 50])
    frames = [hand.as_prices(1, hand.random_bars(1, days))]
    for sk, n in (
        (2, 1),
        (3, 2),
        (4, 14),
        (5, 15),
        (6, 33),
        (7, 34),
        (8, 252),
        (9, 253),
        (10, 506),
    ):
        frames.append(hand.as_prices(sk, hand.random_bars(sk, days[-n:])))
    constant = hand.random_bars(11, days[-700:])
    constant[["open_price", "high_price", "low_price", "close_price"]] = 137.35
    constant["traded_volume"] = 1000
    frames.append(hand.as_prices(11, constant))
    gappy = [d for n, d in enumerate(days) if not 500 < n < 830 and n % 7 != 3]
    frames.append(hand.as_prices(12, hand.random_bars(12, gappy)))
    split = hand.random_bars(13, days[200:])
    factor = np.where(np.arange(len(split)) < 700, 10.0, 1.0)
    for side in ("open", "high", "low", "close"):
        split[f"{side}_price"] = split[f"{side}_price"] * np.where(factor > 1, 10, 1)
    dividends = np.linspace(0.8, 1.0, len(split))
    frames.append(hand.as_prices(13, split, share_factor=factor, tr_factor=dividends / factor))
    prices = pd.concat(frames, ignore_index=True)
    warehouse = seeded.copy(tmp_path_factory.mktemp("values"))
    hand.put_prices(warehouse, prices, index)
    hand.build(warehouse)
    return prices, index, hand.indicators(warehouse)


def test_every_indicator_of_random_series_is_that_of_the_oracles(random_case: Any) -> None:
    prices, index, found = random_case
    wrong = differences(found, prices, index)
    assert wrong == [], "\n".join(wrong)


def test_the_series_have_what_they_should_prove(random_case: Any) -> None:
    """No flag is always the same, no number always NULL."""
    _, _, found = random_case
    for flag in FLAGS:
        assert {True, False} <= set(found[flag].dropna()), flag
    assert [name for name in found.columns if found[name].notna().sum() < 50] == []


def test_the_first_bar_has_no_metric_but_its_own(random_case: Any) -> None:
    _, _, found = random_case
    first = found[found["bar_no"] == 1]
    own = {"close_adj", "turnover_cr", "avg_trade_size", "delivery_pct", "range_pct"}
    known = {name for name in first.columns if first[name].notna().any()}
    assert known == (CARRIED - {"band_source", "rs_rank_252d"}) | own | {"close_location_value"}


def test_the_rank_is_the_share_of_weaker_securities(random_case: Any) -> None:
    _, _, found = random_case
    by_day = found[found["return_252d"].notna()].groupby("trade_date")["return_252d"]
    share = (by_day.rank(method="min") - 1) / (by_day.transform("size") - 1).clip(lower=1)
    assert found["rs_rank_252d"].dropna().to_numpy() == pytest.approx(share.to_numpy())


def test_every_indicator_of_the_simulated_market(seeded: Any, hand: Any, tmp_path: Any) -> None:
    prices, index = hand.market_prices()
    warehouse = seeded.copy(tmp_path)
    hand.put_prices(warehouse, prices, index)
    hand.build(warehouse)
    assert len(prices) > 15_000
    assert differences(hand.indicators(warehouse), prices, index) == []


@pytest.mark.real_data
def test_every_indicator_of_real_series(
    real_data: Any, seeded: Any, hand: Any, tmp_path: Any
) -> None:
    frames = []
    for sk, path in enumerate(sorted((real_data / "adjustment_reference").glob("golden_*")), 1):
        golden = pd.read_csv(path)
        names = {f"raw_{side}": f"{side}_price" for side in ("open", "high", "low", "close")}
        raw = golden.rename(columns=names | {"raw_volume": "traded_volume"})
        raw["trade_date"] = pd.to_datetime(raw["date"]).dt.date
        raw["trades"], raw["delivery_qty"] = raw["traded_volume"] // 50 + 1, None
        factor = golden["cum_share_factor_to_2023-05-22"]
        frames.append(hand.as_prices(sk, raw, share_factor=factor))
        error = (frames[-1]["close_adj"] / golden["exact_adj_close"] - 1).abs().max()
        assert error < 1e-6, path.name
    prices = pd.concat(frames, ignore_index=True)
    index = hand.random_index(sorted(set(prices["trade_date"])))
    warehouse = seeded.copy(tmp_path)
    hand.put_prices(warehouse, prices, index)
    hand.build(warehouse)
    assert len(prices) > 1000
    assert differences(hand.indicators(warehouse), prices, index) == []
