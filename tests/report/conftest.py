"""A seeded market in a real DuckDB file with the marts' contract columns, for the report's tests.

About 300 shares and 32 indices over nine sessions that end with the Muhurat session of
1 November 2024, and three rows of an older day, as the real API serves them.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from ingestion.settings import project_root
from report.publish import PublishResult, publish

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
    history: int = 0


SMALL = Shape(shares=40)


def build_warehouse(path: Path, shape: Shape = Shape()) -> Path:
    """Write the market to a new DuckDB file at `path` and close it."""
    rng = np.random.default_rng(shape.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        create_marts(connection)
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
        history = (HERE / "history.sql").read_text().replace("$sessions", str(shape.history))
        connection.execute(history)
        _indices(connection, rng, shape)
        _operations(connection, shape)
    return path


def promised_columns() -> dict[str, dict[str, str]]:
    """The columns of every mart, as its dbt contract promises them."""
    marts = {}
    for path in sorted((project_root() / "dbt_project/models/marts").rglob("_*.yml")):
        for mart in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            marts[mart["name"]] = {one["name"]: one["data_type"] for one in mart["columns"]}
    return marts


def create_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty marts of exactly these columns: what the report asks for must be among them."""
    connection.execute("create schema marts")
    for name, columns in promised_columns().items():
        told = ", ".join(f'"{one}" {kind}' for one, kind in columns.items())
        connection.execute(f"create table marts.{name} ({told})")


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
                "security_sk": range(shape.shares),
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
    rows: list[dict[str, object]] = []
    names = [(category, name) for category, found in INDICES.items() for name in found]
    for number, (category, name) in enumerate(names):
        level = float(np.round(rng.uniform(9000, 52000), 2)) if name != "INDIA VIX" else 14.2
        year = {"high_52w": level * 1.15, "low_52w": None if category == "other" else level * 0.8}
        for day in shape.sessions:
            close = round(level * (1 + rng.normal(0, 0.009)), 2)
            opened = round(level * (1 + rng.normal(0, 0.002)), 2)
            rows.append(
                {
                    "index_sk": number, "trade_date": day, "index_name": name,
                    "index_category": category, "open_price": opened,
                    "high_price": max(opened, close) * 1.003,
                    "low_price": min(opened, close) * 0.997, "close_price": close,
                    "previous_close_price": level, "change_points": close - level,
                    "return_1d": close / level - 1, **year, "turnover_cr": 31000.5,
                    "quoted_at_ist": _quoted(day),
                    "fetched_at": _quoted(day) - timedelta(hours=5),
                }
            )  # fmt: skip
            level = close
    connection.register("index_rows", pd.DataFrame(rows))
    connection.execute(
        "insert into marts.fct_index_daily by name "
        "select * exclude (index_category) from index_rows"
    )
    connection.execute(
        "insert into marts.dim_indices by name select index_sk, index_name, index_category, "
        "min(trade_date) as first_trade_date, max(trade_date) as last_trade_date "
        "from index_rows group by all"
    )


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


def change_one_price(warehouse: Path) -> None:
    """Make the marts differ by one figure."""
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "update marts.fct_ohlc_daily set close_price = close_price + 1 "
            "where security_sk = 1 and trade_date = ?",
            [SESSIONS[-1]],
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A folder like `var/`: a warehouse and what is published from it."""

    home: Path

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        return self.home / "marts"

    @property
    def page(self) -> Path:
        return self.home / "report" / "index.html"

    def publish(self) -> PublishResult:
        return publish(self.warehouse, self.marts, self.page, warehouse_wait_seconds=5)

    def html(self) -> str:
        return self.page.read_text(encoding="utf-8")

    def published_files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.marts.iterdir())}

    def leftovers(self) -> list[Path]:
        return list(self.home.glob(".marts/staging-*"))


@pytest.fixture(scope="session")
def small_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market of 40 shares, built once; tests work on copies."""
    return build_warehouse(tmp_path_factory.mktemp("small") / "warehouse.duckdb", SMALL)


@pytest.fixture
def place(tmp_path: Path, small_warehouse: Path) -> Callable[..., Place]:
    """A new folder with a market of the given shape in its warehouse."""

    def build(**shape: object) -> Place:
        here = Place(tmp_path)
        if shape:
            build_warehouse(here.warehouse, replace(SMALL, **shape))
        else:
            shutil.copy(small_warehouse, here.warehouse)
        return here

    return build


@pytest.fixture(scope="session")
def place_type() -> type[Place]:
    return Place


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The full market, published once; tests only read it."""
    home = tmp_path_factory.mktemp("published")
    build_warehouse(home / "warehouse.duckdb", Shape(history=420))
    there = Place(home)
    assert there.publish().changed
    return there


@pytest.fixture
def known() -> SimpleNamespace:
    """What the tests know of the simulated market."""
    return SimpleNamespace(
        sessions=SESSIONS,
        stale_day=STALE_DAY,
        hostile_name=HOSTILE_NAME,
        indices=INDICES,
        create_marts=create_marts,
        change_one_price=change_one_price,
    )


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a process of its own; `die()` is there to be put in any function's place."""

    def run(
        script: str, *arguments: object, prefix: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        head = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "def die(*_, **__):\n"
            f"    os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
        )
        return subprocess.run(
            [*prefix, sys.executable, "-c", head + script, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
            check=False,
        )

    return run
