"""Which values a label may have: sets that the code knows beforehand.

Anything else is sent as `other`, so that no reply, file name or error text ever makes a series of
its own. The nodes of dbt are the files of its project; there the budget of the metric is the limit.
"""

from expectations.runner import SUITES
from ingestion.loading.datasets import DATASETS as TABLES
from ingestion.promotion.promote import PROMOTIONS
from ingestion.publication import PUBLICATIONS
from ingestion.sources.nse_files import DATASETS as NSE_DATASETS

OTHER = "other"
STEPS = (
    *("ingest", "backfill", "news", "airbyte", "promote", "enrich", "load", "check", "build"),
    *("publish", "maintenance"),
)
FETCHED = (
    *("ok", "unchanged", "not_published", "stale", "holiday", "unrecognised", "no_browser"),
    *("quota", "blocked", "failed"),
)
TESTED = ("pass", "warn", "fail", "error", "skipped")
# By kind of review its priorities: an event of little weight has 2, as in rpt_adjustment_review.
REVIEWS: dict[str, tuple[int, ...]] = {
    "unexplained_jump": (1,),
    "labelled_jump": (3,),
    "contradicted_factor": (1, 2),
    "orphaned_factor": (1, 2),
    "text_or_figure": (1, 2),
    "doubtful_correction": (1, 2),
    "unknown_symbol": (2,),
}
_SOURCES = {source for source, _ in PROMOTIONS}

KNOWN: dict[str, frozenset[str]] = {
    "source": frozenset({*_SOURCES, "directory"}),
    "dataset": frozenset({*(name for _, name in PROMOTIONS), *NSE_DATASETS, *PUBLICATIONS, "file"}),
    "status": frozenset({*FETCHED, *TESTED}),
    "table": frozenset(TABLES),
    "step": frozenset(STEPS),
    "result": frozenset({"ok", "failed"}),
    "suite": frozenset(SUITES),
    "severity": frozenset({"critical", "warning"}),
    "scope": frozenset(
        {"labelled_dev", "labelled_held_out", "news_alpha_vantage", "news_india_news"}
    ),
    "site": frozenset({"yahoo", "google"}),
    "kind": frozenset(REVIEWS),
    "priority": frozenset({"1", "2", "3"}),
    "place": frozenset({"home", "warehouse"}),
}
