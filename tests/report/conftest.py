"""A seeded market in a real DuckDB file with the marts' contract columns, for the report's tests.

About 300 shares and 32 indices over nine sessions that end with the Muhurat session of
1 November 2024, and three rows of an older day, as the real API serves them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SESSIONS = tuple(
    date(2024, month, day)
    for month, day in [(10, d) for d in (22, 23, 24, 25, 28, 29, 30, 31)] + [(11, 1)]
)
STALE_DAY = date(2024, 10, 18)
HOSTILE_NAME = "<script>alert('owned')</script> & \"Sons\" Limited"
INDUSTRIES = (
    "BANKS", "COMPUTERS - SOFTWARE", "PHARMACEUTICALS", "AUTOMOBILES - 4 WHEELERS", "REFINERIES",
    "STEEL AND STEEL PRODUCTS", "CEMENT AND CEMENT PRODUCTS", "POWER", "CONSTRUCTION", "FINANCE",
    "PERSONAL CARE", "CHEMICALS - SPECIALITY", "AUTO ANCILLARIES", "ELECTRICAL EQUIPMENT",
    "FOOD AND FOOD PROCESSING", "MEDIA & ENTERTAINMENT", "TEXTILE PRODUCTS", "TRAVEL AND TRANSPORT",
    "TELECOMMUNICATION - SERVICES", "HOTELS", "PAINTS", "DIAMOND CUTTING AND JEWELLERY",
    "COMMERCIAL AND INDUSTRIAL REAL ESTATE DEVELOPMENT", "FERTILISERS & PESTICIDES", "TYRES",
    "AEROSPACE & DEFENSE", "PAPER",
)  # fmt: skip
INDICES = {
    "broad": ("NIFTY 50", "NIFTY NEXT 50", "NIFTY 100", "NIFTY 200", "NIFTY 500",
              "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100", "NIFTY MICROCAP 250", "INDIA VIX"),
    "sectoral": ("NIFTY BANK", "NIFTY IT", "NIFTY AUTO", "NIFTY PHARMA", "NIFTY FMCG",
                 "NIFTY METAL", "NIFTY REALTY", "NIFTY MEDIA", "NIFTY PSU BANK",
                 "NIFTY FINANCIAL SERVICES", "NIFTY OIL & GAS", "NIFTY CONSUMER DURABLES"),
    "thematic": ("NIFTY INFRASTRUCTURE", "NIFTY ENERGY", "NIFTY MNC", "NIFTY INDIA DEFENCE"),
    "strategy": ("NIFTY ALPHA 50", "NIFTY50 VALUE 20", "NIFTY100 QUALITY 30",
                 "NIFTY50 PR 2X LEVERAGE"),
    "other": ("NIFTY GS 10YR", "NIFTY GS COMPSITE", "BHARATBOND-APR30"),
}  # fmt: skip
SYMBOLS = ("RELIANCE", "HDFCBANK", "INFY", "TCS", "M&M", "BAJAJ-AUTO", "ITC", "SBIN", "EVIL")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the market is to look like."""

    sessions: tuple[date, ...] = SESSIONS
    shares: int = 300
    stale_rows: int = 3
    industries: bool = True
    seed: int = 7


def build_warehouse(path: Path, shape: Shape = Shape()) -> Path:
    """Write the market to a new DuckDB file at `path` and close it."""
    rng = np.random.default_rng(shape.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute((HERE / "marts.sql").read_text())
        if not shape.sessions:
            return path
        _dates(connection, shape)
        facts = _shares(rng, shape)
        connection.register("facts", facts)
        connection.execute(
            "insert into marts.fct_ohlc_daily by name "
            "select * exclude (company_name, industry) from facts"
        )
        connection.execute((HERE / "derive.sql").read_text())
        _indices(connection, rng, shape)
        _operations(connection, shape)
    return path


def _dates(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    for day in sorted({*shape.sessions, STALE_DAY}):
        kind = "muhurat" if day == date(2024, 11, 1) else "regular"
        note = "Diwali Laxmi Pujan: Muhurat trading" if kind == "muhurat" else None
        connection.execute(
            "insert into marts.dim_dates (calendar_date, is_session, session_type, description) "
            "values (?, true, ?, ?)",
            [day, kind, note],
        )


def _quoted(day: date) -> datetime:
    clock = (19, 0) if day == date(2024, 11, 1) else (15, 59)
    return datetime(day.year, day.month, day.day, *clock)


def _shares(rng: np.random.Generator, shape: Shape) -> pd.DataFrame:
    letters = np.array(list("ABCDEFGHIKLMNOPRSTUV"))
    made = ["".join(rng.choice(letters, 6)) for _ in range(shape.shares)]
    symbols = [*SYMBOLS, *made][: shape.shares]
    level = rng.lognormal(6.3, 1.1, shape.shares)
    weight = rng.lognormal(3.2, 1.6, shape.shares)  # crore a day
    drift = rng.normal(0, 0.006, len(INDUSTRIES))
    home = rng.integers(0, len(INDUSTRIES), shape.shares)
    frames = []
    days = [*([STALE_DAY] if shape.stale_rows else []), *shape.sessions]
    for day in days:
        market = rng.normal(-0.001, 0.008)
        move = np.clip(
            market + drift[home] * rng.normal(1, 0.7) + rng.normal(0, 0.018, shape.shares),
            -0.2,
            0.2,
        )
        move[rng.random(shape.shares) < 0.02] = 0.0
        close = np.maximum(np.round(level * (1 + move), 2), 0.05)
        swing = np.abs(rng.normal(0, 0.01, (2, shape.shares)))
        opened = np.round(level * (1 + rng.normal(0, 0.004, shape.shares)), 2)
        high = np.round(np.maximum(opened, close) * (1 + swing[0]), 2)
        low = np.round(np.minimum(opened, close) * (1 - swing[1]), 2)
        muhurat = 0.1 if day == date(2024, 11, 1) else 1.0
        turnover = np.round(weight * rng.lognormal(0, 0.4, shape.shares) * muhurat * 1e7, 2)
        frame = pd.DataFrame(
            {
                "security_sk": [f"sk-{n:04d}" for n in range(shape.shares)],
                "trade_date": day,
                "symbol": symbols,
                "series": "EQ",
                "company_name": [
                    HOSTILE_NAME if s == "EVIL" else f"{s.title()} Limited" for s in symbols
                ],
                "industry": [
                    INDUSTRIES[home[n]] if shape.industries and n % 7 else "UNCLASSIFIED"
                    for n in range(shape.shares)
                ],
                "open_price": opened,
                "high_price": high,
                "low_price": low,
                "close_price": close,
                "previous_close_price": np.round(level, 2),
                "change_inr": np.round(close - level, 2),
                "return_1d": np.where(move == 0, 0.0, close / level - 1),
                "traded_volume": (turnover / close).astype("int64"),
                "turnover_inr": turnover,
                "turnover_cr": turnover / 1e7,
                "high_52w": np.round(level * 1.2, 2),
                "low_52w": np.round(level * 0.7, 2),
                "quoted_at_ist": _quoted(day),
                "quoted_at_utc": _quoted(day) - timedelta(hours=5, minutes=30),
                "is_official": False,
                "source_name": "rapidapi",
                "source_key": f"raw/{day}",
                "record_no": range(shape.shares),
                "fetched_at": _quoted(day) - timedelta(hours=5),
            }
        )
        frames.append(frame.head(shape.stale_rows) if day == STALE_DAY else frame)
        level = close if day != STALE_DAY else level
    return pd.concat(frames, ignore_index=True)


def _indices(connection: duckdb.DuckDBPyConnection, rng: np.random.Generator, shape: Shape) -> None:
    number = 0
    for category, names in INDICES.items():
        for name in names:
            number += 1
            key = f"ix-{number:03d}"
            connection.execute(
                "insert into marts.dim_indices values (?, ?, ?, ?, ?)",
                [key, name, category, shape.sessions[0], shape.sessions[-1]],
            )
            level = float(np.round(rng.uniform(9000, 52000), 2)) if name != "INDIA VIX" else 14.2
            year_low = None if category == "other" else level * 0.8
            for day in shape.sessions:
                close = round(level * (1 + rng.normal(0, 0.009)), 2)
                opened = round(level * (1 + rng.normal(0, 0.002)), 2)
                connection.execute(
                    "insert into marts.fct_index_daily by name select ? as index_sk, "
                    "?::date as trade_date, ? as index_name, ? as open_price, ? as high_price, "
                    "? as low_price, ? as close_price, ? as previous_close_price, "
                    "? as change_points, ? as return_1d, ? as high_52w, ? as low_52w, "
                    "? as turnover_cr, ?::timestamp as quoted_at_ist, "
                    "?::timestamp as fetched_at",
                    [key, day, name, opened, max(opened, close) * 1.003, min(opened, close) * 0.997,
                     close, level, close - level, close / level - 1,
                     level * 1.15, year_low, 31000.5, _quoted(day),
                     _quoted(day) - timedelta(hours=5)],
                )  # fmt: skip
                level = close


def _operations(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Accounting, quality and freshness, in numbers that the tests know."""
    for day in shape.sessions:
        shares = shape.shares
        fetched = _quoted(day) - timedelta(hours=5)
        for disposition, reason, records in (
            ("mart_ohlc", None, shares),
            ("mart_index", None, 32),
            ("superseded", "older_copy", 4),
            ("quarantined", "low_above_high", 2),
            ("quarantined", "close_outside_range", 1),
        ):
            connection.execute(
                "insert into marts.rpt_record_accounting values (?, ?, ?, ?, ?, ?, ?, ?)",
                ["rapidapi", "quotes", f"raw/{day}", day, fetched, disposition, reason, records],
            )
        for column, reason, affected in (
            ("per_change_365d", "dash", 14),
            ("year_high", "zero_means_unknown", 6),
            ("per_change_30d", "text_number", 1),
            ("open", "missing", 0),
        ):
            connection.execute(
                "insert into marts.rpt_data_quality_daily values (?, ?, ?, ?, ?, ?)",
                [day, "quotes", column, reason, shares + 32, affected],
            )
    last = shape.sessions[-1]
    connection.execute(
        "insert into marts.rpt_data_freshness values (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)",
        ["quotes", last, _quoted(last) - timedelta(hours=5), last, 0, last,
         "index_quotes", last, _quoted(last) - timedelta(hours=5), date(2024, 11, 5), 2, last],
    )  # fmt: skip
