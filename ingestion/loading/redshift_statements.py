"""What the loader says to Redshift: one transaction, whatever the number of objects.

Only names from the code, checked, and digests reach a statement. What the objects are called, and
what they must hold, lies in two files in the bucket that COPY reads: the manifest, and the list of
what is expected (a statement may have 100 KB, and 1,000 keys have more).
"""

import re
from dataclasses import dataclass

from ingestion.errors import ConfigurationError
from ingestion.loading.datasets import Dataset

RAW_SCHEMA = "raw_data"
MARK = "investiq:"  # begins what a check says, in the midst of what Redshift says
COPY_ROWS = 4  # its place in the batch
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9+=,.@_/-]+", re.ASCII)
_REGION = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Copying:
    """How COPY reads the bucket.

    Attributes:
        role: ARN of an IAM role of the warehouse, or `default`.
        region: where the bucket is, when the warehouse is elsewhere.
    """

    bucket: str
    role: str
    region: str | None = None

    def __post_init__(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise ConfigurationError(
                f"COPY cannot read a bucket called {self.bucket!r}. Set INVESTIQ_BUCKET to a name "
                "of 3 to 63 small letters, digits, dots and hyphens."
            )
        if self.role != "default" and not _ROLE.fullmatch(self.role):
            raise ConfigurationError(
                f"{self.role!r} is no IAM role. Set INVESTIQ_REDSHIFT_COPY_ROLE to the ARN of a "
                "role that the warehouse has, or to `default`."
            )
        if self.region is not None and not _REGION.fullmatch(self.region):
            raise ConfigurationError(
                f"{self.region!r} is no AWS region. Set INVESTIQ_REDSHIFT_COPY_REGION to the "
                "bucket's, or unset it where the warehouse is in the same."
            )

    def copy(self, table: str, columns: str, key: str, form: str) -> str:
        """The COPY of one file, or of those that a manifest names; a single bad row fails it."""
        role = "default" if self.role == "default" else f"'{self.role}'"
        region = f" region '{self.region}'" if self.region else ""
        return (
            f"copy {table} ({columns}) from 's3://{self.bucket}/{key}' iam_role {role}{region} "
            f"{form} maxerror 0 compupdate off statupdate off"
        )


def identifier(name: str) -> str:
    """The name as it is, when it can stand in a statement without quotes.

    Raises:
        ConfigurationError: it cannot; no name of this project is such.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a table, column or schema. Use small letters, digits "
            "and underscores, as ingestion/loading/datasets.py does."
        )
    return name


def load_statements(
    dataset: Dataset, schema: str, copying: Copying, manifest: str, expected: str, *, gzip: bool
) -> list[str]:
    """The batch that loads what a manifest names; its last statement tells what it did.

    LOCK comes first: it takes no snapshot, so whoever waited for it sees what the other has done,
    and nobody is told of a serialisation error (1023) between two loads.
    """
    raw, table = identifier(schema), identifier(dataset.table)
    columns = ", ".join(identifier(name) for name, _ in dataset.columns)
    identity = identifier(dataset.identity)
    form = "format json 'auto'" if dataset.form == "ndjson" else "csv ignoreheader 1 emptyasnull"
    packed = " gzip" if gzip else ""
    times = "timeformat 'auto' dateformat 'auto'"
    return [
        f"lock table {raw}.load_lock",
        "set timezone to 'UTC'",
        f"create temp table investiq_rows (like {raw}.{table} including defaults)",
        "create temp table investiq_expected (object_key varchar(4096) not null, "
        "etag varchar(256) not null, row_source varchar(4096) not null, sha256 varchar(256), "
        "records bigint not null)",
        copying.copy("investiq_rows", columns, manifest, f"manifest {form}{packed} {times}"),
        copying.copy(
            "investiq_expected",
            "object_key, etag, row_source, sha256, records",
            expected,
            "format json 'auto'",
        ),
        "create temp table investiq_todo as select expected.object_key, expected.etag, "
        "expected.row_source, expected.sha256, expected.records from investiq_expected as expected "
        f"left join {raw}.load_receipts as receipts on receipts.table_name = '{table}' "
        "and receipts.object_key = expected.object_key and receipts.etag = expected.etag "
        "where receipts.object_key is null",
        # A text that is no number: the one way of ending a transaction that names the object.
        f"select cast(min('{MARK} rows of ' || staged.{identity}) as integer) as refused "
        "from investiq_rows as staged left join investiq_expected as expected "
        f"on expected.row_source = staged.{identity} where expected.row_source is null",
        f"select cast(min('{MARK} ' || todo.object_key || ' gives ' "
        "|| cast(coalesce(counted.rows_found, 0) as varchar(20)) || ' rows where ' "
        "|| cast(todo.records as varchar(20)) || ' were promoted') as integer) as refused "
        f"from investiq_todo as todo left join (select {identity} as row_source, "
        f"count(*) as rows_found from investiq_rows group by {identity}) as counted "
        "on counted.row_source = todo.row_source "
        "where coalesce(counted.rows_found, 0) <> todo.records",
        f"delete from {raw}.{table} where {identity} in (select row_source from investiq_todo)",
        f"insert into {raw}.{table} ({columns}, loaded_at) select {columns}, sysdate "
        f"from investiq_rows where {identity} in (select row_source from investiq_todo)",
        f"delete from {raw}.load_receipts where table_name = '{table}' "
        "and object_key in (select object_key from investiq_todo)",
        f"insert into {raw}.load_receipts (table_name, object_key, etag, sha256, rows_loaded, "
        f"loaded_at) select '{table}', object_key, etag, sha256, records, sysdate "
        "from investiq_todo",
        "select count(*) as objects, coalesce(sum(records), 0) as records, "
        "cast(sysdate as varchar(32)) as loaded_at from investiq_todo",
    ]
