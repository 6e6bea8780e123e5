"""Exports every mart of the warehouse to Parquet files that other tools read.

Source: all tables of the schema `marts` of the DuckDB warehouse. Lands in `var/marts/*.parquet`
with a `manifest.json`; the set changes as a whole or not at all (`report.atomic`).
Run alone: `python -m report --only marts`.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from ingestion.errors import ConfigurationError
from ingestion.loading.duckdb_connection import connect
from report.atomic import PublishedDirectory
from report.errors import PublishFailed

MANIFEST = "manifest.json"
PUBLISHER_WAIT_SECONDS = 120.0
# Row order inside the files: by time first, so that readers of recent sessions skip row groups.
# A mart that is not listed is ordered by all its columns, which is as deterministic, only slower.
GRAINS: dict[str, tuple[str, ...]] = {
    "dim_dates": ("calendar_date",),
    "dim_securities": ("security_sk",),
    "dim_indices": ("index_sk",),
    "fct_ohlc_daily": ("trade_date", "security_sk"),
    "fct_index_daily": ("trade_date", "index_sk"),
    "fct_market_breadth_daily": ("trade_date",),
    "fct_sector_daily": ("trade_date", "industry"),
    "rpt_movers_daily": ("trade_date", "list_name", "rank_no"),
}
_SAFE_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One mart as published: its name without extension, rows, bytes and the file's sha256."""

    name: str
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What readers find in `directory` now; `changed` is False when it was there already."""

    directory: Path
    changed: bool
    tables: tuple[ExportedTable, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of all Parquet files together."""
        return sum(table.size_bytes for table in self.tables)


def export_marts(
    warehouse: Path,
    marts_dir: Path,
    *,
    schema: str = "marts",
    warehouse_wait_seconds: float = 60.0,
) -> ExportResult:
    """Publish all marts of `warehouse` in `marts_dir`, or leave what is there untouched.

    The same marts give the same bytes, and then nothing is written over. Raises
    ConfigurationError where there is no warehouse or no mart in it, WarehouseBusy where a writer
    holds it too long, PublishFailed where the disk refuses.
    """
    if not warehouse.is_file():  # asked before anything is created beside it
        raise ConfigurationError(
            f"There is no warehouse at {warehouse}. Fill one with `investiq run --source sandbox`, "
            "or name yours in INVESTIQ_DUCKDB_PATH."
        )
    published = PublishedDirectory(marts_dir)
    try:
        with published.exclusive(PUBLISHER_WAIT_SECONDS):
            staging = published.new_staging()
            tables, state = _write_tables(warehouse, staging, schema, warehouse_wait_seconds)
            current = published.current()
            if current is not None and _holds(current, tables):
                published.discard(staging)
                return ExportResult(marts_dir, False, tables)
            manifest = _manifest(tables, state)
            (staging / MANIFEST).write_bytes(manifest)
            published.swap(staging, hashlib.sha256(manifest).hexdigest()[:16])
    except (OSError, duckdb.IOException) as error:
        raise PublishFailed(
            f"The marts could not be written to {marts_dir} ({_first_line(error)}); readers still "
            "see the previous set. Free space or make the folder writable, then run "
            "`investiq report` again."
        ) from error
    return ExportResult(marts_dir, True, tables)


def _write_tables(
    warehouse: Path, staging: Path, schema: str, warehouse_wait_seconds: float
) -> tuple[tuple[ExportedTable, ...], dict[str, str]]:
    with connect(warehouse, read_only=True, wait_seconds=warehouse_wait_seconds) as connection:
        columns = _columns_of(connection, schema)
        if not columns:
            raise ConfigurationError(
                f"The warehouse {warehouse} has no table in the schema {schema}. "
                "Build the marts with `investiq build`, then run `investiq report` again."
            )
        rows = {
            name: _copy(connection, schema, name, columns[name], staging / f"{name}.parquet")
            for name in sorted(columns)
        }
        state = _state(connection, schema, columns)
    return tuple(_describe(staging / f"{name}.parquet", rows[name]) for name in rows), state


def _columns_of(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = ? and table_name not like '%\\_\\_dbt\\_%' escape '\\' "
        "order by table_name, ordinal_position",
        [schema],
    ).fetchall():
        if not _SAFE_NAME.fullmatch(table):
            raise PublishFailed(
                f"The mart {table!r} cannot be a file name. Rename it in dbt to lower-case "
                "letters, digits and underscores."
            )
        found.setdefault(table, []).append(column)
    return found


def _copy(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, columns: list[str], path: Path
) -> int:
    grain = GRAINS.get(table, ())
    order = ", ".join(f'"{key}"' for key in grain if key in columns) or "all"
    copied = connection.execute(
        f'copy (select * from "{schema}"."{table}" order by {order}) '
        "to $path (format parquet, compression zstd)",
        {"path": str(path)},
    ).fetchone()
    return int(copied[0]) if copied else 0


def _state(
    connection: duckdb.DuckDBPyConnection, schema: str, columns: dict[str, list[str]]
) -> dict[str, str]:
    """The newest session and fetch over all marts: what a reader asks the manifest first."""
    newest: dict[str, date | datetime] = {}
    for table, names in columns.items():
        for column in {"trade_date", "fetched_at"} & set(names):
            row = connection.execute(f'select max({column}) from "{schema}"."{table}"').fetchone()
            if row and row[0] is not None:
                newest[column] = max(row[0], newest.get(column, row[0]))
    return {f"latest_{name}": newest[name].isoformat() for name in sorted(newest)}


def _describe(path: Path, rows: int) -> ExportedTable:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ExportedTable(path.stem, rows, path.stat().st_size, digest)


def _holds(directory: Path, tables: tuple[ExportedTable, ...]) -> bool:
    """Whether `directory` has exactly these tables, by the bytes on disk and not by its manifest.

    A file that somebody edited or deleted since is thereby published anew.
    """
    paths = {path.stem: path for path in directory.glob("*.parquet")}
    if set(paths) != {table.name for table in tables} or not (directory / MANIFEST).is_file():
        return False
    return all(_describe(paths[table.name], table.rows) == table for table in tables)


def _manifest(tables: tuple[ExportedTable, ...], state: dict[str, str]) -> bytes:
    document = {
        "format": 1,
        "warehouse": {**state, "duckdb": duckdb.__version__},
        "tables": [asdict(table) for table in tables],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
