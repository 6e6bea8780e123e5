"""The assets: stable names of our own, so that a schedule outlives a moved file or another engine.

An ingestion DAG emits its asset when new rows lie in the raw tables; `warehouse` runs on any of
them and emits `MARTS` when marts, Parquet and report are published.
"""

from airflow.sdk import Asset, AssetAny


def _asset(name: str, group: str) -> Asset:
    return Asset(name=name, uri=f"investiq://{group}/{name}", group=group)


NSE_QUOTES = _asset("nse_quotes", "raw")
NSE_ARCHIVES = _asset("nse_archives", "raw")
NSE_REFERENCE = _asset("nse_reference", "raw")
GLOBAL_NEWS = _asset("global_news", "raw")
INDIA_NEWS = _asset("india_news", "raw")
AIRBYTE_HISTORY = _asset("airbyte_history", "raw")
BACKFILLED = _asset("backfilled", "raw")
RAW = (
    NSE_QUOTES,
    NSE_ARCHIVES,
    NSE_REFERENCE,
    GLOBAL_NEWS,
    INDIA_NEWS,
    AIRBYTE_HISTORY,
    BACKFILLED,
)
ANY_RAW = AssetAny(*RAW)
MARTS = _asset("marts", "published")
