"""A late correction reaches every list of the market that looks back to the corrected bar."""

import math
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

from ingestion.calendar import TradingCalendar

LISTS = ("fct_market_breadth_daily", "fct_sector_daily", "rpt_movers_daily")
SYMBOLS = ("ACORN", "BASIL", "CEDAR")


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return bool(left == right)


def test_what_an_older_bar_says_is_shown_anew_where_it_is_looked_back_to(
    new_warehouse: Callable[[], Any], make: SimpleNamespace, calendar: TradingCalendar
) -> None:
    """Returns over a month, relative volumes and 20-session highs of later days change as well,
    though nothing of the days between does."""
    days = calendar.sessions(date(2024, 4, 1), date(2024, 5, 31))
    closes = {
        symbol: [100 + (7 * n * (place + 1)) % 5 for n in range(-1, len(days))]
        for place, symbol in enumerate(SYMBOLS)
    }
    warehouse = new_warehouse()
    for n, day in enumerate(days, start=1):
        rows = [make.legacy(name, closes[name][n], closes[name][n - 1]) for name in SYMBOLS]
        warehouse.archive("nse_bhavcopy_legacy", rows, str(day))
    select = ("--select", *(f"+{name}" for name in LISTS))
    run = warehouse.dbt("run", *select)
    assert run.returncode == 0, run.output

    # The fifth session again: one share closed higher, and traded more.
    corrected = [make.legacy(name, closes[name][5], closes[name][4]) for name in SYMBOLS]
    corrected[0] |= {"close_price": "106", "high_price": "107", "tottrdqty": "1500"}
    warehouse.archive(
        "nse_bhavcopy_legacy",
        corrected,
        str(days[4]),
        source_key="again",
        fetched_at="2024-06-02 13:00:00",
        loaded_at="2026-01-02 00:00:00",
    )
    before = {name: warehouse.query(f"from marts.{name} order by all") for name in LISTS}
    assert warehouse.dbt("run", *select).returncode == 0
    mended = {name: warehouse.query(f"from marts.{name} order by all") for name in LISTS}
    assert warehouse.dbt("run", "--full-refresh", *select).returncode == 0
    for name, rows in mended.items():
        fresh = warehouse.query(f"from marts.{name} order by all")
        assert len(rows) == len(fresh) >= len(days), name
        changed = {row[0] for row in rows if row not in before[name]}
        assert max(changed) > days[5], name  # later than the move to the next session
        different = [
            pair
            for pair in zip(rows, fresh, strict=True)
            if not all(same(a, b) for a, b in zip(*pair, strict=True))
        ]
        assert different[:1] == [], name
