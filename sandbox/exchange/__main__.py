"""Runs the simulated exchange until it is interrupted: `python -m sandbox.exchange --help`."""

import argparse
import signal
import sys
import threading
from datetime import datetime

from sandbox.exchange.server import Exchange
from sandbox.market import Market


def main(arguments: list[str] | None = None) -> int:
    """Build the market, print the address, answer until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.exchange", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--now", type=datetime.fromisoformat, help="simulated moment in IST")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--securities", type=int, default=400)
    chosen = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    market = Market.build(seed=chosen.seed, securities=chosen.securities)
    with Exchange(market, now=chosen.now, port=chosen.port) as exchange:
        sys.stdout.write(f"{exchange.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
