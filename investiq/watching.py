"""What the steps tell the monitoring: how long they took, what came of them, how things stand.

`watched` goes around a step, `look` sends what stands in the home: freshness, sizes, reviews. Where
INVESTIQ_STATSD_HOST names nobody, neither asks or sends anything; nothing of it ever stops a step.
"""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from ingestion.calendar import default_calendar
from ingestion.errors import ConfigurationError, InvestiqError
from ingestion.loading.reading import NotThere, Reader, readable
from ingestion.publication import next_due, overdue
from ingestion.settings import Settings
from investiq.console import waiting
from investiq.context import places
from monitoring import observe
from monitoring.client import Meter, meter
from monitoring.labels import REVIEWS

_log = logging.getLogger(__name__)
_PATIENCE = 2.0  # seconds for a warehouse that another process holds: it will tell by itself
_FRESHNESS = """
    select dataset_name, latest_trade_date, expected_trade_date from marts.rpt_data_freshness
    where latest_trade_date is not null and expected_trade_date is not null
"""
_MAPPING = "select scope, mapping_rate from marts.rpt_news_mapping_quality"
_REVIEWS = """
    select review_kind, priority, count(*) as reviews from marts.rpt_adjustment_review
    group by review_kind, priority
"""
_TABLES = """
    select table_name, estimated_size from duckdb_tables()
    where schema_name in ('seeds', 'staging', 'intermediate', 'marts')
"""


def meter_of(settings: Settings) -> Meter:
    """The meter that the settings name."""
    return meter(settings.statsd_host, settings.statsd_port)


@contextmanager
def watched(step: str, settings: Settings) -> Iterator[Meter]:
    """Time a step, also one that fails; the block tells the meter what came of it."""
    telling = meter_of(settings)
    begun = time.monotonic()
    result: Literal["ok", "failed"] = "failed"
    try:
        yield telling
        result = "ok"
    finally:
        observe.step(telling, step, time.monotonic() - begun, result)


def look(settings: Settings) -> None:
    """Send how things stand: cheap, and good after every publication and now and then.

    So that the values come back when whoever keeps them was started anew.
    """
    telling = meter_of(settings)
    if not telling.sends:
        return
    hurried = settings.model_copy(update={"lock_wait_seconds": _PATIENCE})
    try:
        _sizes(settings, telling)
        with readable(hurried, waiting).open() as con:
            for part in (_freshness, _mapping, _reviews, _tables):
                try:
                    part(con, telling)
                except NotThere as missing:  # marts of a version before, or none yet
                    _log.warning("not measured: %s", missing)
    except (InvestiqError, OSError) as why:
        _log.warning("not measured: %s", why)


def _freshness(con: Reader, telling: Meter) -> None:
    """Of the sessions missing those that are due by now: files of today come in the evening."""
    now, calendar = datetime.now(UTC), default_calendar()
    found = []
    for name, newest, expected in con.rows(_FRESHNESS):
        behind = overdue(name, newest, expected, now, calendar)
        try:
            due = next_due(name, newest, calendar)
        except ConfigurationError as ended:  # the newest session is the last one of the calendar
            _log.warning("when %s is due next is not known: %s", name, ended)
            due = None
        found.append(observe.Freshness(name, newest, behind, due))
    observe.freshness(telling, found)


def _mapping(con: Reader, telling: Meter) -> None:
    observe.news_mapping(
        telling,
        [(str(scope), None if rate is None else float(rate)) for scope, rate in con.rows(_MAPPING)],
    )


def _reviews(con: Reader, telling: Meter) -> None:
    counted = {(kind, priority): 0 for kind, ranks in REVIEWS.items() for priority in ranks}
    for kind, priority, rows in con.rows(_REVIEWS):
        counted[str(kind), int(priority)] = int(rows)
    observe.reviews(telling, [(*named, rows) for named, rows in counted.items()])


def _tables(con: Reader, telling: Meter) -> None:
    if con.engine == "duckdb":
        counted = [(str(name), int(rows)) for name, rows in con.rows(_TABLES)]
        observe.table_rows(telling, counted)


def _sizes(settings: Settings, telling: Meter) -> None:
    home = places(settings)
    for place, folder in (("home", home.home), ("warehouse", home.warehouse.parent)):
        if folder.is_dir():
            found = shutil.disk_usage(folder)
            observe.disk(telling, place, found.free, found.total)
    if settings.target == "duckdb" and home.warehouse.is_file():
        observe.warehouse_size(telling, home.warehouse.stat().st_size)
    published = home.home / "state" / "published"
    if published.is_file():
        observe.published(telling, datetime.fromtimestamp(published.stat().st_mtime, tz=UTC))
