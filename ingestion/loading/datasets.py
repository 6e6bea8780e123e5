"""Which objects go into which raw table, and how a line becomes a row."""

from dataclasses import dataclass

from ingestion import zones


@dataclass(frozen=True, slots=True)
class Dataset:
    """One raw table of `raw_data`.

    Attributes:
        table: name in the schema `raw_data`; the name the CLI uses.
        prefix: where its objects lie in the bucket.
        columns: (name, type) of each JSON key that is loaded, DuckDB's names of the types.
        identity: the column that says which object a row came from; loading an object again
            replaces the rows of its identity.
    """

    table: str
    prefix: str
    columns: tuple[tuple[str, str], ...]
    identity: str

    def identity_of(self, object_key: str, metadata: dict[str, str]) -> str:
        """The value of the identity column for the rows of one object."""
        return metadata["source-key"] if self.identity == "source_key" else object_key


_ENVELOPE = (
    ("payload", "JSON"),
    ("source_key", "VARCHAR"),
    ("record_no", "INTEGER"),
    ("fetched_at", "TIMESTAMP"),
    ("trade_date", "DATE"),
)

QUOTES = Dataset(
    table="rapidapi_quotes",
    prefix=f"{zones.RAW}source=rapidapi/dataset=quotes/",
    columns=_ENVELOPE,
    identity="source_key",
)
QUARANTINE = Dataset(
    table="quarantined_records",
    prefix=zones.QUARANTINE,
    columns=(
        ("source_name", "VARCHAR"),
        ("dataset_name", "VARCHAR"),
        ("reason", "VARCHAR"),
        ("detail", "VARCHAR"),
        *_ENVELOPE,
    ),
    identity="source_key",
)
OUTCOMES = Dataset(
    table="ingestion_outcomes",
    prefix=zones.OUTCOMES,
    columns=(
        ("stage", "VARCHAR"),
        ("source_name", "VARCHAR"),
        ("dataset_name", "VARCHAR"),
        ("trade_date", "DATE"),
        ("status", "VARCHAR"),
        ("attempted_at", "TIMESTAMP"),
        ("object_key", "VARCHAR"),
        ("source_key", "VARCHAR"),
        ("http_status", "INTEGER"),
        ("records_in", "BIGINT"),
        ("records_promoted", "BIGINT"),
        ("records_quarantined", "BIGINT"),
        ("detail", "VARCHAR"),
    ),
    identity="object_key",
)

DATASETS: dict[str, Dataset] = {item.table: item for item in (QUOTES, QUARANTINE, OUTCOMES)}
