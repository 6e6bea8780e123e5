"""Which objects go into which raw table, and how a line becomes a row."""

from dataclasses import dataclass
from typing import Literal

from ingestion import zones
from ingestion.promotion.archives import columns_of


@dataclass(frozen=True, slots=True)
class Dataset:
    """One raw table of `raw_data`.

    Attributes:
        table: name in the schema `raw_data`; the name the CLI uses.
        prefix: where its objects lie in the bucket.
        columns: (name, type) of each field that is loaded, DuckDB's names of the types; of a CSV
            all fields, in the order of its header.
        identity: the column that says which object a row came from; loading an object again
            replaces the rows of its identity.
        one_record_each: whether each object is one record, named by its own key.
        form: how the objects are written: JSON lines, or CSV with a header.
        ending: how the names of its objects end; others below the prefix are not its own.
    """

    table: str
    prefix: str
    columns: tuple[tuple[str, str], ...]
    identity: str
    form: Literal["ndjson", "csv"] = "ndjson"
    ending: str = ""
    one_record_each: bool = False

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
    ending=".ndjson.gz",  # pages that nobody could read lie there too, with their pictures
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
    one_record_each=True,
)

AIRBYTE = Dataset(
    table="airbyte_records",
    prefix=f"{zones.RAW}source=airbyte/dataset=records/",
    columns=(
        ("namespace", "VARCHAR"),
        ("stream_name", "VARCHAR"),
        ("airbyte_raw_id", "VARCHAR"),
        ("extracted_at", "TIMESTAMP"),
        ("generation_id", "BIGINT"),
        *_ENVELOPE,
    ),
    identity="source_key",
)


ENRICHMENT = Dataset(
    table="news_enrichment",
    prefix=f"{zones.RAW}source=enrichment/dataset=news/",
    columns=(
        ("news_key", "VARCHAR"),
        ("published_at", "TIMESTAMP"),
        ("title_normalised", "VARCHAR"),
        ("cluster_key", "VARCHAR"),
        ("cluster_similarity", "DOUBLE"),
        ("cluster_method", "VARCHAR"),
        ("cluster_version", "VARCHAR"),
        ("sentiment_compound", "DOUBLE"),
        ("sentiment_positive", "DOUBLE"),
        ("sentiment_neutral", "DOUBLE"),
        ("sentiment_negative", "DOUBLE"),
        ("sentiment_model", "VARCHAR"),
        ("sentiment_version", "VARCHAR"),
        ("object_key", "VARCHAR"),
        *_ENVELOPE[1:],
    ),
    identity="object_key",  # the records of one landed object lie in several enrichment objects
)


def _lines(source: str, table: str, dataset: str | None = None) -> Dataset:
    """Records with a payload, as JSON lines: of one dataset, or of all that a source has."""
    within = f"dataset={dataset}/" if dataset else ""
    return Dataset(
        table=table,
        prefix=f"{zones.RAW}source={source}/{within}",
        columns=_ENVELOPE,
        identity="source_key",
    )


def _table(source: str, dataset: str, table: str) -> Dataset:
    """A file with columns: all of them are text, as in the file."""
    return Dataset(
        table=table,
        prefix=f"{zones.RAW}source={source}/dataset={dataset}/",
        columns=(
            *((name, "VARCHAR") for name in columns_of(dataset)),
            ("record_no", "INTEGER"),
            ("source_key", "VARCHAR"),
            ("fetched_at", "TIMESTAMP"),
            ("trade_date", "DATE"),
        ),
        identity="source_key",
        form="csv",
    )


DATASETS: dict[str, Dataset] = {
    item.table: item
    for item in (
        QUOTES,
        _table("nse", "bhavcopy_legacy", "nse_bhavcopy_legacy"),
        _table("nse", "bhavcopy_udiff", "nse_bhavcopy_udiff"),
        _table("nse", "sec_bhavdata", "nse_sec_bhavdata"),
        _table("nse", "index_closes", "nse_index_closes"),
        _table("nse", "equity_list", "nse_equity_list"),
        _table("nse", "symbol_changes", "nse_symbol_changes"),
        _table("nse", "index_constituents", "nse_index_constituents"),
        _lines("nse", "nse_corporate_actions", "corporate_actions"),
        _lines("nse", "nse_holidays", "holidays"),
        _table("operator", "adjustment_corrections", "adjustment_corrections"),
        AIRBYTE,
        _lines("alpha_vantage", "alpha_vantage_news", "news"),
        _lines("india_news", "india_news_headlines"),
        ENRICHMENT,
        QUARANTINE,
        OUTCOMES,
    )
}
