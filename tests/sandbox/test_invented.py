"""Nobody in the simulated market exists: no symbol, name or ISIN is a real one."""

import csv
import os
from datetime import date
from pathlib import Path

import pytest

from sandbox.market import Market

MASTERS = Path(os.environ.get("INVESTIQ_REAL_DATA", "../shared/data")) / "masters"


@pytest.mark.real_data
@pytest.mark.parametrize("securities", [400, 2500])
def test_nothing_is_named_after_a_real_company(securities: int) -> None:
    listed, renamed = MASTERS / "EQUITY_L_2026-08-08.csv", MASTERS / "symbolchange_2026-08-08.csv"
    if not listed.exists() or not renamed.exists():
        pytest.skip(f"the real masters are not in {MASTERS}; set INVESTIQ_REAL_DATA")
    with listed.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    with renamed.open(newline="", encoding="latin-1") as file:
        changes = list(csv.reader(file))
    symbols = {row[0].strip() for row in rows} | {cell.strip() for row in changes for cell in row}
    names = {row[1].strip().lower() for row in rows} | {row[0].strip().lower() for row in changes}
    isins = {row[6].strip() for row in rows}
    market = Market.build(securities=securities, start=date(2024, 1, 1), end=date(2024, 6, 30))
    identities = [known for security in market.securities for known in security.identities]
    assert not {known.symbol for known in identities} & symbols
    assert not {known.company_name.lower() for known in identities} & names
    assert not {known.isin for known in identities} & isins


def test_awkward_symbols_are_among_the_largest(market: Market) -> None:
    symbols = {security.identities[0].symbol for security in market.securities[:75]}
    assert {"M&N", "ARUN-AUTO", "20NICKEL", "V&ZBANK", "404FOODS"} <= symbols
