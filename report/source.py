"""One published set of Parquet files, opened for the page.

Source: `var/marts/*.parquet`, resolved once, so that a set that is published meanwhile does not
mix with it. Of a mart that grows only the files of the recent years are opened: the page costs
the same on top of one year and of twenty.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from report.errors import PublishFailed

_T = TypeVar("_T")
IST = "interval '5 hours 30 minutes'"


class Marts:
    """The marts as views of an in-memory database, and their rows as values."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """The rows of a query by column name."""
        result = self._connection.execute(sql, list(parameters))
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def all(self, kind: type[_T], sql: str, *parameters: object) -> tuple[_T, ...]:
        """The rows of a query as values of `kind`, whose fields are its columns."""
        return tuple(kind(**row) for row in self.rows(sql, *parameters))


@contextmanager
def opened(marts_dir: Path, names: Sequence[str]) -> Iterator[Marts]:
    """The marts of these names in `marts_dir`.

    Raises PublishFailed where one of them, or a column that is asked for, is missing.
    """
    directory = marts_dir.resolve()
    found = {name: _recent_files(directory, name) for name in names}
    missing = [name for name, paths in found.items() if not paths]
    if missing:
        raise PublishFailed(
            f"{marts_dir} lacks {', '.join(missing)}. Build all marts with `investiq build`, then "
            "run `investiq report` again."
        )
    with duckdb.connect(":memory:") as connection:
        for name, paths in found.items():
            files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            connection.execute(f"create view {name} as from read_parquet([{files}])")
        try:
            yield Marts(connection)
        except duckdb.BinderException as error:
            raise PublishFailed(
                f"A mart does not have the columns that its contract promises: {error}\n"
                "Bring the dbt models and `report/read.py` together, then run `investiq build` "
                "and `investiq report` again."
            ) from error


def _recent_files(directory: Path, mart: str) -> list[str]:
    whole = directory / f"{mart}.parquet"
    cut = sorted(directory.glob(f"{mart}.*.parquet"))
    return [str(path) for path in [whole, *cut] if path.is_file() and ".before-" not in path.name]
