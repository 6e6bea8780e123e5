"""Day by day, late, corrected, split or killed: the mart is that of a full refresh."""

from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

PARTS = {
    f"intermediate.int_indicators__{part}"
    for part in ("calendar", "windows", "risk", "recursive", "drawdowns", "ranks")
} | {"marts.fct_indicators_daily"}
WINDOWS, RANKS = "intermediate.int_indicators__windows", "intermediate.int_indicators__ranks"


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> list[str]:
    """Columns that differ: numbers by more than a billionth, anything else at all."""
    assert list(found.columns) == list(wanted.columns)
    if len(found) != len(wanted):
        return [f"{len(found)} rows instead of {len(wanted)}"]
    wrong = []
    for name in wanted.columns:
        a, b = found[name], wanted[name]
        if pd.api.types.is_float_dtype(b):
            x, y = a.to_numpy(dtype=float), b.to_numpy(dtype=float)
            with np.errstate(invalid="ignore"):
                good = (np.abs(x - y) <= 1e-9 * np.abs(y) + 1e-12) | (np.isnan(x) & np.isnan(y))
        else:
            good = ((a == b) | (a.isna() & b.isna())).to_numpy()
        if not good.all():
            at = int(np.flatnonzero(~good)[0])
            row = wanted.loc[at, ["security_sk", "trade_date", "bar_no"]].tolist()
            wrong.append(f"{name}: {int((~good).sum())} rows, {row}: {a[at]} not {b[at]}")
    return wrong


def stamped(prices: pd.DataFrame, version: datetime) -> pd.DataFrame:
    return prices.assign(session_version=version)


def row_ids(warehouse: Any, part: str) -> pd.DataFrame:
    """The rows of a part with DuckDB's own number of each: a row written again has another."""
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        return connection.sql(f"select security_sk, trade_date, rowid as row_id from {part}").df()


def kept_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The rows of `after` that are those of `before`, untouched."""
    return after.merge(before, on=["security_sk", "trade_date", "row_id"])


@pytest.fixture(scope="module")
def case(hand: Any) -> Any:
    """Prices of 1400 sessions: across blocks of 253 bars, with suspensions and new listings."""
    days = hand.sessions(1400)
    index = hand.random_index(days)
    frames = [hand.as_prices(1, hand.random_bars(1, days))]
    frames.append(hand.as_prices(2, hand.random_bars(2, days[-520:])))
    frames.append(hand.as_prices(3, hand.random_bars(3, days[-253:])))
    frames.append(hand.as_prices(4, hand.random_bars(4, days[-3:])))
    frames.append(hand.as_prices(5, hand.random_bars(5, [*days[:600], *days[-30:]])))
    frames.append(hand.as_prices(6, hand.random_bars(6, days[:900])))
    frames.append(hand.as_prices(7, hand.random_bars(7, [d for d in days if d.day % 5])))
    constant = hand.random_bars(8, days[300:])
    constant[["open_price", "high_price", "low_price", "close_price"]] = 88.05
    frames.append(hand.as_prices(8, constant))
    return pd.concat(frames, ignore_index=True), index, days


@pytest.fixture(scope="module")
def whole(case: Any, hand: Any, seeded: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The warehouse of a full refresh over all of it; only to be copied."""
    prices, index, _ = case
    warehouse = seeded.copy(tmp_path_factory.mktemp("whole"))
    hand.put_prices(warehouse, prices, index)
    hand.build(warehouse)
    return warehouse


@pytest.fixture
def begun(whole: Any, tmp_path: Any) -> Any:
    """A copy of it to go on from."""
    return whole.copy(tmp_path / "begun")


def test_day_by_day_is_a_full_refresh(
    case: Any, whole: Any, hand: Any, seeded: Any, tmp_path: Any
) -> None:
    """One session, then two weeks at once, across the ends of blocks; every row is written once."""
    prices, index, days = case
    warehouse = seeded.copy(tmp_path / "daily")
    for upto in (-24, -23, -13, -3, -2, None):
        known = days[: upto if upto is not None else len(days)]
        part = prices[prices["trade_date"] <= known[-1]]
        hand.put_prices(warehouse, part, index[: len(known)])
        before = row_ids(warehouse, WINDOWS) if upto != -24 else None
        hand.build(warehouse)
        if before is not None:
            after = row_ids(warehouse, WINDOWS)
            assert len(kept_rows(before, after)) == len(before)
    wrong = same(hand.indicators(warehouse), hand.indicators(whole))
    assert wrong == [], "\n".join(wrong)


def test_nothing_new_writes_nothing(begun: Any, hand: Any) -> None:
    before = {part: row_ids(begun, part) for part in PARTS}
    hand.build(begun)
    for part in PARTS:
        after = row_ids(begun, part)
        assert len(kept_rows(before[part], after)) == len(before[part]) == len(after), part


def test_fault_28_a_late_correction_changes_what_comes_after_it(
    case: Any, begun: Any, hand: Any
) -> None:
    prices, index, days = case
    day = days[-200]
    corrected = prices.copy()
    at = (corrected["trade_date"] == day) & (corrected["security_sk"] == 1)
    for side in ("open", "high", "low", "close"):
        corrected.loc[at, f"{side}_price"] *= 1.5
        corrected.loc[at, f"{side}_adj"] *= 1.5
    corrected.loc[at, "close_tr"] *= 1.5
    corrected.loc[corrected["trade_date"] == day, "session_version"] = datetime(2026, 2, 1)
    before = row_ids(begun, WINDOWS)
    hand.put_prices(begun, corrected, index)
    hand.build(begun)
    kept = kept_rows(before, row_ids(begun, WINDOWS))
    after = kept[kept["trade_date"] >= pd.Timestamp(day)]
    assert set(after["security_sk"]) == {4, 5}, "these did not trade on that day"
    assert len(kept) - len(after) == (prices["trade_date"] < day).sum()
    daily = hand.indicators(begun)
    hand.build(begun, "--full-refresh")
    wrong = same(daily, hand.indicators(begun))
    assert wrong == [], "\n".join(wrong)


def test_a_session_that_arrives_late_or_is_withdrawn(case: Any, begun: Any, hand: Any) -> None:
    prices, index, days = case
    hand.put_prices(begun, prices[prices["trade_date"] != days[-300]], index)
    hand.build(begun)
    without = hand.indicators(begun)
    assert not (without["trade_date"] == pd.Timestamp(days[-300])).any()
    hand.put_prices(begun, prices, index)
    hand.build(begun)
    late = hand.indicators(begun)
    hand.build(begun, "--full-refresh")
    wrong = same(late, hand.indicators(begun))
    assert wrong == [], "\n".join(wrong)


def test_fault_26_a_split_rebuilds_that_security_alone_exactly_once(
    case: Any, begun: Any, hand: Any
) -> None:
    prices, index, _ = case
    split = prices.copy()
    at = split["security_sk"] == 2
    for side in ("open", "high", "low", "close"):
        split.loc[at, f"{side}_adj"] /= 10
    split.loc[at, "volume_adj"] *= 10
    split.loc[at, "share_factor"] = 10.0
    split.loc[at, "share_version"] = 2
    before = {part: row_ids(begun, part) for part in PARTS}
    hand.put_prices(begun, split, index)
    hand.build(begun)
    once = {part: row_ids(begun, part) for part in PARTS}
    for part in PARTS:
        touched = set(before[part]["security_sk"])
        for security_sk, rows in kept_rows(before[part], once[part]).groupby("security_sk"):
            if len(rows) == (before[part]["security_sk"] == security_sk).sum():
                touched.discard(security_sk)
        assert touched == (set() if part == RANKS else {2}), part
    hand.build(begun)
    for part in PARTS:
        assert len(kept_rows(once[part], row_ids(begun, part))) == len(once[part]), part
    learned = hand.indicators(begun)
    hand.build(begun, "--full-refresh")
    wrong = same(learned, hand.indicators(begun))
    assert wrong == [], "\n".join(wrong)


def test_a_late_index_file_is_picked_up(case: Any, begun: Any, hand: Any) -> None:
    prices, index, days = case
    hand.put_prices(begun, prices, index.drop(days[-40]))
    hand.build(begun)
    gap = hand.indicators(begun)
    hand.put_prices(begun, prices, index)
    before = row_ids(begun, WINDOWS)
    hand.build(begun)
    assert len(kept_rows(before, row_ids(begun, WINDOWS))) == len(before)
    filled = hand.indicators(begun)
    assert same(gap, filled) != []
    hand.build(begun, "--full-refresh")
    wrong = same(filled, hand.indicators(begun))
    assert wrong == [], "\n".join(wrong)


def test_fault_09_killed_between_models_shows_the_sessions_before(
    case: Any, whole: Any, hand: Any, seeded: Any, tmp_path: Any
) -> None:
    """Two parts have the new session, the others do not: the mart is as it was, then whole."""
    prices, index, days = case
    warehouse = seeded.copy(tmp_path / "killed")
    hand.put_prices(warehouse, prices[prices["trade_date"] < days[-1]], index[:-1])
    hand.build(warehouse)
    published = hand.indicators(warehouse)
    hand.put_prices(warehouse, prices, index)
    run = warehouse.dbt("run", "--select", "int_indicators__windows", "int_indicators__calendar")
    assert run.returncode == 0, run.output
    wrong = same(hand.indicators(warehouse), published)
    assert wrong == [], "\n".join(wrong)
    hand.build(warehouse)
    wrong = same(hand.indicators(warehouse), hand.indicators(whole))
    assert wrong == [], "\n".join(wrong)


def test_a_history_found_anew_moves_the_ranks_of_its_dates_alone(
    case: Any, begun: Any, hand: Any
) -> None:
    """One security's prices of long ago change with its version: others keep all but their rank."""
    prices, index, days = case
    changed = prices.copy()
    at = (changed["security_sk"] == 7) & (changed["trade_date"] < days[-500])
    for side in ("open", "high", "low", "close"):
        changed.loc[at, f"{side}_adj"] /= 4
    changed.loc[changed["security_sk"] == 7, "share_version"] = 2
    before, rows = hand.indicators(begun), row_ids(begun, "marts.fct_indicators_daily")
    hand.put_prices(begun, changed, index)
    hand.build(begun)
    after = hand.indicators(begun)
    kept = kept_rows(rows, row_ids(begun, "marts.fct_indicators_daily"))
    assert set(kept["security_sk"]) == set(prices["security_sk"]) - {7}
    assert len(kept) == (prices["security_sk"] != 7).sum()
    others = [frame[frame["security_sk"] != 7].reset_index(drop=True) for frame in (after, before)]
    assert [words.split(":")[0] for words in same(*others)] == ["rs_rank_252d"]
    hand.build(begun, "--full-refresh")
    wrong = same(after, hand.indicators(begun))
    assert wrong == [], "\n".join(wrong)
