"""`python -m report`: publish the marts and the page, or one of the two, by the settings."""

import argparse
import sys
from collections.abc import Sequence

from ingestion.errors import InvestiqError
from ingestion.loading.reading import readable
from ingestion.origin import notice_of
from ingestion.settings import load_settings
from report.page import PageResult, write_page
from report.parquet import ExportResult, export_marts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code of the error, or 0."""
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__)
    parser.add_argument("--only", choices=("marts", "page"), help="do one of the two steps")
    only = parser.parse_args(arguments).only
    try:
        settings = load_settings()
        marts_dir = settings.home / "marts"
        if only != "page":
            exported = export_marts(
                readable(settings),
                marts_dir,
            )
            sys.stdout.write(_exported(exported))
        if only != "marts":
            page = settings.home / "report/index.html"
            sys.stdout.write(_written(write_page(marts_dir, page, notice_of(settings.home))))
    except InvestiqError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _exported(result: ExportResult) -> str:
    rows = sum(table.rows for table in result.tables)
    return (
        f"{result.directory}: {len(result.tables)} marts, {rows:,} rows, "
        f"{result.size_bytes / 1e6:.1f} MB, {'published' if result.changed else 'unchanged'}\n"
    )


def _written(result: PageResult) -> str:
    session = result.session.isoformat() if result.session else "no session yet"
    return (
        f"{result.path}: {session}, {result.size_bytes / 1e6:.2f} MB, "
        f"{'written' if result.changed else 'unchanged'}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
