"""Exports every mart of the warehouse to Parquet files that other tools read.

Source: all tables of the schema `marts` of the warehouse, DuckDB's or Redshift's; the same marts
make the same files. Lands in `var/marts/*.parquet`
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
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import permutations
from pathlib import Path

import duckdb

from ingestion.errors import ConfigurationError
from ingestion.loading.reading import DuckDBFile, DuckDBReader, Readable, Reader
from report import parts
from report.atomic import PublishedDirectory, write_if_changed
from report.errors import PublishFailed
from report.fetch import MEMORY_LIMIT, scanned

MANIFEST = "manifest.json"
PUBLISHER_WAIT_SECONDS = 120.0
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
    warehouse: Path | Readable,
    marts_dir: Path,
    *,
    schema: str = "marts",
    warehouse_wait_seconds: float = 60.0,
) -> ExportResult:
    """Publish all marts of `warehouse` in `marts_dir`, or leave what is there untouched.

    A path is that of a DuckDB file, waited for so long as it is held. The same marts give the
    same bytes, and then nothing is written over. Raises ConfigurationError where there is no
    warehouse or no mart in it, WarehouseBusy where a writer holds it too long, PublishFailed where
    the disk refuses.
    """
    if isinstance(warehouse, Path):
        warehouse = DuckDBFile(warehouse, warehouse_wait_seconds)
    # Asked before anything is created beside it.
    if isinstance(warehouse, DuckDBFile) and not warehouse.path.is_file():
        raise ConfigurationError(
            f"There is no warehouse at {warehouse}. Fill one with `investiq run --source sandbox`, "
            "or name yours in INVESTIQ_DUCKDB_PATH."
        )
    published = PublishedDirectory(marts_dir)
    try:
        with published.exclusive(PUBLISHER_WAIT_SECONDS):
            return _publish(published, warehouse, schema)
    except (OSError, duckdb.IOException) as error:
        raise PublishFailed(
            f"The marts could not be written to {marts_dir} ({_first_line(error)}); readers still "
            "see the previous set. Free space or make the folder writable, then run "
            "`investiq report` again."
        ) from error


def _publish(published: PublishedDirectory, warehouse: Readable, schema: str) -> ExportResult:
    staging = published.new_staging()
    current = published.current()
    memory = published.store / "known.json"
    known = _remembered(memory, current)
    with _one_state(warehouse) as reader:
        marts = _marts_of(reader, schema)
        if not marts:
            raise ConfigurationError(
                f"The warehouse {warehouse} has no table in the schema {schema}. "
                "Build the marts with `investiq build`, then run `investiq report` again."
            )
        state = _state(reader, marts)
        found: dict[str, dict[str, _Known]] = {}
        for mart in marts:
            found[mart.name] = dict(_files_of(reader, mart, staging, current, known))
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


@contextmanager
def _one_state(warehouse: Readable) -> Iterator[Reader]:
    """The warehouse, read as it is in one moment; a transaction that Redshift ends by itself."""
    with warehouse.open() as reader:
        if isinstance(reader, DuckDBReader):
            reader.connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        else:
            reader.rows("begin isolation level repeatable read")
        yield reader


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
    reader: Reader,
    mart: parts.Mart,
    staging: Path,
    current: Path | None,
    known: Mapping[str, _Known],
) -> Iterator[tuple[str, _Known]]:
    """Put the files of one mart into `staging`: the old ones where nothing changed."""
    first_recent = parts.first_recent_year(reader, mart)
    changed = []
    for part in parts.parts_of(reader, mart, first_recent):
        name = mart.file_name(part, first_recent)
        before = known.get(name)
        if current is not None and before and before.fingerprint == part.fingerprint:
            _link(current / name, staging / name)
            yield name, _look(staging / name, before)
        else:
            changed.append(part)
    for group in parts.passes(mart, tuple(changed)):
        for part, path in _write(reader, mart, group, first_recent, staging):
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
    reader: Reader,
    mart: parts.Mart,
    group: list[parts.Part],
    first_recent: int,
    staging: Path,
) -> Iterator[tuple[parts.Part, Path]]:
    """Write the files of one pass; several are cut from one scan of the mart."""
    names = ", ".join(f'"{name}"' for name, _ in mart.columns)
    with scanned(reader, mart, group, first_recent, staging.parent) as (connection, source, number):
        for part in group:
            path = staging / mart.file_name(part, first_recent)
            connection.execute(
                f"copy (select {names} from {source} where {number} = {part.number} "
                f"order by {mart.order(part.number)}) to $path (format parquet, compression zstd)",
                {"path": str(path)},
            )
            yield part, path


def _marts_of(reader: Reader, schema: str) -> list[parts.Mart]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, *declared in reader.rows(
        "select table_name, column_name, data_type, numeric_precision, numeric_scale "
        "from information_schema.columns where table_schema = $schema "
        "order by table_name, ordinal_position",
        {"schema": schema},
    ):
        if "__dbt_" in table:  # what a build that died left behind
            continue
        if not _SAFE_NAME.fullmatch(table):
            raise PublishFailed(
                f"The mart {table!r} cannot be a file name. Rename it in dbt to lower-case "
                "letters, digits and underscores."
            )
        kind = parts.duckdb_type(reader.engine, *declared)
        if kind is None:
            raise PublishFailed(
                f"The column {column} of the mart {table} is {declared[0]}, which no Parquet file "
                "of ours holds. Cast it in the model to a type that both engines have."
            )
        found.setdefault(table, []).append((column, kind))
    for one, other in permutations(found, 2):
        if other.startswith(one):
            raise PublishFailed(
                f"The files of the mart {other} would be taken for those of {one}, which are "
                f"found as {one}*.parquet. Give it another beginning in dbt."
            )
    return [parts.Mart(schema, name, tuple(columns)) for name, columns in found.items()]


def _state(reader: Reader, marts: list[parts.Mart]) -> dict[str, str]:
    """The newest session and fetch over all marts: what a reader asks the manifest first."""
    newest: dict[str, date | datetime] = {}
    for mart in marts:
        for column in {"trade_date", "fetched_at"} & {name for name, _ in mart.columns}:
            [(latest,)] = reader.rows(f"select max({column}) as latest from {mart.source}")
            if latest is not None:
                newest[column] = max(latest, newest.get(column, latest))
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
