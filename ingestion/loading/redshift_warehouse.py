"""The production engine: Redshift reads the objects from S3 itself, by COPY, in one transaction.

A load is one batch of the Data API. Its `ClientToken` is made from what it loads, so a client that
was lost, and is started again, finds the load that still runs instead of beginning a second one;
the receipts, looked at under the lock, do the rest.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.errors import ConfigurationError, InvestiqError, LoadFailed
from ingestion.loading import redshift_statements as sql
from ingestion.loading.data_api import DataApi, Statement, StatementFailed, pause_before_retry
from ingestion.loading.datasets import Dataset
from ingestion.loading.ports import LoadReport, PendingObject
from ingestion.objectstore import ObjectStore

MANIFESTS = "manifests/"
_TRIES = 5
# What passes by itself: another writer, a lock cycle, a restart for maintenance, a lost backend.
_PASSING = re.compile(
    r"\b1023\b|serializable isolation|could not serialize|deadlock|57P0[123]|restart|"
    r"terminating connection|connection .{0,40}(lost|closed|reset|terminated|refused)|"
    r"server closed the connection|shutting down|starting up",
    re.IGNORECASE,
)
_S3_STATUS = re.compile(r"\bStatus (\d{3}),Error\b")  # before the key, which may say anything
_CHECKED = re.compile(rf"{sql.MARK} (.+?) gives (\d+) rows where (\d+) were promoted")
_STRANGER = re.compile(rf"{sql.MARK} rows of (.+?)(?=\"|'|$|\s+(?:query|location|process):)")


@dataclass(frozen=True, slots=True)
class RedshiftWarehouse:
    """`Warehouse` on a Serverless workgroup or a provisioned cluster.

    Attributes:
        schema: where the raw tables and the receipts lie.
        tries: how often a load is begun that others, or a restart, put an end to.
    """

    api: DataApi
    store: ObjectStore
    copying: sql.Copying
    schema: str = sql.RAW_SCHEMA
    tries: int = _TRIES

    def receipts(self, dataset: Dataset) -> dict[str, str]:
        """Object key → etag of all that was loaded."""
        raw = sql.identifier(self.schema)
        try:
            rows = self.api.query(
                f"select object_key, etag from {raw}.load_receipts where table_name = :name",
                name=dataset.table,
            )
        except StatementFailed as failed:
            raise _unprepared(failed.statement) or failed from None
        return {str(key): str(etag) for key, etag in rows}

    def load(self, dataset: Dataset, batch: Sequence[PendingObject]) -> LoadReport:
        """Load the batch in one transaction; what passes by itself is tried again, whole."""
        if not batch:
            return LoadReport(dataset.table, 0, 0)
        statements, token = self._prepared(dataset, batch)
        name = f"investiq-{token}"
        earlier = self.api.submitted(name)
        failures = 0
        while True:
            begun = self.api.submit(statements, token, name)
            was_over = begun in earlier and self.api.look(begun).is_over
            done = self.api.wait(begun)
            if done.is_well:
                report, loaded_at = self._reported(dataset, done, len(statements))
                if not was_over or self._stands(dataset, report, loaded_at):
                    return report
            elif not was_over:
                failures += 1
                if not _passes_by_itself(done.error) or failures >= self.tries:
                    raise self._explained(dataset, batch, done)
                pause_before_retry(failures)
            # That statement is history, its token with it: what follows has a token of its own,
            # and one that another client would come to as well. What is new and ends before we
            # look is no history.
            token = _digest(token, begun)

    def _prepared(self, dataset: Dataset, batch: Sequence[PendingObject]) -> tuple[list[str], str]:
        """Put the manifest and the list of what is expected into the bucket."""
        packed = {item.key.endswith(".gz") for item in batch}
        if len(packed) > 1:
            raise LoadFailed(
                f"Some of the {len(batch)} objects of {dataset.table} are packed and others are "
                "not, and one COPY reads one kind. Remove those that promotion did not write, "
                "then run `investiq load`."
            )
        urls = [f"s3://{self.store.bucket}/{item.key}" for item in batch]
        manifest = json.dumps({"entries": [{"url": url, "mandatory": True} for url in urls]})
        expected = "".join(
            json.dumps(
                {
                    "object_key": item.key,
                    "etag": item.etag,
                    "row_source": item.identity,
                    "sha256": item.sha256,
                    "records": item.records,
                }
            )
            + "\n"
            for item in batch
        )
        token = _digest(
            json.dumps(sorted(self.api.target.items())),
            self.schema,
            dataset.table,
            manifest,
            expected,
        )
        names = [f"{MANIFESTS}{token}.manifest", f"{MANIFESTS}{token}.ndjson"]
        for key, text in zip(names, (manifest, expected), strict=True):
            self.store.put(key, text.encode(), "application/json", {})
        statements = sql.load_statements(
            dataset, self.schema, self.copying, *names, gzip=packed == {True}
        )
        return statements, token

    def _reported(
        self, dataset: Dataset, done: Statement, statements: int
    ) -> tuple[LoadReport, str]:
        [(objects, records, loaded_at)] = self.api.rows(f"{done.id}:{statements}")
        return LoadReport(dataset.table, int(objects), int(records)), str(loaded_at)

    def _stands(self, dataset: Dataset, report: LoadReport, loaded_at: str) -> bool:
        """Whether what a statement of the past has loaded is still there."""
        [(found,)] = self.api.query(
            f"select count(*) from {sql.identifier(self.schema)}.load_receipts "
            "where table_name = :name and loaded_at = cast(:stamp as timestamp)",
            name=dataset.table,
            stamp=loaded_at,
        )
        return report.objects > 0 and int(found) == report.objects

    def _explained(
        self, dataset: Dataset, batch: Sequence[PendingObject], done: Statement
    ) -> InvestiqError:
        """The error in the words of the loader, with the line that COPY could not read."""
        kept = f"nothing of the batch of {len(batch)} objects was kept"
        if found := _CHECKED.search(done.error):
            return LoadFailed(
                f"The object {found[1]!r} gives {found[2]} rows where {found[3]} were promoted; "
                f"{kept}. Run `investiq promote --again` to write it anew."
            )
        if found := _STRANGER.search(done.error):
            return LoadFailed(
                f"Among {[item.key for item in batch][:3]} are rows of {found[1]!r}, which is "
                f"another object; {kept}. Run `investiq promote --again` to write them anew."
            )
        if missing := _unprepared(done):
            return missing
        if _passes_by_itself(done.error):
            return LoadFailed(
                f"Loading {dataset.table} met other writers or a restart {self.tries} times and "
                f"{kept} ({done.error}). Run `investiq load` again."
            )
        where = self._load_errors(done) if done.failed_at in (None, sql.COPY_ROWS) else ""
        return LoadFailed(
            f"Loading {dataset.table} failed and {kept}: {done.error}{where}. Run `investiq "
            "promote --again` to write the named object anew, then `investiq load`; "
            "`investiq doctor` says whether COPY may read the bucket."
        )

    def _load_errors(self, done: Statement) -> str:
        """The first line that COPY refused, out of Redshift's own table; empty: it names none."""
        by = "query" if done.query_id else "session"
        known = done.query_id or done.pid
        if not known:
            return ""
        select = (
            f"file_name, line_number, column_name, error_message from sys_load_error_detail "
            f"where {by}_id"
            if self.api.is_serverless
            else f"filename, line_number, colname, err_reason from stl_load_errors where {by}"
        )
        try:
            rows = self.api.query(
                f"select {select} = cast(:id as bigint) order by line_number limit 1", id=known
            )
        except InvestiqError as refused:
            return f" (its table of load errors could not be read: {refused})"
        return "".join(
            f"; {str(file).strip()!r}, line {line}, column {str(column).strip()!r}: "
            f"{str(reason).strip()}"
            for file, line, column, reason in rows
        )


def count_receipts(api: DataApi, schema: str = sql.RAW_SCHEMA) -> int:
    """How many objects were loaded.

    Raises:
        ConfigurationError: the receipts are not there, or we may not read them.
    """
    try:
        [(count,)] = api.query(f"select count(*) from {sql.identifier(schema)}.load_receipts")
    except StatementFailed as failed:
        raise _unprepared(failed.statement) or failed from None
    return int(count)


def _passes_by_itself(error: str) -> bool:
    """Whether to try again; what names an object is judged without the object's name."""
    if sql.MARK in error:
        return False
    if "S3ServiceException" in error:
        status = _S3_STATUS.search(error)
        return status is not None and status[1].startswith("5")
    return bool(_PASSING.search(error))


def _unprepared(failed: Statement) -> ConfigurationError | None:
    """The error for a database without our tables, or without our rights in it."""
    if re.search(r"(relation|schema) .*(does not exist|not found)|permission denied", failed.error):
        return ConfigurationError(
            f"The warehouse is not prepared for this user ({failed.error}). Let an administrator "
            "run `investiq redshift init`, then run the same command again."
        )
    return None


def _digest(*parts: str) -> str:
    """64 signs, as many as a ClientToken may have."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
