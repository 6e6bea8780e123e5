"""The rows of a mart that lies on Redshift, brought into DuckDB, which writes the Parquet files.

Redshift says by itself which files of a mart changed (`report.parts`); only their rows travel, by
a server-side cursor, a thousand at a time, into a DuckDB file beside the set: so memory stays
bounded whatever the mart, and a transaction around all of it shows one state of all marts. A cursor
goes through the leader node: [AWS] recommends UNLOAD for very large results; here those are the
first export of a long history.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from ingestion.loading.reading import DuckDBReader, Reader
from report.atomic import STAGING_PREFIX
from report.errors import PublishFailed
from report.parts import Mart, Part, as_text

MEMORY_LIMIT = "3GB"  # DuckDB spills beside its file beyond it
# The most that a single-node cluster gives at once.
ROWS_A_FETCH = 1_000
ROWS_AN_INSERT = 20_000


@contextmanager
def scanned(
    reader: Reader, mart: Mart, group: list[Part], first_recent: int, folder: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, str]]:
    """A DuckDB that has the rows of these parts: their table, and the number that parts them.

    Raises PublishFailed when another number of rows came from Redshift than the parts have.
    """
    number = mart.part_of_a_row(first_recent)
    if not isinstance(reader, DuckDBReader):
        with _fetched(reader, mart, group, first_recent, folder) as connection:
            yield connection, "pass", "part_number"
    elif len(group) == 1:
        yield reader.connection, mart.source, number
    else:
        names = ", ".join(f'"{name}"' for name, _ in mart.columns)
        wanted = ", ".join(str(one.number) for one in group)
        reader.connection.execute(
            f"create or replace temp table pass as select {names}, {number} as part_number "
            f"from {mart.source} where {number} in ({wanted})"
        )
        yield reader.connection, "pass", "part_number"
        reader.connection.execute("drop table temp.pass")


@contextmanager
def _fetched(
    reader: Reader, mart: Mart, group: list[Part], first_recent: int, folder: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The rows as table `pass` of a DuckDB file below `folder` that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=f"{STAGING_PREFIX}fetched-") as place,
        duckdb.connect(str(Path(place) / "pass.duckdb")) as connection,
    ):
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        columns = ", ".join(f'"{name}" {kind}' for name, kind in mart.columns)
        connection.execute(f"create table pass ({columns}, part_number integer)")
        came = 0
        for rows in _batches(reader, mart, group, first_recent):
            _insert(connection, mart, rows)
            came += len(rows)
        expected = sum(part.rows for part in group)
        if came != expected:
            raise PublishFailed(
                f"{came} rows of {mart.name} came from Redshift, which counted {expected}. "
                "Run `investiq report` again."
            )
        yield connection


def _batches(
    reader: Reader, mart: Mart, group: list[Part], first_recent: int
) -> Iterator[list[tuple[object, ...]]]:
    number = mart.part_of_a_row(first_recent)
    names = ", ".join(
        f'"{name}"' if kind == "DOUBLE" else f'{as_text(name, kind)} as "{name}"'
        for name, kind in mart.columns
    )
    wanted = ", ".join(str(part.number) for part in group)
    cursor = f"{mart.name}_{abs(group[0].number)}"
    reader.rows(
        f"declare {cursor} cursor for select {names}, {number} as part_number "
        f"from {mart.source} where {number} in ({wanted})"
    )
    rows: list[tuple[object, ...]] = []
    while more := reader.rows(f"fetch forward {ROWS_A_FETCH} from {cursor}"):
        rows += more
        if len(rows) >= ROWS_AN_INSERT:
            yield rows
            rows = []
    if rows:
        yield rows
    reader.rows(f"close {cursor}")


def _insert(
    connection: duckdb.DuckDBPyConnection, mart: Mart, rows: list[tuple[object, ...]]
) -> None:
    """Doubles come as they are; all else as text, which DuckDB reads exactly."""
    kinds = [*(kind for _, kind in mart.columns), "INTEGER"]
    batch = pd.DataFrame(
        {
            f"c{place}": pd.Series(values, dtype=_held_as(kind, place == len(kinds) - 1))
            for place, (kind, values) in enumerate(zip(kinds, zip(*rows, strict=True), strict=True))
        }
    )
    casts = ", ".join(f"cast(c{place} as {kind})" for place, kind in enumerate(kinds))
    connection.register("batch", batch)
    connection.execute(f"insert into pass select {casts} from batch")
    connection.unregister("batch")


def _held_as(kind: str, is_part_number: bool) -> str:
    if is_part_number:
        return "int64"
    return "float64" if kind == "DOUBLE" else "str"
