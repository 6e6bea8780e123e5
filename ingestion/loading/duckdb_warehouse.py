"""The embedded engine: DuckDB reads the objects from S3 itself, through httpfs.

httpfs comes from the package index (`duckdb-extension-httpfs`), so nothing is downloaded by
DuckDB; the credentials and the endpoint are those that boto3 uses.
"""

import contextlib
import importlib.resources
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import duckdb

from ingestion.errors import ConfigurationError, LoadFailed
from ingestion.loading.datasets import Dataset
from ingestion.loading.duckdb_connection import connect
from ingestion.loading.ports import LoadReport, PendingObject

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

DDL = Path(__file__).parent / "ddl" / "duckdb.sql"
_CONFLICT_TRIES = 5
_READERS = {"ndjson": "read_json", "csv": "read_csv"}
_OPTIONS = {
    "ndjson": "format = 'newline_delimited', compression = 'auto_detect'",
    # Nothing is sniffed: the columns, their order and the marks are those that promotion writes.
    "csv": (
        "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        "nullstr = '', new_line = '\\n', null_padding = false, max_line_size = 200000, "
        "compression = 'gzip'"
    ),
}


@dataclass(frozen=True, slots=True)
class S3Access:
    """What DuckDB needs to read a bucket; never printed."""

    endpoint: str
    use_ssl: bool
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def of(cls, client: "S3Client", session: "Session") -> "S3Access":
        """The access that a boto3 client of that session uses.

        Raises:
            ConfigurationError: boto3 finds no credentials.
        """
        credentials = session.get_credentials()
        if credentials is None:
            raise ConfigurationError(
                "No AWS credentials are configured. Set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or a profile; `investiq doctor` shows what is found."
            )
        frozen = credentials.get_frozen_credentials()
        url = urlsplit(client.meta.endpoint_url)
        return cls(
            endpoint=url.netloc,
            use_ssl=url.scheme == "https",
            region=client.meta.region_name or "us-east-1",
            key=frozen.access_key or "",
            secret=frozen.secret_key or "",
            token=frozen.token or "",
        )


@dataclass(slots=True)
class DuckDBWarehouse:
    """`Warehouse` on one DuckDB file; opened per call, so that nobody is locked out between."""

    path: Path
    bucket: str
    access: S3Access
    wait_seconds: float = 60.0
    memory: str = "5GB"
    on_wait: Callable[[str], None] = lambda holder: None

    def receipts(self, dataset: Dataset) -> dict[str, str]:
        """Object key → etag of all that was loaded."""
        with self._open() as con:
            return _receipts(con, dataset)

    def load(self, dataset: Dataset, batch: Sequence[PendingObject]) -> LoadReport:
        """Load the batch in one transaction; a conflict with another writer is tried again."""
        with self._open() as con:
            _undisturbed(lambda: _use_httpfs(con, self.access))
            con.execute("set preserve_insertion_order = false")  # half the work of a large load
            for attempt in range(1, _CONFLICT_TRIES + 1):
                try:
                    return self._load_once(con, dataset, batch)
                except LoadFailed:
                    _roll_back(con)
                    raise
                except duckdb.Error as refused:
                    _roll_back(con)
                    if not _is_conflict(refused) or attempt == _CONFLICT_TRIES:
                        raise _load_failed(dataset, len(batch), refused) from None
                    time.sleep(0.05 * 2**attempt)
        raise AssertionError("the loop above returns or raises")

    def _load_once(
        self, con: duckdb.DuckDBPyConnection, dataset: Dataset, batch: Sequence[PendingObject]
    ) -> LoadReport:
        now = datetime.now(UTC).replace(tzinfo=None)
        con.begin()
        con.execute("update raw_data.load_lock set loads = loads + 1")
        received = _receipts(con, dataset)
        todo = [item for item in batch if received.get(item.key) != item.etag]
        if not todo:
            con.rollback()
            return LoadReport(dataset.table, 0, 0)
        con.execute(
            f"delete from raw_data.{dataset.table} where {dataset.identity} in (select unnest($1))",
            [[item.identity for item in todo]],
        )
        _read_batch(con, dataset, [f"s3://{self.bucket}/{item.key}" for item in todo], now)
        _require_counts(con, dataset, todo, now)
        _write_receipts(con, dataset, todo, now)
        con.commit()
        return LoadReport(dataset.table, len(todo), sum(item.records for item in todo))

    def _open(self) -> duckdb.DuckDBPyConnection:
        con = connect(self.path, wait_seconds=self.wait_seconds, on_wait=self.on_wait)
        try:
            con.execute(f"set memory_limit = '{_quoted(self.memory)}'")
            _undisturbed(lambda: create_raw_tables(con))
        except BaseException:
            con.close()
            raise
        return con


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schema `raw_data` and its tables where they are missing."""
    con.execute(DDL.read_text(encoding="utf-8"))


def _undisturbed(step: Callable[[], None]) -> None:
    """Do what another thread of this process may do as well; each part of it may be done twice."""
    for attempt in range(1, _CONFLICT_TRIES + 1):
        try:
            return step()
        except duckdb.TransactionException as refused:
            if not _is_conflict(refused) or attempt == _CONFLICT_TRIES:
                raise LoadFailed(
                    f"The warehouse could not be prepared ({' '.join(str(refused).split())[:200]})."
                    " Check the free space and run the command again."
                ) from None
            time.sleep(0.05 * 2**attempt)


def _is_conflict(refused: duckdb.Error) -> bool:
    """Whether another transaction of this process was quicker; a full disk looks alike."""
    return isinstance(refused, duckdb.TransactionException) and "onflict" in str(refused)


def _load_failed(dataset: Dataset, objects: int, refused: duckdb.Error) -> LoadFailed:
    said = " ".join(str(refused).split())[:400]
    if _is_conflict(refused):
        return LoadFailed(
            f"Another load kept {dataset.table} busy and nothing of this batch of {objects} "
            f"objects was kept ({said}). Run `investiq load` again."
        )
    if isinstance(refused, duckdb.IOException | duckdb.TransactionException):
        return LoadFailed(
            f"Loading {dataset.table} failed and nothing of the batch of {objects} objects was "
            f"kept: {said}. Check the free space and that the object store answers "
            "(`investiq doctor`), then run `investiq load` again."
        )
    return LoadFailed(
        f"Loading {dataset.table} failed and nothing of the batch of {objects} objects was kept: "
        f"{said}. Run `investiq promote --again` to write the named object anew, then "
        "`investiq load`."
    )


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    """End the transaction, if the error has not ended it already (a full disk does)."""
    with contextlib.suppress(duckdb.Error):
        con.rollback()


def _use_httpfs(con: duckdb.DuckDBPyConnection, access: S3Access) -> None:
    package = importlib.resources.files("duckdb_extension_httpfs")
    version = duckdb.__version__
    extension = package / "extensions" / f"v{version}" / "httpfs.duckdb_extension"
    if not extension.is_file():
        raise ConfigurationError(
            f"duckdb {version} has no matching duckdb-extension-httpfs. "
            "Run `make setup`: the lock file names versions that fit."
        )
    con.execute(f"load '{_quoted(str(extension))}'")
    con.execute("set force_download = true")  # one request per object instead of two
    con.execute(
        "create or replace secret investiq_s3 (type s3, provider config, "
        f"key_id '{_quoted(access.key)}', secret '{_quoted(access.secret)}', "
        f"session_token '{_quoted(access.token)}', region '{_quoted(access.region)}', "
        f"endpoint '{_quoted(access.endpoint)}', url_style 'path', use_ssl {access.use_ssl})"
    )


def _read_batch(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, urls: list[str], now: datetime
) -> None:
    """Read the objects into the raw table, in no particular order: each row names its own place."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in dataset.columns)
    names = ", ".join(name for name, _ in dataset.columns)
    con.execute(
        f"insert into raw_data.{dataset.table} by name select {names}, $2 as loaded_at "
        f"from {_READERS[dataset.form]}($1, columns = {{{columns}}}, {_OPTIONS[dataset.form]}, "
        "hive_partitioning = false, union_by_name = false, ignore_errors = false)",
        [urls, now],
    )


def _require_counts(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, todo: Sequence[PendingObject], now: datetime
) -> None:
    """Each object gives as many rows as promotion wrote: a torn object must not pass."""
    counted = dict(
        con.execute(
            f"select {dataset.identity}, count(*) from raw_data.{dataset.table} "
            f"where loaded_at = $1 group by {dataset.identity}",
            [now],
        ).fetchall()
    )
    strangers = set(counted) - {item.identity for item in todo}
    if strangers:
        raise LoadFailed(
            f"Among {[item.key for item in todo][:3]} are rows of {min(map(str, strangers))!r}, "
            "which is another object; nothing of the batch was kept. "
            "Run `investiq promote --again` to write them anew."
        )
    for item in todo:
        rows = counted.get(item.identity, 0)
        if rows != item.records:
            raise LoadFailed(
                f"The object {item.key!r} gives {rows} rows where {item.records} were promoted; "
                "nothing of the batch was kept. Run `investiq promote --again` to write it anew."
            )


def _receipts(con: duckdb.DuckDBPyConnection, dataset: Dataset) -> dict[str, str]:
    return dict(
        con.execute(
            "select object_key, etag from raw_data.load_receipts where table_name = $1",
            [dataset.table],
        ).fetchall()
    )


def _write_receipts(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, todo: Sequence[PendingObject], now: datetime
) -> None:
    con.execute(
        "delete from raw_data.load_receipts where table_name = $1 "
        "and object_key in (select unnest($2))",
        [dataset.table, [item.key for item in todo]],
    )
    con.execute(
        "insert into raw_data.load_receipts "
        "select $1, unnest($2), unnest($3), unnest($4), unnest($5), $6",
        [
            dataset.table,
            [item.key for item in todo],
            [item.etag for item in todo],
            [item.sha256 for item in todo],
            [item.records for item in todo],
            now,
        ],
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
