"""How fast landed quotes become marts, against DuckDB reading the very same files.

`make bench` prints seconds, rows per second, peak memory and the ratio. Both sides run in this one
run, on the same bytes in the same S3; only the ratio means anything on a shared machine.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.objectstore import ObjectStore, s3_client
from sandbox.exchange.payload import row_of
from sandbox.market import Market

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
SECURITIES = 2500

# The least that any way from these files to a typed table must do.
DIRECT = """
import boto3, duckdb
from ingestion.loading.duckdb_warehouse import S3Access, _use_httpfs
from ingestion.objectstore import s3_client
con = duckdb.connect({path!r})
_use_httpfs(con, S3Access.of(s3_client(), boto3.Session()))
con.execute('''
    create table quotes as
    select identifier, symbol, "lastUpdateTime", meta, try_cast(open as decimal(18, 4)) as o,
        try_cast("dayHigh" as decimal(18, 4)) as h, try_cast("dayLow" as decimal(18, 4)) as l,
        try_cast("lastPrice" as decimal(18, 4)) as c, try_cast("totalTradedVolume" as bigint) as v,
        try_cast("totalTradedValue" as decimal(24, 2)) as t
    from read_json('s3://{bucket}/landing/**/*.json', format = 'array', columns = {{
        identifier: 'varchar', symbol: 'varchar', "lastUpdateTime": 'varchar', meta: 'json',
        open: 'varchar', "dayHigh": 'varchar', "dayLow": 'varchar', "lastPrice": 'varchar',
        "totalTradedVolume": 'varchar', "totalTradedValue": 'varchar'}}, hive_partitioning = false)
''')
"""


def land_days(store: ObjectStore, market: Market, days: list[date]) -> tuple[int, int]:
    """Land one reply a day as the API would have given it; (records, bytes)."""
    records = size = 0
    for day in days:
        moment = datetime(day.year, day.month, day.day, 20, 0)
        rows = [row_of(quote) for quote in market.quotes_as_of(moment)]
        body = json.dumps(rows, separators=(",", ":")).encode()
        at = (moment - timedelta(hours=5, minutes=30)).replace(tzinfo=UTC)
        land(store, Fetched("rapidapi", "quotes", day, at, body, "application/json", 200))
        records, size = records + len(rows), size + len(body)
    return records, size


@pytest.mark.parametrize("count", [1, 250], ids=["one day", "250 days at once"])
def test_landed_bytes_to_marts(
    make_home: Callable[[str], Any],
    measured: Callable[..., Any],
    tell: Callable[..., None],
    tmp_path: Path,
    calendar,
    count: int,
):
    market = Market.build(
        securities=SECURITIES, start=date(2024, 7, 1), end=date(2025, 12, 31), calendar=calendar
    )
    days = calendar.sessions(date(2024, 12, 2), date(2025, 12, 31))[:count]
    home = make_home("quotes")
    records, size = land_days(ObjectStore(s3_client(), home.bucket), market, days)

    script = DIRECT.format(path=str(tmp_path / "direct.duckdb"), bucket=home.bucket)
    direct = measured([sys.executable, "-c", script])
    steps = {
        "promote": home.promote(),
        "load": home.load(),
        "dbt models": home.dbt("build", "--resource-type", "seed", "--resource-type", "model"),
    }
    total = sum(run.seconds for run in steps.values())
    tell(
        f"{count} day(s) of quotes, {SECURITIES} securities",
        records=records,
        ratio=round(total / direct.seconds, 1),
        **{
            "landed MB": round(size / 1e6, 1),
            "seconds": round(total, 1),
            **{f"{name} s": round(run.seconds, 1) for name, run in steps.items()},
            "records per second": round(records / total),
            "peak MB": round(max(run.peak_mb for run in steps.values())),
            "DuckDB reading the same files s": round(direct.seconds, 2),
        },
    )

    with duckdb.connect(str(home.path), read_only=True) as con:
        [(accounted,)] = con.sql("select sum(records) from marts.rpt_record_accounting").fetchall()
    assert accounted == records
