"""Exports every mart of the warehouse to Parquet files that other tools read.

Source: all tables of the schema `marts` of the DuckDB warehouse. Lands in `var/marts/*.parquet`
with a `manifest.json`; the set changes as a whole or not at all (`report.atomic`). A mart that
grows with the history is several files (`report.parts`), and only those that changed are written:
`<mart>*.parquet` finds one and several alike.
Run alone: `python -m report --only marts`.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from ingestion.errors import ConfigurationError
from ingestion.loading.duckdb_connection import connect
from report import parts
from report.atomic import PublishedDirectory, write_if_changed
from report.errors import PublishFailed

MANIFEST = "manifest.json"
PUBLISHER_WAIT_SECONDS = 120.0
MEMORY_LIMIT = "3GB"  # DuckDB spills beside the warehouse beyond it
_SAFE_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One Parquet file of the set: its name, rows, bytes and sha256."""

    name: str
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One mart as published, in one file or, where it grows with the history, in several."""

    name: str
    files: tuple[ExportedFile, ...]

    @property
    def rows(self) -> int:
        """Rows of the mart."""
        return sum(one.rows for one in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of its files together."""
        return sum(one.size_bytes for one in self.files)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What readers find in `directory` now; `changed` is False when it was there already.

    `written` counts the files that were made anew; the others are the files of the set before.
    """

    directory: Path
    changed: bool
    tables: tuple[ExportedTable, ...]
    written: int

    @property
    def size_bytes(self) -> int:
        """Bytes of all Parquet files together."""
        return sum(table.size_bytes for table in self.tables)


@dataclass(frozen=True, slots=True)
class _Known:
    """A published file that is as it was left: what it holds, by its fingerprint."""

    fingerprint: str
    size_bytes: int
    modified_ns: int
    rows: int
    sha256: str


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
            return _publish(published, warehouse, schema, warehouse_wait_seconds)
    except (OSError, duckdb.IOException) as error:
        raise PublishFailed(
            f"The marts could not be written to {marts_dir} ({_first_line(error)}); readers still "
            "see the previous set. Free space or make the folder writable, then run "
            "`investiq report` again."
        ) from error


def _publish(
    published: PublishedDirectory, warehouse: Path, schema: str, wait_seconds: float
) -> ExportResult:
    staging = published.new_staging()
    current = published.current()
    memory = published.store / "known.json"
    known = _remembered(memory, current)
    with connect(warehouse, read_only=True, wait_seconds=wait_seconds) as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        marts = _marts_of(connection, schema)
        if not marts:
            raise ConfigurationError(
                f"The warehouse {warehouse} has no table in the schema {schema}. "
                "Build the marts with `investiq build`, then run `investiq report` again."
            )
        state = _state(connection, marts)
        found: dict[str, dict[str, _Known]] = {}
        for mart in marts:
            found[mart.name] = dict(_files_of(connection, mart, staging, current, known))
    files = {name: one for group in found.values() for name, one in group.items()}
    tables = tuple(
        ExportedTable(
            mart,
            tuple(
                ExportedFile(name, one.rows, one.size_bytes, one.sha256)
                for name, one in sorted(group.items())
            ),
        )
        for mart, group in found.items()
    )
    written = sum(name not in known or known[name] != one for name, one in files.items())
    if current is not None and _holds(current, files, known):
        published.discard(staging)
        changed, name = False, current.name
        # The files that readers see are those of before, whatever was made beside them.
        files = {each: _look(current / each, one) for each, one in files.items()}
    else:
        manifest = _manifest(tables, state)
        (staging / MANIFEST).write_bytes(manifest)
        changed = True
        name = published.swap(staging, hashlib.sha256(manifest).hexdigest()[:16]).name
    remembered = {"set": name, "files": {each: asdict(one) for each, one in files.items()}}
    write_if_changed(memory, json.dumps(remembered, indent=1).encode())
    return ExportResult(published.link, changed, tables, written)


def _remembered(memory: Path, current: Path | None) -> dict[str, _Known]:
    """What the last export knew of the files of `current` that nobody has touched since."""
    if current is None or not memory.is_file():
        return {}
    try:
        told = json.loads(memory.read_bytes())
        known = {name: _Known(**one) for name, one in told["files"].items()}
    except (ValueError, KeyError, TypeError):
        return {}
    if told.get("set") != current.name:
        return {}
    return {
        name: one
        for name, one in known.items()
        if (current / name).is_file() and _look(current / name, one) == one
    }


def _look(path: Path, one: _Known) -> _Known:
    """`one` with the size and time that the file has on disk."""
    status = path.stat()
    return _Known(one.fingerprint, status.st_size, status.st_mtime_ns, one.rows, one.sha256)


def _files_of(
    connection: duckdb.DuckDBPyConnection,
    mart: parts.Mart,
    staging: Path,
    current: Path | None,
    known: Mapping[str, _Known],
) -> Iterator[tuple[str, _Known]]:
    """Put the files of one mart into `staging`: the old ones where nothing changed."""
    first_recent = parts.first_recent_year(connection, mart)
    changed = []
    for part in parts.parts_of(connection, mart, first_recent):
        name = mart.file_name(part, first_recent)
        before = known.get(name)
        if current is not None and before and before.fingerprint == part.fingerprint:
            _link(current / name, staging / name)
            yield name, _look(staging / name, before)
        else:
            changed.append(part)
    for group in parts.passes(mart, tuple(changed)):
        for part, path in _write(connection, mart, group, first_recent, staging):
            yield path.name, _describe(path, part)


def _describe(path: Path, part: parts.Part) -> _Known:
    return _look(path, _Known(part.fingerprint, 0, 0, part.rows, _sha256(path)))


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk without hard links
        shutil.copy2(source, target)


def _write(
    connection: duckdb.DuckDBPyConnection,
    mart: parts.Mart,
    group: list[parts.Part],
    first_recent: int,
    staging: Path,
) -> Iterator[tuple[parts.Part, Path]]:
    """Write the files of one pass; several are cut from one scan of the mart."""
    names = ", ".join(f'"{name}"' for name, _ in mart.columns)
    source, number = mart.source, mart.part_of_a_row(first_recent)
    if len(group) > 1:
        connection.execute(
            f"create or replace temp table pass as select {names}, {number} as part_number "
            f"from {source} where {number} in ({', '.join(str(one.number) for one in group)})"
        )
        source, number = "pass", "part_number"
    for part in group:
        path = staging / mart.file_name(part, first_recent)
        connection.execute(
            f"copy (select {names} from {source} where {number} = {part.number} "
            f"order by {mart.order(part.number)}) to $path (format parquet, compression zstd)",
            {"path": str(path)},
        )
        yield part, path
    connection.execute("drop table if exists temp.pass")


def _marts_of(connection: duckdb.DuckDBPyConnection, schema: str) -> list[parts.Mart]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = ? and table_name not like '%\\_\\_dbt\\_%' escape '\\' "
        "order by table_name, ordinal_position",
        [schema],
    ).fetchall():
        if not _SAFE_NAME.fullmatch(table):
            raise PublishFailed(
                f"The mart {table!r} cannot be a file name. Rename it in dbt to lower-case "
                "letters, digits and underscores."
            )
        several = (*parts.GROWING, *parts.YEARLY)
        split = [one for one in several if table.startswith(one) and table != one]
        if split:
            raise PublishFailed(
                f"The files of the mart {table} would be taken for those of {split[0]}, which are "
                f"found as {split[0]}*.parquet. Give it another beginning in dbt."
            )
        found.setdefault(table, []).append((column, kind))
    return [parts.Mart(schema, name, tuple(columns)) for name, columns in found.items()]


def _state(connection: duckdb.DuckDBPyConnection, marts: list[parts.Mart]) -> dict[str, str]:
    """The newest session and fetch over all marts: what a reader asks the manifest first."""
    newest: dict[str, date | datetime] = {}
    for mart in marts:
        for column in {"trade_date", "fetched_at"} & {name for name, _ in mart.columns}:
            row = connection.execute(f"select max({column}) from {mart.source}").fetchone()
            if row and row[0] is not None:
                newest[column] = max(row[0], newest.get(column, row[0]))
    return {f"latest_{name}": newest[name].isoformat() for name in sorted(newest)}


def _holds(directory: Path, files: Mapping[str, _Known], known: Mapping[str, _Known]) -> bool:
    """Whether `directory` has exactly these files, by the bytes on disk and not by its manifest.

    A file that somebody edited or deleted since is thereby published anew.
    """
    paths = {path.name: path for path in directory.glob("*.parquet")}
    if set(paths) != set(files) or not (directory / MANIFEST).is_file():
        return False
    for name, one in files.items():
        if name in known and known[name].sha256 == one.sha256:
            continue  # untouched since it was published
        if _sha256(paths[name]) != one.sha256:
            return False
    return True


def _manifest(tables: tuple[ExportedTable, ...], state: dict[str, str]) -> bytes:
    document = {
        "format": parts.FORMAT,
        "warehouse": {**state, "duckdb": duckdb.__version__},
        "tables": [
            {"name": table.name, "rows": table.rows, "size_bytes": table.size_bytes}
            | {"files": [asdict(one) for one in table.files]}
            for table in tables
        ],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
