"""From what a step returns to metrics. Each function is told results and sends; it decides nothing.

Called by `investiq/watching.py` and the steps, for commands and tasks of Airflow alike.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal

from ingestion.promotion.india_news import GOOGLE_DATASET, YAHOO_DATASET
from ingestion.zones import ObjectKey
from monitoring import metrics
from monitoring.client import Meter
from monitoring.labels import TESTED

if TYPE_CHECKING:
    from expectations.report import CheckReport
    from ingestion.loading import LoadReport
    from ingestion.outcomes import Outcome
    from ingestion.promotion import PromotionReport

_RENDERED = {YAHOO_DATASET: "yahoo", GOOGLE_DATASET: "google"}
_CAME = frozenset({"ok", "unchanged"})


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What dbt says of one node in its run results.

    Attributes:
        node: its name; of a test, that of the node it looks at.
        kind: model, seed, snapshot or test.
        status: success, error, skipped; of tests pass, warn, fail, error, skipped.
        rows: how many it wrote, where the engine tells.
    """

    node: str
    kind: str
    status: str
    seconds: float
    rows: int | None = None

    @property
    def is_test(self) -> bool:
        """Whether it is a data test."""
        return self.kind == "test"

    @property
    def failed(self) -> bool:
        """Whether it went wrong itself; what was skipped because of others did not."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True, slots=True)
class Freshness:
    """One dataset in the marts; `due` is when the session after the newest should be there."""

    dataset: str
    newest: date
    behind: int
    due: datetime | None


def step(meter: Meter, name: str, seconds: float, result: Literal["ok", "failed"]) -> None:
    """A step has ended."""
    meter.tell(metrics.STEP_DURATION, seconds, step=name, result=result)


def fetches(meter: Meter, outcomes: Iterable["Outcome"]) -> None:
    """Attempts to fetch; of rendered pages also those that did not come."""
    counted: Counter[tuple[str, str, str]] = Counter(
        (outcome.source_name, outcome.dataset_name, outcome.status) for outcome in outcomes
    )
    with meter.together() as batch:
        for (source, dataset, status), number in counted.items():
            batch.tell(metrics.FETCHES, number, source=source, dataset=dataset, status=status)
            if dataset in _RENDERED:
                failures = 0 if status in _CAME else number
                batch.tell(metrics.BROWSER_FAILURES, failures, site=_RENDERED[dataset])


def promotions(meter: Meter, reports: Iterable["PromotionReport"]) -> None:
    """Records found, promoted and refused, by dataset."""
    landed, promoted, refused = Counter[str](), Counter[str](), Counter[str]()
    for report in reports:
        dataset = ObjectKey.parse(report.source_key).dataset
        landed[dataset] += report.records_in
        promoted[dataset] += report.promoted
        refused[dataset] += report.quarantined
    with meter.together() as batch:
        for dataset in landed:
            batch.tell(metrics.RECORDS_LANDED, landed[dataset], dataset=dataset)
            batch.tell(metrics.RECORDS_PROMOTED, promoted[dataset], dataset=dataset)
            batch.tell(metrics.RECORDS_QUARANTINED, refused[dataset], dataset=dataset)


def load(meter: Meter, report: "LoadReport", now: datetime) -> None:
    """One table has been loaded."""
    since = report.waiting_since
    lag = max((now - since).total_seconds(), 0.0) if since else 0.0
    with meter.together() as batch:
        batch.tell(metrics.ROWS_LOADED, report.rows, table=report.table)
        batch.tell(metrics.OBJECTS_LOADED, report.objects, table=report.table)
        batch.tell(metrics.LOAD_LAG, round(lag, 3), table=report.table)


def check(meter: Meter, report: "CheckReport") -> None:
    """A suite of Great Expectations has been judged."""
    broken = {"critical": len(report.failures), "warning": len(report.warnings)}
    with meter.together() as batch:
        batch.tell(
            metrics.CHECKS, 1, suite=report.suite, result="ok" if report.passed else "failed"
        )
        for severity, number in broken.items():
            batch.tell(metrics.FAILED_EXPECTATIONS, number, suite=report.suite, severity=severity)


def build(meter: Meter, results: Sequence[NodeResult], *, ok: bool) -> None:
    """A dbt build has ended; without results when dbt itself could not work."""
    with meter.together() as batch:
        batch.tell(metrics.DBT_BUILDS, 1, result="ok" if ok else "failed")
        failures = Counter(one.node for one in results if one.failed)
        for one in results:
            if one.is_test:
                continue
            failures[one.node] += 0
            if one.status == "skipped":
                continue
            batch.tell(metrics.DBT_NODE_DURATION, round(one.seconds, 3), node=one.node)
            if one.rows is not None:
                batch.tell(metrics.DBT_NODE_ROWS, one.rows, node=one.node)
        for node, number in failures.items():
            batch.tell(metrics.DBT_NODE_FAILURES, number, node=node)
        if results:
            tested = Counter(one.status for one in results if one.is_test)
            for status in TESTED:
                batch.tell(metrics.DBT_TESTS, tested[status], status=status)


def published(meter: Meter, when: datetime) -> None:
    """Marts and report were published at a moment."""
    meter.tell(metrics.PUBLISHED, when.timestamp())


def freshness(meter: Meter, datasets: Iterable[Freshness]) -> None:
    """How far the marts are behind the calendar."""
    with meter.together() as batch:
        for one in datasets:
            midnight = datetime.combine(one.newest, time(), tzinfo=UTC).timestamp()
            batch.tell(metrics.NEWEST_SESSION, midnight, dataset=one.dataset)
            batch.tell(metrics.SESSIONS_BEHIND, one.behind, dataset=one.dataset)
            if one.due is not None:
                batch.tell(metrics.NEXT_DUE, one.due.timestamp(), dataset=one.dataset)


def news_mapping(meter: Meter, rates: Iterable[tuple[str, float | None]]) -> None:
    """(scope, share of news that are mapped to a share); None where there are none."""
    with meter.together() as batch:
        for scope, rate in rates:
            if rate is not None:
                batch.tell(metrics.NEWS_MAPPING_RATE, rate, scope=scope)


def reviews(meter: Meter, waiting: Iterable[tuple[str, int, int]]) -> None:
    """(kind, priority, rows) of what waits for a person; kinds with nothing are named with 0."""
    with meter.together() as batch:
        for kind, priority, rows in waiting:
            batch.tell(metrics.ADJUSTMENT_REVIEW, rows, kind=kind, priority=priority)


def table_rows(meter: Meter, counted: Iterable[tuple[str, int]]) -> None:
    """(node, rows) of the tables that dbt has made."""
    with meter.together() as batch:
        for node, rows in counted:
            batch.tell(metrics.DBT_NODE_ROWS, rows, node=node)


def disk(meter: Meter, place: str, free: int, size: int) -> None:
    """The disk on which a place lies."""
    with meter.together() as batch:
        batch.tell(metrics.DISK_FREE, free, place=place)
        batch.tell(metrics.DISK_SIZE, size, place=place)


def warehouse_size(meter: Meter, size: int) -> None:
    """The DuckDB file."""
    meter.tell(metrics.WAREHOUSE_SIZE, size)


def dead_letters(meter: Meter, messages: int) -> None:
    """Messages that the Lambda gave up."""
    meter.tell(metrics.DEAD_LETTERS, messages)
