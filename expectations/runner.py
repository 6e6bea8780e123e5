"""Running a suite: read the warehouse quickly, let Great Expectations judge, report.

    python -m expectations SUITE [--sessions N] [--as-of DATE]    (SUITE: one of `SUITES`)

Great Expectations takes seconds to import, so only a run imports it. The warehouse is open
(to be read) for the queries alone: judging and writing Data Docs keep no lock.
"""

import csv
import os
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from expectations.report import CheckReport
from expectations.thresholds import Thresholds
from ingestion.calendar import TradingCalendar, default_calendar
from ingestion.errors import ConfigurationError
from ingestion.loading.reading import NotThere, Readable, Reader

if TYPE_CHECKING:
    from expectations.suites.sample import Request, Sample

SuiteName = Literal["arrival", "archives", "news", "ohlc", "prices", "news_marts"]
SUITES: tuple[SuiteName, ...] = get_args(SuiteName)
ACCEPTED_SESSIONS = Path(__file__).with_name("accepted_sessions.csv")
BEFORE_BUILD: tuple[SuiteName, ...] = ("arrival", "archives", "news")
AFTER_BUILD: tuple[SuiteName, ...] = ("ohlc", "prices", "news_marts")
_MAKES = {
    "arrival": "investiq load",
    "archives": "investiq load",
    "news": "investiq load",
    "ohlc": "investiq build",
    "prices": "investiq build",
    "news_marts": "investiq build",
}
# Whether a home has anything that a suite could judge: one that never asked for quotes has none.
_CONCERNS = {
    "arrival": "select count(*) from raw_data.rapidapi_quotes",
    "archives": "select count(*) from raw_data.load_receipts where table_name in "
    "('nse_bhavcopy_legacy', 'nse_bhavcopy_udiff', 'nse_sec_bhavdata')",
    "news": "select count(*) from raw_data.load_receipts where table_name in "
    "('alpha_vantage_news', 'india_news_headlines') and rows_loaded > 0",
    "ohlc": "select count(*) from marts.fct_ohlc_daily",
    "prices": "select count(*) from marts.fct_prices_daily",
    "news_marts": "select count(*) from marts.fct_news_articles where trade_date is not null",
}


def run_suite(
    name: SuiteName,
    *,
    warehouse: Readable,
    output: Path,
    sessions: int | None = None,
    as_of: date | None = None,
    calendar: TradingCalendar | None = None,
    thresholds: Thresholds | None = None,
    accepted_sessions: Path = ACCEPTED_SESSIONS,
    wait_seconds: float = 60.0,
) -> CheckReport:
    """Check what arrived (`arrival`, `archives`, `news`), or the newest sessions of a mart.

    Args:
        warehouse: the engine that holds the data; closed before anything is judged.
        output: folder of the Great Expectations store, the reports and Data Docs (`var/gx`).
        sessions: how many newest sessions; by default `arrival` takes every reply that
            has not passed yet, and the newest; `ohlc` takes 5.
        as_of: look no further than this day, and expect it to have arrived when it is a session.
        accepted_sessions: CSV `trade_date,reason` of sessions known to be missing or broken.
        wait_seconds: patience with another run that writes to `output`.

    Returns:
        The report, also written to `output`; `passed` is False when a critical expectation broke.

    Raises:
        ConfigurationError: no warehouse, no such table or column, or a wrong argument.
        WarehouseBusy: another process kept the warehouse; the message names it.
        CheckFailed: the checks could not be judged or recorded, which is never a pass.
    """
    started = time.monotonic()
    if name not in SUITES:
        raise ConfigurationError(f"There is no suite {name!r}. Choose one of {', '.join(SUITES)}.")
    if sessions is not None and sessions < 1:
        raise ConfigurationError(f"sessions is {sessions}: give 1 or more, or leave it out.")
    # Nothing of it may speak to anybody; set before the import, which reads it.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from expectations import store
    from expectations.suites.sample import Request

    request = Request(
        calendar=calendar or default_calendar(),
        sessions=sessions,
        as_of=as_of,
        done=store.passed_keys(output, name),
        accepted=_accepted(accepted_sessions),
    )
    try:
        with warehouse.open() as reader:
            sample = _measure(name, reader, request, thresholds or Thresholds())
    except NotThere as missing:
        raise ConfigurationError(
            f"The warehouse {warehouse} lacks what the {name} checks read ({missing.what}). "
            f"Run `{_MAKES[name]}` first."
        ) from missing
    with store.locked(output, wait_seconds):
        results = store.judge(output, name, sample)
        report = CheckReport(
            suite=name,
            passed=all(r.passed or r.severity != "critical" for r in results),
            results=results,
            sessions=sample.sessions,
            checked_at=datetime.now(UTC),
            seconds=round(time.monotonic() - started, 2),
            data_docs=store.docs_index(output),
            checked=sample.checked,
        )
        store.keep(output, report)
    return report


def concerned_suites(names: Sequence[SuiteName], *, warehouse: Readable) -> list[SuiteName]:
    """Those of the suites that have something to judge in this warehouse.

    A home without quotes has no `arrival` to fail, one with news alone no prices. When nothing is
    there at all the first one stays, so that checks of nothing do not pass.
    """
    with warehouse.open() as reader:
        concerned = [name for name in SUITES if _any_row(reader, _CONCERNS[name])]
    return [name for name in names if name in concerned] if concerned else list(names[:1])


def _any_row(reader: Reader, query: str) -> bool:
    try:
        [(count,)] = reader.rows(query)
    except NotThere:
        return False
    return bool(count)


def _measure(
    name: SuiteName,
    reader: Reader,
    request: "Request",
    thresholds: Thresholds,
) -> "Sample":
    from expectations.suites import archives, arrival, news, news_marts, ohlc

    if name == "arrival":
        return arrival.measure(reader, request, thresholds.arrival)
    if name == "archives":
        return archives.measure(reader, request, thresholds.archives)
    if name == "news":
        return news.measure(reader, request, thresholds.news)
    if name == "news_marts":
        return news_marts.measure(reader, request, thresholds.news_marts)
    mart = ohlc.PRICES if name == "prices" else ohlc.QUOTES
    return ohlc.measure(reader, request, thresholds.ohlc, mart)


def _accepted(path: Path) -> frozenset[date]:
    """Sessions that somebody looked at and accepted as they are, each with a reason."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    try:
        unexplained = [row["trade_date"] for row in rows if not (row["reason"] or "").strip()]
        days = frozenset(date.fromisoformat(row["trade_date"]) for row in rows)
    except (KeyError, ValueError) as wrong:
        raise ConfigurationError(
            f"{path} is not a list of `trade_date,reason` with ISO dates ({wrong}). Correct it."
        ) from wrong
    if unexplained:
        raise ConfigurationError(
            f"{path} accepts {', '.join(unexplained)} without a reason. Write why."
        )
    return days
