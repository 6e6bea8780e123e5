"""The steps of the chain, each idempotent and each a command of its own.

ingest → promote → enrich → load → check arrival → build → check ohlc → report
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ingestion.archive_plan import may_trade
from ingestion.calendar import default_calendar
from ingestion.enrichment import EnrichReport, enrich_pending
from ingestion.errors import ConfigurationError
from ingestion.ingest import ingest_directory, ingest_session
from ingestion.loading import DATASETS, LoadReport, load_pending
from ingestion.loading.datasets import OUTCOMES
from ingestion.loading.reading import readable
from ingestion.locks import lock_of
from ingestion.objectstore import ObjectStore
from ingestion.origin import claim, notice_of
from ingestion.outcomes import Outcome
from ingestion.promotion import PromotionReport, promote_pending
from ingestion.settings import Settings
from ingestion.sources import airbyte
from ingestion.sources.rapidapi import rapidapi_quotes
from investiq import context
from investiq.archives import open_archives
from investiq.console import step, waiting
from investiq.dbt import BuildReport
from investiq.dbt import build as dbt_build
from investiq.dbt_results import node_results
from investiq.sources import Source
from investiq.watching import look, watched
from monitoring import observe

if TYPE_CHECKING:
    from expectations.report import CheckReport
    from expectations.runner import SuiteName
    from report.publish import PublishResult


@dataclass(frozen=True, slots=True)
class Span:
    """The sessions asked for; both ends included, None: what the source has."""

    first: date | None
    last: date | None

    @property
    def is_open(self) -> bool:
        """Whether no day was named."""
        return self.first is None and self.last is None

    def sessions(
        self, newest: date, trades: Callable[[date], bool], *, closed_too: bool = False
    ) -> list[date]:
        """The days to ask for: the span, or the newest session alone.

        Of the span those that may be sessions; when none may, or with `closed_too`, its first day
        or all of it.
        """
        if self.is_open:
            return [newest]
        first = self.first or self.last
        last = self.last or newest
        assert first is not None
        if first > last:
            raise ConfigurationError(
                f"The range begins after it ends ({first} to {last}). Give --from before --to."
            )
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        wanted = list(days)
        if closed_too:
            return wanted
        return [day for day in wanted if trades(day)] or wanted[:1]


def ingest(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, again: bool = False
) -> list[Outcome]:
    """Land what the source has for the sessions asked for."""
    claim(settings.home, source.origin)
    with watched("ingest", settings) as meter:
        outcomes = _ingest(settings, source, span, store, again=again)
        observe.fetches(meter, outcomes)
    return outcomes


def _ingest(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, again: bool
) -> list[Outcome]:
    with step(f"ingest ({source.name})") as advance:
        if source.folder:
            return ingest_directory(
                source.folder,
                store,
                first=span.first,
                last=span.last,
                max_bytes=settings.max_body_bytes,
                progress=advance,
            )
        calendar = default_calendar()
        newest = source.newest_session(calendar)
        outcomes = []
        with ExitStack() as opened:
            quotes = archives = None
            if source.quotes:
                quotes = opened.enter_context(rapidapi_quotes(source.settings, source.clock))
            if source.archives:
                archives = opened.enter_context(open_archives(source, store))
            trades = calendar.is_session if quotes else partial(may_trade, calendar)
            days = span.sessions(newest, trades, closed_too=again and not quotes)
            for number, day in enumerate(days, start=1):
                source.before_session(day)
                if quotes:
                    outcomes.append(
                        ingest_session(
                            day,
                            quotes,
                            store,
                            calendar,
                            again=again,
                            clock=source.clock,
                            secrets=settings.secrets,
                        )
                    )
                if archives:
                    outcomes += archives.session(day, look_back=span.is_open, again=again)
                    if archives.refused:
                        break
                advance(number, len(days))
        return outcomes


def collect_airbyte(settings: Settings, store: ObjectStore) -> list[Outcome]:
    """Land what Airbyte wrote into the bucket since the last time; often nothing, then silently."""
    with watched("airbyte", settings) as meter:
        outcomes = airbyte.collect(
            store,
            settings.airbyte_prefix,
            mode=settings.airbyte_sync_mode,
            max_bytes=settings.max_body_bytes,
        )
        observe.fetches(meter, outcomes)
    return outcomes


def promote(
    settings: Settings,
    store: ObjectStore,
    *,
    again: bool = False,
    only: Collection[str] | None = None,
) -> list[PromotionReport]:
    """Promote what has landed and is not promoted; with `only`, of these landed objects."""
    with watched("promote", settings) as meter, step("promote") as advance:
        reports = promote_pending(store, again=again, only=only, progress=advance)
        observe.promotions(meter, reports)
    return reports


def enrich(settings: Settings, store: ObjectStore, *, again: bool = False) -> EnrichReport:
    """Give promoted news their clusters and tones; a second process waits for the first."""
    with (
        lock_of(settings.home / "state" / "enrich.lock"),
        watched("enrich", settings),
        step("enrich") as advance,
    ):
        return enrich_pending(store, again=again, progress=advance)


def load(settings: Settings, store: ObjectStore, tables: Iterable[str] = ()) -> list[LoadReport]:
    """Load what has no receipt into the raw tables named, or all.

    The outcomes first: who promotes at the same time writes an outcome when its records are there,
    so of whatever outcome is loaded the records are loaded as well.
    """
    warehouse = context.warehouse(settings, store)
    reports = []
    with watched("load", settings) as meter:
        for name in tables or sorted(DATASETS, key=lambda table: table != OUTCOMES.table):
            if name not in DATASETS:
                raise ConfigurationError(
                    f"There is no raw table {name!r}. Name one of {', '.join(DATASETS)}."
                )
            with step(f"load {name}") as advance:
                now = datetime.now(UTC)
                reports.append(load_pending(DATASETS[name], store, warehouse, advance))
            observe.load(meter, reports[-1], now)
    return reports


def build(settings: Settings, as_of: date) -> BuildReport:
    """Seeds, models and tests."""
    begun, went_well = time.time(), False
    with watched("build", settings) as meter, step("dbt build") as advance:
        try:
            report = dbt_build(settings, as_of, advance)
            went_well = True
        finally:
            results = node_results(context.places(settings).dbt / "target", begun)
            observe.build(meter, results, ok=went_well)
    return report


def check(
    settings: Settings, suites: Sequence[str], *, only_concerned: bool = False
) -> list["CheckReport"]:
    """Run Great Expectations suites.

    Args:
        only_concerned: leave out a suite that has nothing to judge in this home, such as that of
            the quotes where none were ever asked for.

    Raises:
        CheckFailed: one of them failed; the message says what to look at.
    """
    from expectations.runner import SUITES, concerned_suites, run_suite

    known: dict[str, SuiteName] = {name: name for name in SUITES}
    strangers = [asked for asked in suites if asked not in known]
    if strangers:
        raise ConfigurationError(
            f"There is no suite {strangers[0]!r}. Name one of {', '.join(known)}."
        )
    home = context.places(settings)
    wanted = [known[asked] for asked in suites]
    if only_concerned:
        wanted = concerned_suites(wanted, warehouse=readable(settings, waiting))
    reports = []
    for suite in wanted:
        with watched("check", settings) as meter:
            with step(f"check {suite}"):
                report = run_suite(
                    suite,
                    warehouse=readable(settings, waiting),
                    output=home.checks,
                    wait_seconds=settings.lock_wait_seconds,
                )
            observe.check(meter, report)
            reports.append(report)
            report.raise_if_failed()
    return reports


def publish(settings: Settings) -> "PublishResult":
    """Write marts/*.parquet and the report."""
    from report.publish import publish as publish_report

    home = context.places(settings)
    with watched("publish", settings) as meter, step("report"):
        result = publish_report(
            warehouse=readable(settings, waiting),
            marts_dir=home.marts,
            page=home.page,
            notice=notice_of(home.home),
        )
        observe.published(meter, datetime.now(UTC))
    look(settings)
    return result
