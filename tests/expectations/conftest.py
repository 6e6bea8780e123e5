"""A seeded market in a real DuckDB file, with the raw tables' own DDL and the marts' contract.

300 shares and 12 indices move over real sessions of the calendar; a test spoils one thing.
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from expectations.runner import run_suite
from ingestion.calendar import default_calendar
from ingestion.loading.reading import DuckDBFile

DDL = Path(__file__).parents[2] / "ingestion/loading/ddl/duckdb.sql"
SHARES, INDICES = 300, 12
MARTS = """
    create schema marts;
    create table marts.fct_ohlc_daily (
        security_sk bigint, trade_date date, symbol varchar, series varchar,
        open_price decimal(18,4), high_price decimal(18,4), low_price decimal(18,4),
        close_price decimal(18,4), previous_close_price decimal(18,4), change_inr decimal(18,4),
        return_1d double, gap_pct double, range_pct double, close_location_value double,
        traded_volume bigint, turnover_inr decimal(24,2), turnover_cr decimal(24,2), vwap double,
        high_52w decimal(18,4), low_52w decimal(18,4), pct_from_52w_high double,
        pct_from_52w_low double, vendor_change_pct_30d double, vendor_change_pct_365d double,
        quoted_at_ist timestamp, quoted_at_utc timestamp, is_official boolean,
        source_name varchar, source_key varchar, record_no integer, fetched_at timestamp);
    create table marts.fct_index_daily (
        index_sk varchar, trade_date date, index_name varchar, open_price decimal(18,4),
        high_price decimal(18,4), low_price decimal(18,4), close_price decimal(18,4),
        previous_close_price decimal(18,4), change_points decimal(18,4), return_1d double,
        traded_volume bigint, turnover_inr decimal(24,2), turnover_cr decimal(24,2),
        high_52w decimal(18,4), low_52w decimal(18,4), quoted_at_ist timestamp,
        quoted_at_utc timestamp, source_name varchar, source_key varchar, record_no integer,
        fetched_at timestamp);
"""


def source_key(day: date, fetched_at: datetime) -> str:
    """The key under which a reply landed."""
    return (
        f"landing/source=rapidapi/dataset=quotes/trade_date={day}/"
        f"fetched_at={fetched_at:%Y%m%dT%H%M%SZ}/0123456789abcdef.json"
    )


@dataclass
class Reply:
    """One landed reply: what was asked, when, and the records that came."""

    asked: date
    fetched_at: datetime
    records: list[dict]
    quarantined: int = 0

    @property
    def key(self) -> str:
        return source_key(self.asked, self.fetched_at)


@dataclass
class Market:
    """Replies and marts of some sessions; change them, then `write` and check."""

    folder: Path
    sessions: list[date]
    replies: dict[date, Reply] = field(default_factory=dict)
    extra_replies: list[Reply] = field(default_factory=list)
    refused: list[tuple[date, str]] = field(default_factory=list)
    outcomes: list[tuple[date, str]] = field(default_factory=list)
    ohlc: pd.DataFrame = field(default_factory=pd.DataFrame)
    indices: pd.DataFrame = field(default_factory=pd.DataFrame)
    accepted: str = "trade_date,reason\n"

    @property
    def last(self) -> Reply:
        return self.replies[self.sessions[-1]]

    def shares(self, day: date | None = None, part: float = 1) -> list[dict]:
        """The first part of the records of shares in the reply of `day`, by default the newest."""
        reply = self.replies[day or self.sessions[-1]]
        found = [r for r in reply.records if r["identifier"] != r["symbol"]]
        return found[: round(len(found) * part)]

    def rows(self, day: date | None = None, part: float = 1) -> pd.Index:
        """Labels of the first part of the OHLC rows of `day`, by default the newest session."""
        labels = self.ohlc.index[self.ohlc["trade_date"] == (day or self.sessions[-1])]
        return labels[: round(len(labels) * part)]

    def indices_on(self, day: date | None = None) -> pd.Series:
        """Which index rows lie on `day`, by default the newest session."""
        return self.indices["trade_date"] == (day or self.sessions[-1])

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def output(self) -> Path:
        return self.folder / "gx"

    def write(self) -> Path:
        """Write everything to a new DuckDB file, and close it."""
        self.warehouse.unlink(missing_ok=True)
        replies = [*self.replies.values(), *self.extra_replies]
        rows = [
            (json.dumps(record), reply.key, number, reply.fetched_at, reply.asked)
            for reply in replies
            for number, record in enumerate(reply.records, start=1)
        ]
        bad = [
            ("missing_fields", reply.key, 10_000 + n, reply.fetched_at, reply.asked)
            for reply in replies
            for n in range(reply.quarantined)
        ]
        for day, reason in self.refused:
            at = datetime(day.year, day.month, day.day, 10, 30)
            bad.append((reason, source_key(day, at), 0, at, day))
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute(DDL.read_text())
            con.execute(MARTS)
            if rows:
                quotes = pd.DataFrame(rows, columns=["p", "k", "n", "fetched", "asked"])
                con.register("quotes", quotes)
                con.execute(
                    "insert into raw_data.rapidapi_quotes "
                    "select p, k, n, fetched, asked, fetched + interval 5 minute from quotes"
                )
            for reason, key, number, at, asked in bad:
                con.execute(
                    "insert into raw_data.quarantined_records values "
                    "('rapidapi', 'quotes', ?, '', null, ?, ?, ?, ?, ?)",
                    [reason, key, number, at, asked, at],
                )
            for day, status in self.outcomes:
                con.execute(
                    "insert into raw_data.ingestion_outcomes values ('fetch', 'rapidapi', "
                    "'quotes', ?, ?, ?, 'k', null, null, null, null, null, null, ?)",
                    [day, status, day, day],
                )
            for table, frame in (("fct_ohlc_daily", self.ohlc), ("fct_index_daily", self.indices)):
                con.register("frame", frame)
                con.execute(f"insert into marts.{table} by name select * from frame")
        return self.warehouse

    def check(self, suite: str, **options):
        """Write, then run the real suite."""
        self.write()
        accepted = self.folder / "accepted.csv"
        accepted.write_text(self.accepted)
        return run_suite(
            suite,
            warehouse=DuckDBFile(self.warehouse),
            output=self.output,
            accepted_sessions=accepted,
            **options,
        )


def build(folder: Path, sessions: list[date], seed: int = 11) -> Market:
    """A plausible market: log-normal prices and volumes, small moves, indices that follow."""
    rng = np.random.default_rng(seed)
    market = Market(folder, sessions)
    before = np.round(rng.lognormal(6, 1, SHARES), 2)
    usual_volume = rng.lognormal(11, 1.2, SHARES)
    level = np.round(rng.uniform(5_000, 50_000, INDICES), 2)
    ohlc, indices = [], []
    for day in sessions:
        fetched_at = datetime(day.year, day.month, day.day, 10, 30)
        drift = rng.normal(0.0005, 0.006)
        change = np.clip(drift + rng.normal(0, 0.02, SHARES), -0.19, 0.19)
        close = np.round(before * (1 + change), 2)
        opened = np.round(before * (1 + rng.normal(0, 0.005, SHARES)), 2)
        high = np.round(np.maximum(opened, close) * (1 + rng.uniform(0, 0.01, SHARES)), 2)
        low = np.round(np.minimum(opened, close) * (1 - rng.uniform(0, 0.01, SHARES)), 2)
        volume = (usual_volume * rng.lognormal(0, 0.5, SHARES)).astype(int) + 1
        frame = pd.DataFrame(
            {
                "security_sk": np.arange(SHARES),
                "trade_date": day,
                "symbol": [f"SHARE{n:03d}" for n in range(SHARES)],
                "series": ["BE" if n % 40 == 0 else "EQ" for n in range(SHARES)],
                "open_price": opened,
                "high_price": high,
                "low_price": low,
                "close_price": close,
                "previous_close_price": before,
                "return_1d": close / before - 1,
                "traded_volume": volume,
                "turnover_inr": np.round(volume * (high + low) / 2, 2),
                "vwap": (high + low) / 2,
                "high_52w": np.where(np.arange(SHARES) % 50 == 0, np.nan, high * 1.4),
                "low_52w": np.where(np.arange(SHARES) % 50 == 0, np.nan, low * 0.6),
                "is_official": False,
                "source_key": source_key(day, fetched_at),
                "fetched_at": fetched_at,
            }
        )
        move = drift + rng.normal(0, 0.003, INDICES)
        index = pd.DataFrame(
            {
                "index_sk": [f"ix{n:02d}" for n in range(INDICES)],
                "trade_date": day,
                "index_name": [f"NIFTY {n}" for n in range(INDICES)],
                "close_price": np.round(level * (1 + move), 2),
                "previous_close_price": level,
                "return_1d": move,
                "source_key": source_key(day, fetched_at),
                "fetched_at": fetched_at,
            }
        )
        market.replies[day] = Reply(day, fetched_at, records(day, frame, index))
        ohlc.append(frame)
        indices.append(index)
        before, level = close, index["close_price"].to_numpy()
    market.ohlc = pd.concat(ohlc, ignore_index=True)
    market.indices = pd.concat(indices, ignore_index=True)
    return market


def records(day: date, shares: pd.DataFrame, indices: pd.DataFrame) -> list[dict]:
    """The payloads that a reply of that day would hold, with the source's own oddities."""
    made = []
    for row in indices.itertuples():
        made.append(_record(day, row.index_name, row.index_name, row, None))
    for n, row in enumerate(shares.itertuples()):
        meta = {
            "company_name": f"Share {n} Limited",
            "industry": None if n % 3 == 0 else "POWER",
            "isin": None if n % 100 == 0 else f"INE{n:03d}A01017",
        }
        record = _record(day, f"{row.symbol}{row.series}N", row.symbol, row, meta)
        record["year_high"] = 0 if n % 50 == 0 else float(row.high_52w)
        if n % 25 == 0:
            record["per_change_365d"] = "-"
        made.append(record)
    return made


def _record(day: date, identifier: str, symbol: str, row, meta: dict | None) -> dict:
    close, before = float(row.close_price), float(row.previous_close_price)
    return {
        "identifier": identifier,
        "symbol": symbol,
        "change": round(close - before, 2),
        "p_change": round((close / before - 1) * 100, 2),
        "day_high": float(getattr(row, "high_price", close)),
        "day_low": float(getattr(row, "low_price", close)),
        "open": float(getattr(row, "open_price", before)),
        "last_price": close,
        "previous_close": before,
        "last_update_time": f"{day:%d-%b-%Y} 15:59:52",
        "meta": meta or {"company_name": None, "industry": None, "isin": None},
        "per_change_30d": 1.5,
        "per_change_365d": 12.5,
        "total_traded_value": float(getattr(row, "turnover_inr", 1e9)),
        "total_traded_volume": int(getattr(row, "traded_volume", 1_000_000)),
        "year_high": close * 1.2,
        "year_low": close * 0.8,
    }


@pytest.fixture
def market(tmp_path):
    """Ten regular sessions up to 26 April 2024, around the holiday of 17 April."""
    return build(tmp_path, default_calendar().sessions(date(2024, 4, 8), date(2024, 4, 26))[-10:])


@pytest.fixture
def diwali(tmp_path):
    """Ten sessions that end with the Muhurat session of 1 November 2024."""
    return build(tmp_path, default_calendar().sessions(date(2024, 10, 1), date(2024, 11, 1))[-10:])


@pytest.fixture
def first_day(tmp_path):
    """A warehouse that has seen one session only."""
    return build(tmp_path, [date(2024, 4, 26)])


@pytest.fixture
def make_reply():
    """Another reply for a session: same records unless others are given, fetched later."""

    def later(reply: Reply, records: list[dict] | None = None, hours: int = 1) -> Reply:
        at = reply.fetched_at + timedelta(hours=hours)
        return Reply(reply.asked, at, reply.records if records is None else records)

    return later


@pytest.fixture(scope="session")
def broken_names():
    """The names of the expectations that do not hold, of all sessions or of one."""

    def names(report, day: date | None = None) -> set[str]:
        return {
            result.name
            for result in report.results
            if not result.passed
            and (day is None or any(where.startswith(str(day)) for where in result.where))
        }

    return names


@pytest.fixture(scope="module")
def long_market(tmp_path_factory):
    """Forty regular sessions for tests that spoil many of them, each in its own way."""
    sessions = default_calendar().sessions(date(2024, 5, 21), date(2024, 8, 31))[:40]
    return build(tmp_path_factory.mktemp("long"), sessions)
