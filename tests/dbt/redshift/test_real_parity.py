"""Real files of every kind, built on both engines: each mart is the same, cell by cell.

Of the 242 files with delivery the 30 of a window, of the 64 old bhavcopies those of the 2020s; all
others are taken whole. (Thirty years of empty days between two files cost what a test cannot pay.)
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.fetched import Fetched
from ingestion.sources.directory import files

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(1500)]
FIRST, LAST = date(2022, 12, 1), date(2023, 1, 13)
LATE, CORRECTED = date(2022, 12, 14), date(2022, 12, 20)
SPLIT = "SPLPETRO"  # 2 for 1 on 2023-01-06
ADJUSTED = (
    "select count(distinct symbol) from marts.fct_prices_daily "
    f"where share_factor = 2 and symbol = '{SPLIT}'"
)
NAMES = (
    "select company_name = 'Another', dbt_valid_from, dbt_valid_to "
    f"from marts.dim_security_history where symbol = '{SPLIT}' order by dbt_valid_from"
)
_TAKEN = (
    *("api_samples", "calendar", "first_sample", "indices", "masters", "udiff_bhavcopy", "quirks"),
    "corporate_actions/nse_corporateActions_api_2022-08-29_to_2023-05-26.json",
    "corporate_actions/events_missing_from_feed_window.csv",
)


@pytest.fixture(scope="module")
def received(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Fetched]:
    """The real files as they are read from a folder."""
    folder = tmp_path_factory.mktemp("real")
    for name in _TAKEN:
        copy = shutil.copytree if (real_data / name).is_dir() else shutil.copy
        copy(real_data / name, folder / Path(name).name)
    for path in sorted((real_data / "legacy_bhavcopy").glob("202*/*.zip")):
        shutil.copy(path, folder)
    for path in (real_data / "sec_bhavdata_full").rglob("*.csv.gz"):
        shutil.copy(path, folder)
    return list(in_window(folder))


def in_window(folder: Path) -> Iterator[Fetched]:
    for one in files(folder, 100_000_000):
        if isinstance(one, Fetched) and (
            one.dataset != "sec_bhavdata" or FIRST <= one.trade_date <= LAST
        ):
            yield one


def earlier(one: Fetched, content: bytes) -> Fetched:
    """What was fetched a day before, with other content."""
    return replace(one, content=content, fetched_at=one.fetched_at - timedelta(days=1))


def without(actions: Fetched, symbol: str) -> Fetched:
    """The feed as it was before that company's announcement came."""
    rows = [row for row in json.loads(actions.content) if row["symbol"] != symbol]
    return earlier(actions, json.dumps(rows).encode())


def spoiled(session: Fetched) -> Fetched:
    """A first version in which one share closes at its low."""
    lines = gzip.decompress(session.content).decode().split("\n")
    fields = lines[2].split(", ")
    fields[8] = fields[6]
    lines[2] = ", ".join(fields)
    return earlier(session, gzip.compress("\n".join(lines).encode()))


def renamed(engines: Any) -> None:
    """What a share was called before stays, with its time, on both engines."""
    rename = f"update marts.dim_securities set company_name = 'Another' where symbol = '{SPLIT}'"
    with engines.connect(engines.server.admin_user) as connection, connection.cursor() as cursor:
        cursor.execute(rename)
        connection.commit()
    engines.duckdb.execute(rename)
    engines.run("snapshot")
    engines.assert_parity(only="dim_security_history")
    [(former, since, until), (now, changed, still)] = engines.duckdb.query(NAMES)
    assert (former, now) == (False, True)
    assert since < until == changed
    assert still is None


def test_every_mart_is_the_same_whatever_came_late(engines: Any, received: list[Fetched]) -> None:
    """A first build; a late session, a corrected file, a split that is learned; from nothing."""
    of_day = {one.trade_date: one for one in received if one.dataset == "sec_bhavdata"}
    [actions] = [one for one in received if one.dataset == "corporate_actions"]
    later = [of_day[LATE], of_day[CORRECTED], actions]
    held_back = [id(one) for one in later]
    engines.receive(*(one for one in received if id(one) not in held_back))
    engines.receive(spoiled(of_day[CORRECTED]), without(actions, SPLIT))
    engines.load()
    engines.run("build", "--exclude-resource-type", "test", "unit_test")
    rows = engines.assert_parity()
    assert rows["fct_prices_daily"] > 60_000
    assert min(rows[name] for name in ("fct_ohlc_daily", "fct_index_daily", "fct_news_articles"))
    before = engines.redshift_rows(ADJUSTED)
    renamed(engines)

    engines.receive(*later)
    engines.load()
    engines.run("run")
    rows = engines.assert_parity()
    assert engines.redshift_rows(ADJUSTED) == before + 1, "the split is in force"

    # From nothing, on one engine: the other came bit by bit.
    engines.run("run", "--full-refresh", on="redshift")
    engines.assert_parity()
