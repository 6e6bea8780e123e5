"""The McClellan oscillator of fct_market_breadth_daily against two plain recursive averages."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

SESSIONS = 900  # longer than the 700 sessions that the closed form looks back


def seeded_average(values: np.ndarray, length: int) -> np.ndarray:
    """An exponential average with k = 2 / (length + 1), seeded with the mean of the first."""
    k, out = 2.0 / (length + 1), np.full(len(values), np.nan)
    out[length - 1] = values[:length].mean()
    for place in range(length, len(values)):
        out[place] = out[place - 1] + k * (values[place] - out[place - 1])
    return out


@pytest.mark.parametrize("seed", [5])
def test_the_oscillator_is_the_difference_of_two_recursive_averages(
    new_warehouse: Callable[[], Any], seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(1, 1500, size=(SESSIONS, 2))
    warehouse = new_warehouse()
    warehouse.execute("create schema intermediate")
    warehouse.execute(
        "create table intermediate.int_market__breadth as select date '2020-01-01' as trade_date, "
        "'all' as universe, 1::bigint as securities_traded, 1::bigint as advances, "
        "1::bigint as declines, 0::bigint as unchanged, 0::bigint as up4, 0::bigint as down4, "
        "1::hugeint as up_volume, 1::hugeint as down_volume, 0::bigint as above_50dma, "
        "0::bigint as with_50dma, 0::bigint as above_200dma, 0::bigint as with_200dma, "
        "0::bigint as new_highs_52w, 0::bigint as new_lows_52w, 0::bigint as new_highs_20d, "
        "0::bigint as new_lows_20d, 1.0::decimal(38, 2) as turnover_inr limit 0"
    )
    rows = [
        [date(2020, 1, 1) + timedelta(days=place), int(up), int(down)]
        for place, (up, down) in enumerate(drawn)
    ]
    warehouse.execute(
        "insert into intermediate.int_market__breadth by name "
        "select $1 as trade_date, 'all' as universe, $2 as advances, $3 as declines",
        rows,
    )
    done = warehouse.dbt("run", "--select", "fct_market_breadth_daily")
    assert done.returncode == 0, done.output
    found = warehouse.query(
        "select mcclellan_osc, ad_line from marts.fct_market_breadth_daily order by trade_date"
    )
    net = 1000.0 * (drawn[:, 0] - drawn[:, 1]) / drawn.sum(axis=1)
    expected = seeded_average(net, 19) - seeded_average(net, 39)
    ours = np.array([np.nan if value is None else value for value, _ in found])
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert [line for _, line in found] == np.cumsum(drawn[:, 0] - drawn[:, 1]).tolist()
