"""A small `dbt build` on a real Redshift: from replies in the bucket to a mart, twice."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.redshift_connection import connect_redshift
from ingestion.promotion import promote_pending
from ingestion.settings import project_root
from sandbox.exchange.payload import row_of
from sandbox.market import Market

pytestmark = [pytest.mark.redshift, pytest.mark.timeout(3600)]
DAYS = (date(2025, 10, 15), date(2025, 10, 16))
MART = "fct_ohlc_daily"


def build(scratch, folder) -> None:
    variables = {"schema_prefix": scratch.prefix, "raw_schema": scratch.raw}
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--quiet", "--select", f"+{MART}"]
    without = ["--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
    ended = subprocess.run(
        [*command, *without, "--vars", json.dumps(variables)],
        cwd=project_root(),
        env={
            **os.environ,
            "INVESTIQ_TARGET": "redshift",
            "INVESTIQ_AS_OF": DAYS[-1].isoformat(),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_replies_become_a_mart_and_stay_one(scratch, redshift_warehouse, store, tmp_path):
    market = Market.build(securities=40)
    for day in DAYS:
        rows = [
            row_of(item) for item in market.quotes_as_of(datetime(day.year, day.month, day.day, 20))
        ]
        at = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC)
        land(
            store,
            Fetched(
                "rapidapi", "quotes", day, at, json.dumps(rows).encode(), "application/json", 200
            ),
        )
    promote_pending(store)
    for table in ("rapidapi_quotes", "quarantined_records", "ingestion_outcomes"):
        load_pending(DATASETS[table], store, redshift_warehouse)

    def mart() -> list[list[object]]:
        connection = connect_redshift(scratch.settings)
        with connection.cursor() as cursor:
            cursor.execute(
                f"select trade_date, symbol, close_price from {scratch.prefix}marts.{MART} "
                "order by trade_date, symbol, close_price"
            )
            rows = [list(row) for row in cursor.fetchall()]
        connection.close()
        return rows

    build(scratch, tmp_path)
    first = mart()
    assert {day for day, *_ in first} == set(DAYS)
    assert len({(day, symbol) for day, symbol, _ in first}) == len(first) > 40
    build(scratch, tmp_path)
    assert mart() == first
