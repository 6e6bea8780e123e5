"""Runs the exporter until it is interrupted: `python -m sandbox.statsd --help`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.statsd import ExporterDidNotStart, Mapper, MappingRefused, StatsdExporter


def main(arguments: list[str] | None = None) -> int:
    """Read the mapping, print the address, serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.statsd", description=__doc__)
    parser.add_argument("--mapping", type=Path, required=True, help="statsd_exporter's file")
    parser.add_argument("--port", type=int, default=0, help="UDP; 0 takes a free one (default)")
    parser.add_argument("--web", type=int, default=0, help="HTTP; 0 takes a free one (default)")
    parser.add_argument("--record", type=Path, help="append every line that arrives")
    chosen = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        exporter = StatsdExporter(
            Mapper.read(chosen.mapping), chosen.port, chosen.web, chosen.record
        )
    except (ExporterDidNotStart, MappingRefused) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    with exporter:
        sys.stdout.write(f"{exporter.url} {exporter.port}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
