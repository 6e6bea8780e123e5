"""Every metric of our own, defined once: name, type, unit, labels, help, how many series at most.

The code that measures, the mapping of the exporter, the recording rules, the alerts, the dashboards
and their tests name no metric that is not here. On the wire a metric is StatsD with tags
(`investiq.rows_loaded_total,table=rapidapi_quotes:828|c`), in Prometheus
`investiq_rows_loaded_total`.
"""

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "investiq"
SERIES_BUDGET = 2500  # of our own, in all; Airflow's come on top


class Kind(StrEnum):
    """The types of StatsD, by what Prometheus makes of them."""

    COUNTER = "c"
    GAUGE = "g"
    HISTOGRAM = "ms"  # seconds in Prometheus


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: without the prefix; ends with its unit, a counter with `_total`.
        labels: their names; every value is of a set that is known beforehand.
        budget: how many combinations of label values there may be at most, the one that stands
            for all others (`other`) included. The client keeps to it, and `labels.py` to the sets.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    budget: int
    help: str

    @property
    def prometheus(self) -> str:
        """The name in Prometheus."""
        return f"{PREFIX}_{self.name}"

    @property
    def cloudwatch(self) -> str:
        """The name in CloudWatch, after its manner: RecordsPromoted."""
        return "".join(word.title() for word in self.name.removesuffix("_total").split("_"))


_DATASETS = 40  # kinds of files and replies that are landed
_TABLES = 40  # raw tables
_FRESH = 16  # rows of rpt_data_freshness
_NODES = 200  # seeds, models and snapshots of dbt; not its tests


def _counter(name: str, labels: tuple[str, ...], budget: int, help: str) -> Metric:
    return Metric(f"{name}_total", Kind.COUNTER, name.partition("_")[0], labels, budget, help)


def _gauge(name: str, unit: str, labels: tuple[str, ...], budget: int, help: str) -> Metric:
    return Metric(name, Kind.GAUGE, unit, labels, budget, help)


FETCHES = _counter(
    "fetches",
    ("source", "dataset", "status"),
    200,
    "Attempts to fetch, by what came of them (ok, unchanged, not_published, quota, blocked, ...)",
)
RECORDS_LANDED = _counter(
    "records_landed", ("dataset",), _DATASETS, "Records found in what landed, when it is promoted"
)
RECORDS_PROMOTED = _counter(
    "records_promoted", ("dataset",), _DATASETS, "Records promoted to the raw zone"
)
RECORDS_QUARANTINED = _counter(
    "records_quarantined", ("dataset",), _DATASETS, "Records and files put into quarantine"
)
ROWS_LOADED = _counter("rows_loaded", ("table",), _TABLES, "Rows copied into a raw table")
OBJECTS_LOADED = _counter(
    "objects_loaded", ("table",), _TABLES, "Objects that got a receipt with their load"
)
LOAD_LAG = _gauge(
    "load_receipts_lag_seconds",
    "seconds",
    ("table",),
    _TABLES,
    "Age, at the last load, of the oldest object that had no receipt yet; 0 when there was none",
)
STEP_DURATION = Metric(
    "step_duration_seconds",
    Kind.HISTOGRAM,
    "seconds",
    ("step", "result"),
    24,
    "Duration of a step (ingest, backfill, news, airbyte, promote, enrich, load, check, build, "
    "publish, maintenance), by ok and failed",
)
SESSIONS_BEHIND = _gauge(
    "sessions_behind",
    "sessions",
    ("dataset",),
    _FRESH,
    "Trading sessions that were due (ingestion/publication.py) and not in the marts, when that was "
    "looked at last: after a publication, when nothing was new, and by maintenance",
)
NEWEST_SESSION = _gauge(
    "newest_session_timestamp_seconds",
    "seconds",
    ("dataset",),
    _FRESH,
    "Newest trading session in the marts: midnight of its date in UTC, as Unix time",
)
NEXT_DUE = _gauge(
    "next_session_due_timestamp_seconds",
    "seconds",
    ("dataset",),
    _FRESH,
    "When the session after the newest one is expected, by the trading calendar, as Unix time; "
    "so lateness can be told also when nothing runs any more",
)
PUBLISHED = _gauge(
    "last_publication_timestamp_seconds",
    "seconds",
    (),
    1,
    "When marts and report were published last, as Unix time",
)
CHECKS = _counter("checks", ("suite", "result"), 16, "Runs of a Great Expectations suite")
FAILED_EXPECTATIONS = _gauge(
    "failed_expectations",
    "expectations",
    ("suite", "severity"),
    24,
    "Expectations that the last run of the suite found broken",
)
DBT_BUILDS = _counter("dbt_builds", ("result",), 3, "dbt builds, by ok and failed")
DBT_NODE_DURATION = _gauge(
    "dbt_node_duration_seconds", "seconds", ("node",), _NODES, "Duration of a dbt node, last build"
)
DBT_NODE_ROWS = _gauge(
    "dbt_node_rows",
    "rows",
    ("node",),
    _NODES,
    "Rows of a seed or table of dbt after the last build; on Redshift those that it wrote",
)
DBT_NODE_FAILURES = _counter(
    "dbt_node_failures",
    ("node",),
    2 * _NODES,
    "Failures of a model, seed or snapshot, and of tests, by the node that failed or was tested",
)
DBT_TESTS = _gauge(
    "dbt_tests",
    "tests",
    ("status",),
    6,
    "Data tests of the last build by status (pass, warn, fail, error, skipped)",
)
NEWS_MAPPING_RATE = _gauge(
    "news_mapping_rate",
    "ratio",
    ("scope",),
    8,
    "Share of news items that are mapped to at least one security",
)
BROWSER_FAILURES = _counter(
    "browser_failures", ("site",), 4, "Rendered pages of a news site that did not come"
)
ADJUSTMENT_REVIEW = _gauge(
    "adjustment_review_rows",
    "rows",
    ("kind", "priority"),
    20,
    "Rows of rpt_adjustment_review that wait for a person",
)
DEAD_LETTERS = _gauge(
    "dead_letters", "messages", (), 1, "Messages in the dead-letter queue of the Lambda"
)
DISK_FREE = _gauge(
    "disk_free_bytes", "bytes", ("place",), 3, "Free space where the home and its warehouse lie"
)
DISK_SIZE = _gauge(
    "disk_size_bytes",
    "bytes",
    ("place",),
    3,
    "Size of the disk where the home and its warehouse lie",
)
WAREHOUSE_SIZE = _gauge("warehouse_bytes", "bytes", (), 1, "Size of the DuckDB file")

METRICS: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)
