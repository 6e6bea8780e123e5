"""`python -m sandbox.archives --from 2024-01-01 --to 2024-12-31 --out DIR` writes the files."""

import argparse
import sys
from datetime import date
from pathlib import Path

from sandbox.archives.tree import write_tree
from sandbox.calendar import long_calendar
from sandbox.market import Market

# Within these years the files are those of the sandbox's own market.
_DEFAULT = (date(2021, 1, 1), date(2026, 12, 31))


def main() -> int:
    """Write a tree of files of the simulated exchange."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.archives", description=main.__doc__)
    parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat)
    parser.add_argument("--to", dest="last", required=True, type=date.fromisoformat)
    parser.add_argument("--out", required=True, type=Path, help="the folder to write into")
    parser.add_argument("--securities", type=int, default=400)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--quirks", action="store_true", help="also stale copies and both formats")
    given = parser.parse_args()
    market = market_for(given.first, given.last, given.securities, given.seed)
    written = 0
    for day in write_tree(market, given.first, given.last, given.out, quirks=given.quirks):
        written += 1
        if written % 250 == 0:
            print(f"{day}: {written} sessions", file=sys.stderr, flush=True)  # noqa: T201
    print(f"{written} sessions of {given.securities} securities are in {given.out}")  # noqa: T201
    return 0


def market_for(first: date, last: date, securities: int, seed: int = 20) -> Market:
    """The sandbox's market when it covers the days, else one that is built for them."""
    if _DEFAULT[0] <= first and last <= _DEFAULT[1]:
        return Market.build(seed=seed, securities=securities)
    return Market.build(
        seed=seed, securities=securities, start=first, end=last, calendar=long_calendar(first)
    )


if __name__ == "__main__":
    raise SystemExit(main())
