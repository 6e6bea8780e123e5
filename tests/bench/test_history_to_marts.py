"""Twenty years of the exchange's files to marts, against DuckDB doing the bare minimum with them.

`make bench` prints one line of JSON per figure. All sides run in this one run on the same landed
bytes; only the ratios mean anything on a shared machine. `BENCH_YEARS=2 BENCH_SECURITIES=500` makes
it quick.
"""

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.settings import load_settings
from sandbox.archives import __main__ as archives
from sandbox.archives.tree import write_tree

pytestmark = [pytest.mark.bench, pytest.mark.timeout(4 * 3600)]
YEARS = int(os.environ.get("BENCH_YEARS", "20"))
SECURITIES = int(os.environ.get("BENCH_SECURITIES", "2300"))
LAST = date(2025, 10, 23)
NEW = date(2025, 10, 24)
MINIMUM = Path(__file__).parent / "minimum.py"
VARIABLES = ("--vars", json.dumps({"as_of": str(NEW)}))
MODELS = ("build", "--resource-type", "seed", "--resource-type", "model", *VARIABLES)
TESTS = ("test", "--exclude-resource-type", "unit_test", *VARIABLES)
BUILD = ("build", "--exclude-resource-type", "unit_test", *VARIABLES)
SHARES = "select cast(sum(share_factor) as bigint) from marts.fct_prices_daily"

Steps = dict[str, Any]  # name → Run


def years_before(count: int) -> date:
    """The first day of so many years of history."""
    return LAST.replace(year=LAST.year - count) + timedelta(days=1)


def fetched_on(folder: Path, day: date) -> Path:
    """The folder, its files as downloaded on the evening of a day."""
    evening = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (evening, evening))
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders of downloaded files: the long history, its last year, the new session, a split."""
    folder = tmp_path_factory.mktemp("exchange")
    market = archives.market_for(years_before(YEARS), NEW, SECURITIES)
    for name, first, last in (
        ("long", years_before(YEARS), LAST),
        ("short", years_before(1), LAST),
        ("new", NEW, NEW),
    ):
        for _ in write_tree(market, first, last, folder / name):
            pass
        fetched_on(folder / name, last)
    oldest = {bar.symbol for bar in market.bars_on(market.sessions[0])}
    withhold_split(folder / "long" / "actions", folder / "split", oldest)
    fetched_on(folder / "split", NEW)
    yield folder
    shutil.rmtree(folder)


def withhold_split(actions: Path, later: Path, symbols: set[str]) -> None:
    """Move the newest split of one of the symbols to a file of its own, which comes later."""
    for path in sorted(actions.iterdir(), key=lambda path: path.name[-14:], reverse=True):
        header, *lines = path.read_text("utf-8-sig").splitlines(keepends=True)
        for fields in reversed(list(csv.reader(lines))):
            symbol, ex_date = fields[0], fields[5]
            if symbol not in symbols or "split" not in fields[3].lower():
                continue
            moved = [line for line in lines if f'"{symbol}"' in line and ex_date in line]
            kept = [line for line in lines if line not in moved]
            later.mkdir()
            (later / path.name).write_text("".join([header, *moved]), "utf-8-sig")
            path.write_text("".join([header, *kept]), "utf-8-sig")
            return
    raise AssertionError("no split in all the years: take more of them, or more securities")


def count(home: Any, query: str) -> int:
    """The one number that a query gives."""
    with duckdb.connect(str(home.path), read_only=True) as con:
        [(number,)] = con.execute(query).fetchall()
    return int(number)


def figures_of(steps: Steps) -> dict[str, object]:
    """Seconds of each step and together, CPU seconds, and the peak of the largest process."""
    return {
        "seconds": round(sum(run.seconds for run in steps.values()), 1),
        "cpu s": round(sum(run.cpu_seconds for run in steps.values()), 1),
        "peak MB": round(max(run.peak_mb for run in steps.values())),
        **{f"{name} s": round(run.seconds, 1) for name, run in steps.items()},
        **{f"{name} cpu s": round(run.cpu_seconds, 1) for name, run in steps.items()},
        **{f"{name} MB": round(run.peak_mb) for name, run in steps.items()},
    }


def backfill(home: Any, folder: Path) -> tuple[Steps, dict[str, object]]:
    """Land a history and make the marts of it: the steps, and what else there is to tell."""
    landing = home.land(folder)
    steps = {"promote": home.promote(), "load": home.load(), "dbt models": home.dbt(*MODELS)}
    beside: dict[str, object] = {"landing s": round(landing.seconds, 1)}
    beside["slowest models s"] = home.slowest()
    tests = home.dbt(*TESTS)
    beside |= {"data tests s": round(tests.seconds, 1), "data tests MB": round(tests.peak_mb)}
    beside["slowest tests s"] = home.slowest(4)
    return steps, beside


def arrive(home: Any, folder: Path) -> tuple[Steps, dict[str, object]]:
    """What a daily run does with the files that are new, and the slowest nodes of it."""
    steps = {
        "land": home.land(folder),
        "promote": home.promote(),
        "load": home.load(),
        "dbt build": home.dbt(*BUILD),
    }
    return steps, {"slowest nodes s": home.slowest()}


def seconds(steps: Steps) -> float:
    """All steps together."""
    return sum(run.seconds for run in steps.values())


def cpu(steps: Steps) -> float:
    """CPU time of all steps."""
    return sum(run.cpu_seconds for run in steps.values())


def test_history_to_marts(
    make_home: Callable[[str], Any],
    measured: Callable[..., Any],
    tell: Callable[..., None],
    files: Path,
    tmp_path: Path,
):
    long = make_home("long")
    steps, beside = backfill(long, files / "long")
    bars = count(long, "select count(*) from marts.fct_prices_daily")
    landed = count(
        long,
        "select sum(records_in) from raw_data.ingestion_outcomes where stage = 'promote'",
    )
    tell(
        f"backfill of {YEARS} years, {SECURITIES} securities",
        bars=bars,
        records=landed,
        **figures_of(steps),
        **beside,
        **{
            "bars per second": round(bars / seconds(steps)),
            "warehouse MB": round(long.path.stat().st_size / 1e6),
            "object store MB": round(long.stored_bytes() / 1e6),
        },
    )

    memory = load_settings().duckdb_memory
    least = measured([sys.executable, str(MINIMUM), long.bucket, str(tmp_path / "minimum"), memory])
    shutil.rmtree(tmp_path / "minimum")
    tell(
        "the bare minimum",
        **json.loads(least.said),
        **figures_of({"minimum": least}),
        **{
            "ratio": round(seconds(steps) / least.seconds, 2),
            "ratio of cpu": round(cpu(steps) / least.cpu_seconds, 2),
        },
    )

    on_long, of_long = arrive(long, files / "new")
    tell(f"a new session on {YEARS} years", **figures_of(on_long), **of_long)
    before = count(long, SHARES)
    split, of_split = arrive(long, files / "split")
    tell(f"a new split on {YEARS} years", **figures_of(split), **of_split)
    after = count(long, SHARES)

    short = make_home("short")
    backfill(short, files / "short")
    on_short, of_short = arrive(short, files / "new")
    tell("a new session on 1 year", **figures_of(on_short), **of_short)
    tell(
        f"a new session on {YEARS} years against on 1",
        ratio=round(seconds(on_long) / seconds(on_short), 2),
        **{"ratio of cpu": round(cpu(on_long) / cpu(on_short), 2)},
    )

    everything = [*steps.values(), *on_long.values(), *split.values()]
    assert max(run.peak_mb for run in everything) < 8192
    assert json.loads(least.said)["bars"] == pytest.approx(bars, rel=0.01)
    assert after > before  # the split has reached the history
