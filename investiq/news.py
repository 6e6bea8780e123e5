"""`investiq news`: what the press wrote, fetched and taken through the rest of the chain."""

from datetime import UTC, date, datetime, time, timedelta

from rich.markup import escape

from ingestion.calendar import IST
from ingestion.errors import ConfigurationError
from ingestion.ingest_india_news import IndiaNewsIngest
from ingestion.ingest_news import NewsIngest
from ingestion.news_tickers import tickers
from ingestion.objectstore import ObjectStore
from ingestion.origin import claim
from ingestion.outcomes import Outcome
from ingestion.settings import Settings
from ingestion.sources.alpha_vantage import alpha_vantage_news, topics_of
from investiq import chain
from investiq.console import err, step
from investiq.india_news import india_news_sources
from investiq.sources import Source
from investiq.steps import Span
from investiq.watching import watched
from monitoring import observe


def run_news(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, browser: bool = True
) -> None:
    """Global and Indian news, then promote → load → check → build → report.

    A refusal does not stop the chain for what did arrive; it is raised at the end.

    Raises:
        SourceError: an upstream refused something.
        CheckFailed, BuildFailed, LoadFailed: nothing was published.
    """
    outcomes = ingest_news(settings, source, span, store, browser=browser)
    chain.finish(settings, source, store, outcomes)
    chain.raise_refusals(outcomes)


def ingest_news(
    settings: Settings, source: Source, span: Span, store: ObjectStore, *, browser: bool = True
) -> list[Outcome]:
    """Land what the upstreams of news have; in the sandbox as of the evening of the last day.

    Args:
        browser: whether pages that need one are asked for at all.
    """
    claim(settings.home, source.origin)
    if span.last or span.first:
        source.before_session(span.last or source.today())
    found = ingest_global(settings, source, span, store)
    return found + ingest_india(source, store, browser=browser)


def ingest_global(
    settings: Settings, source: Source, span: Span, store: ObjectStore
) -> list[Outcome]:
    """Alpha Vantage by topic: what no earlier window has covered, within the day's quota.

    Without a key there is nothing to ask; that is said, and no reason to give up the rest.
    """
    if source.settings.alphavantage_key is None:
        err.print(
            "[yellow]no global news:[/] set INVESTIQ_ALPHAVANTAGE_KEY "
            "(a free key: https://www.alphavantage.co/support/#api-key)"
        )
        return []
    with (
        watched("news", settings) as meter,
        step("global news") as advance,
        alpha_vantage_news(source.settings, source.clock) as api,
    ):
        outcomes = NewsIngest(
            source=api,
            store=store,
            topics=topics_of(source.settings),
            limit=source.settings.alphavantage_limit,
            locks=source.settings.home / "locks",
            secrets=source.settings.secrets,
            clock=source.clock,
        ).bring(_range_of(span, source.today()), advance)
        observe.fetches(meter, outcomes)
    return outcomes


def ingest_india(source: Source, store: ObjectStore, *, browser: bool = True) -> list[Outcome]:
    """Yahoo Finance and Google News, share by share; without Chromium the feeds alone.

    Raises:
        ConfigurationError: the settings name a site or a share that is none.
    """
    asked = tickers(source.settings.news_tickers or source.news_tickers())
    ingest = IndiaNewsIngest(store, source.clock, source.settings.secrets)
    with (
        watched("news", source.settings) as meter,
        india_news_sources(source, browser=browser) as sites,
        step("Indian news", lasts=True) as advance,
    ):
        for why in {str(why) for why in sites.missing.values()}:
            err.print(f"[yellow]no pages:[/] {escape(why)}")
        outcomes = [ingest.without_browser(name, why) for name, why in sites.missing.items()]
        outcomes += ingest.bring_all(asked, sites.sources, advance)
        observe.fetches(meter, outcomes)
    return outcomes


def _range_of(span: Span, today: date) -> tuple[datetime, datetime] | None:
    """From midnight to midnight in India, in UTC; None: whatever is missing."""
    if span.is_open:
        return None
    last = span.last or today
    first = span.first or last
    if first > last:
        raise ConfigurationError(
            f"The range begins after it ends ({first} to {last}). Give --from before --to."
        )
    begins = datetime.combine(first, time(), tzinfo=IST)
    ends = datetime.combine(last + timedelta(days=1), time(), tzinfo=IST)
    return begins.astimezone(UTC), ends.astimezone(UTC)
