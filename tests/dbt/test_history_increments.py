"""The history built bit by bit, with all late that can be late, equals one made from nothing.

A small simulated market through the real S3, promotion, load and dbt: a session that arrives weeks
late, a file that is corrected, corporate actions that are learned after their ex-date.
"""

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.objectstore import ObjectStore
from ingestion.promotion import promote_pending
from sandbox import archives
from sandbox.market import Market
from sandbox.market.events import Bonus, Consolidation, Split

pytestmark = pytest.mark.timeout(1800)
FIRST, NEWEST = date(2024, 5, 2), date(2025, 8, 29)
LATE_SESSION, CORRECTED = date(2025, 2, 12), date(2025, 4, 9)
_KINDS = (Split, Bonus, Consolidation)
# Big tables whose rows one late event must not touch, and the column that says whose they are.
_BY_SECURITY = ("marts.fct_prices_daily", "marts.fct_indicators_daily")


class Exchange:
    """Lands the market's files as somebody would receive them, promotes and loads them."""

    def __init__(self, market: Market, store: ObjectStore, warehouse: Any) -> None:
        self.market, self.store, self.warehouse = market, store, warehouse
        access = S3Access.of(store.client, boto3.Session())
        self._loader = DuckDBWarehouse(warehouse.path, store.bucket, access, wait_seconds=30)
        self._moment = datetime(2025, 9, 1, tzinfo=UTC)

    def file(self, dataset: str, day: date, content: bytes, kind: str = "text/csv") -> None:
        """One object; each is fetched a minute after the one before."""
        self._moment += timedelta(minutes=1)
        land(self.store, Fetched("nse", dataset, day, self._moment, content, kind, 200))

    def session(self, day: date) -> None:
        if day < date(2024, 7, 8):
            content = archives.legacy_bhavcopy(self.market, day)
            self.file("bhavcopy_legacy", day, content, "application/zip")
        else:
            content = archives.udiff_bhavcopy(self.market, day)
            self.file("bhavcopy_udiff", day, content, "application/zip")
        self.file("sec_bhavdata", day, archives.sec_bhavdata(self.market, day))
        self.file("index_closes", day, archives.index_closes(self.market, day))

    def actions(self, known_at: date, without: frozenset[str] = frozenset()) -> None:
        rows = archives.corporate_actions(self.market, FIRST, known_at, known_at)
        kept = [row for row in rows if row["symbol"] not in without]
        content = json.dumps(kept).encode()
        self.file("corporate_actions", known_at, content, "application/json")

    def masters(self, day: date) -> None:
        self.file("equity_list", day, archives.equity_list(self.market, day))
        self.file("symbol_changes", day, archives.symbol_changes(self.market, day))

    def build(self, *arguments: str) -> None:
        promote_pending(self.store)
        for dataset in DATASETS.values():
            load_pending(dataset, self.store, self._loader)
        done = self.warehouse.dbt("run", *arguments)
        assert done.returncode == 0, done.output[-4000:]


def spoiled(content: bytes) -> bytes:
    """A full bhavdata file in which one share closes at its low, as a first version may have it."""
    lines = content.decode().split("\n")
    fields = lines[5].split(", ")
    fields[8] = fields[6]
    lines[5] = ", ".join(fields)
    return "\n".join(lines).encode()


def rows_of(warehouse: Any, table: str) -> dict[int, list[Any]]:
    """The rows of a table by security, without the one figure that ranks it among the others."""
    columns = [
        name
        for (name,) in warehouse.query(
            "select column_name from information_schema.columns where "
            f"table_schema || '.' || table_name = '{table}' order by ordinal_position"
        )
        if name != "rs_rank_252d"
    ]
    found: dict[int, list[Any]] = {}
    for row in warehouse.query(
        f"select {', '.join(columns)} from {table} order by security_sk, trade_date"
    ):
        found.setdefault(row[columns.index("security_sk")], []).append(row)
    return found


def same(left: Any, right: Any) -> bool:
    """Equal, or two floating point numbers that differ by less than a billionth."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)


def assert_same_tables(incremental: Any, full: Any) -> None:
    ours, theirs = (one.content("intermediate", "marts") for one in (incremental, full))
    assert ours.keys() == theirs.keys()
    for table, rows in theirs.items():
        assert len(ours[table]) == len(rows), table
        differing = [
            (mine, row)
            for mine, row in zip(ours[table], rows, strict=True)
            if not all(same(a, b) for a, b in zip(mine, row, strict=True))
        ]
        assert differing[:1] == [], table


def test_every_order_of_arrival_ends_in_the_marts_of_a_full_refresh(
    store: ObjectStore, new_warehouse: Callable[[], Any]
) -> None:
    small = Market.build(securities=45)
    sessions = small.calendar.sessions(FIRST, NEWEST)
    *early, newest = sessions
    faults = archives.feed_faults(small)
    wrong = {*faults.missing, *(event for event, _ in faults.mis_keyed)}
    split = next(
        event
        for event in small.events
        if isinstance(event, _KINDS)
        and date(2024, 10, 1) < event.date < date(2025, 7, 1)
        and event not in wrong
    )
    bearer = small.identity_at(small.session_number(NEWEST), split.security_id).symbol
    warehouse = new_warehouse()
    exchange = Exchange(small, store, warehouse)

    # Everything but one session; one file in a first version; the feed lacks one company's split.
    for day in early:
        if day == CORRECTED:
            exchange.file("sec_bhavdata", day, spoiled(archives.sec_bhavdata(small, day)))
        elif day != LATE_SESSION:
            exchange.session(day)
    exchange.masters(early[-1])
    exchange.actions(early[-1], without=frozenset({bearer}))
    exchange.build()
    before = {table: rows_of(warehouse, table) for table in _BY_SECURITY}

    # The split is learned: the history of that company is made anew, and of nobody else.
    exchange.actions(early[-1])
    exchange.build()
    for table in _BY_SECURITY:
        after = rows_of(warehouse, table)
        changed = {key for key in after if after[key] != before[table].get(key)}
        assert len(changed) == 1, table
        assert {len(rows) for rows in (after[key] for key in changed)} == {
            len(before[table][key]) for key in changed
        }

    # A new session; then the late one; then the corrected file, by another source as well.
    exchange.session(newest)
    exchange.build()
    exchange.session(LATE_SESSION)
    exchange.build()
    exchange.session(CORRECTED)
    exchange.build()
    ended = warehouse.content("marts")
    exchange.build()
    assert warehouse.content("marts") == ended, "a run that finds nothing new changes nothing"

    incremental = warehouse.copy(warehouse.folder / "incremental")
    exchange.build("--full-refresh")
    assert_same_tables(incremental, warehouse)
    assert_the_market_is_whole(warehouse, len(sessions))
    assert_factors_are_the_markets(warehouse, small)


def assert_the_market_is_whole(warehouse: Any, sessions: int) -> None:
    [(dates, bars, adjusted)] = warehouse.query(
        "select count(distinct trade_date), count(*), "
        "count(distinct case when share_factor <> 1 then security_sk end) "
        "from marts.fct_prices_daily"
    )
    assert dates == sessions
    assert bars > 30 * sessions
    assert adjusted >= 1
    [(full, with_beta)] = warehouse.query(
        "select count(*), count(beta_252d) from marts.fct_indicators_daily "
        f"where trade_date = '{NEWEST}'"
    )
    assert with_beta > 0.8 * full


def assert_factors_are_the_markets(warehouse: Any, market: Market) -> None:
    """One key per security through all its names, and its factors are what really happened.

    Where the feed has an error of its own (a missing event, one under another company's name) the
    factor cannot be known; those securities are left out.
    """
    faults = archives.feed_faults(market)
    unknowable = {event.security_id for event in faults.missing}
    unknowable |= {side for event, wrong in faults.mis_keyed for side in (event.security_id, wrong)}
    last = market.session_number(NEWEST)
    keys: dict[int, set[int]] = {}
    wrong_factors = []
    for symbol, day, key, factor in warehouse.query(
        "select symbol, trade_date, security_sk, share_factor from marts.fct_prices_daily"
    ):
        number = market.session_number(day)
        [security] = [
            one.id
            for one in market.securities
            if market.plan.traded[number, one.id]
            and market.identity_at(number, one.id).symbol == symbol
        ]
        keys.setdefault(security, set()).add(key)
        adjustment = market.bars.adjustment[[number, last], security]
        if security not in unknowable and not same(factor, float(adjustment[1] / adjustment[0])):
            wrong_factors.append((symbol, day, factor))
    assert wrong_factors == []
    assert {len(found) for found in keys.values()} == {1}
    assert len({key for found in keys.values() for key in found}) == len(keys)
