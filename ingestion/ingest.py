"""Fetch, judge, land, record: one attempt for one session, whatever comes of it.

Run alone: `investiq ingest`. Nothing is transformed here; what lands is what was received.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from ingestion import landing
from ingestion.calendar import TradingCalendar
from ingestion.errors import SourceError
from ingestion.fetched import Fetched
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome, record_attempt, record_once
from ingestion.parallel import for_each
from ingestion.promotion import alpha_vantage, archives, india_news
from ingestion.promotion.quotes import read_reply
from ingestion.promotion.records import Refused
from ingestion.redaction import MASK, redact
from ingestion.sources import directory, rapidapi

Clock = Callable[[], datetime]
_STATUS_OF_REASON = {"quota_reply": "quota", "html_page": "blocked"}


class QuoteSource(Protocol):
    """An upstream that gives quotes."""

    def fetch(self, trade_date: date) -> Fetched:
        """The reply for a session; raises `SourceError` when there is none."""
        ...


def ingest_session(
    trade_date: date,
    source: QuoteSource,
    store: ObjectStore,
    calendar: TradingCalendar,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
    secrets: Sequence[str] = (),
) -> Outcome:
    """One attempt to land the quotes of one session.

    Args:
        again: ask the source although the session has landed well before, or the calendar says
            that the day is closed: an unplanned session is in no list.

    Returns:
        The outcome as recorded. A refusal of the source is an outcome too (quota, blocked,
        failed); only what is wrong on our side is raised.
    """
    if not again and not calendar.is_session(trade_date):
        outcome = _outcome(
            trade_date, "holiday", clock(), detail=calendar.description(trade_date) or "weekend"
        )
    elif not again and (done := _landed_well(store, trade_date, calendar)):
        return _outcome(trade_date, "unchanged", clock(), source_key=done, detail="landed before")
    else:
        outcome = _attempt(trade_date, source, store, clock, secrets)
    record_attempt(store, outcome)
    return outcome


def ingest_directory(
    folder: Path,
    store: ObjectStore,
    *,
    first: date | None = None,
    last: date | None = None,
    max_bytes: int,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """Land every file of a folder that a dataset takes; what lands already adds no attempt.

    Args:
        first, last: the sessions wanted; files of others are passed over.
        progress: called with (files done, files there are).
    """
    paths = directory.paths(folder)
    outcomes = []
    work = partial(_land_file, folder=folder, first=first, last=last, max_bytes=max_bytes)
    timed = ((path, clock()) for path in paths)
    for number, outcome in enumerate(for_each(store, timed, len(paths), work), start=1):
        if outcome:
            outcomes.append(outcome)
        progress(number, len(paths))
    return outcomes


def _land_file(
    store: ObjectStore,
    item: tuple[Path, datetime],
    *,
    folder: Path,
    first: date | None,
    last: date | None,
    max_bytes: int,
) -> Outcome | None:
    """One file of a folder; None where it is of no session that is wanted."""
    path, moment = item
    found = directory.read(path, folder, max_bytes)
    if isinstance(found, directory.Unrecognised):
        outcome = _unrecognised(found, moment)
    elif (first and found.trade_date < first) or (last and found.trade_date > last):
        return None
    else:
        if found.source == alpha_vantage.SOURCE and _judge(found)[0] != "ok":
            found = landing.without_secrets(found, ())
        outcome = _landed_outcome(found, store, lambda: moment)
    if outcome.status != "unchanged":
        record_once(store, outcome)
    return outcome


def _unrecognised(found: directory.Unrecognised, now: datetime) -> Outcome:
    detail = f"{found.name}: {found.reason}"
    return Outcome("fetch", "directory", "file", None, "unrecognised", now, detail=detail)


def _attempt(
    trade_date: date, source: QuoteSource, store: ObjectStore, clock: Clock, secrets: Sequence[str]
) -> Outcome:
    try:
        fetched = source.fetch(trade_date)
    except SourceError as refused:
        evidence = _masked(refused.evidence, secrets) if refused.evidence else None
        key = landing.land(store, evidence).key.landing if evidence else None
        return _outcome(
            trade_date,
            refused.status,
            clock(),
            source_key=key,
            http_status=evidence.http_status if evidence else None,
            detail=redact(str(refused), secrets),
        )
    return _landed_outcome(_masked(fetched, secrets), store, clock, secrets)


def _masked(fetched: Fetched, secrets: Sequence[str]) -> Fetched:
    """A refusal that echoes a secret of ours, without it; data is kept to the byte."""
    if _judge(fetched)[0] in ("ok", "not_published"):
        return fetched
    content = fetched.content
    for secret in secrets:
        content = content.replace(secret.encode(), MASK.encode())
    if content == fetched.content:
        return fetched
    return replace(fetched, content=content, notes={**fetched.notes, "masked": "a secret was cut"})


def _landed_outcome(
    fetched: Fetched, store: ObjectStore, clock: Clock, secrets: Sequence[str] = ()
) -> Outcome:
    """Land the bytes and say what they are; a reply that is no data is kept as evidence.

    A good reply that holds nothing of the session asked for lands under the one it does hold: the
    API gives what there is, whatever was asked.
    """
    asked = fetched.trade_date
    status, detail, records = _judge(fetched)
    if status == "not_published" and fetched.dataset == rapidapi.DATASET:
        held = read_reply(fetched.content, fetched.content_type).session()
        fetched = replace(fetched, trade_date=held or asked)
    landed = landing.land(store, fetched)
    if not landed.is_new and status == "ok":
        status, detail = "unchanged", "the same bytes had landed before"
    return _outcome(
        asked,
        status,
        clock(),
        dataset=(fetched.source, fetched.dataset),
        source_key=landed.key.landing,
        http_status=fetched.http_status,
        records_in=records,
        detail=redact(detail, secrets),
    )


def _judge(fetched: Fetched) -> tuple[str, str, int | None]:
    """(status, detail, records) of a reply; no record of the asked session is `not_published`."""
    if fetched.source == alpha_vantage.SOURCE:
        news = alpha_vantage.judge(fetched.content, fetched.content_type)
        return news.status, news.detail, news.records
    if fetched.source == india_news.SOURCE:
        status, reason, said, total = india_news.judge(fetched.dataset, fetched.content)
        return status, f"{reason}: {said}" if reason else said, total
    if fetched.source != rapidapi.SOURCE:
        return archives.judge(
            fetched.dataset, fetched.trade_date, fetched.content, fetched.content_type
        )
    try:
        reply = read_reply(fetched.content, fetched.content_type)
    except Refused as why:
        return _STATUS_OF_REASON.get(why.reason, "failed"), str(why), None
    dates, total = reply.dates(), len(reply.records)
    own = dates.get(fetched.trade_date, 0)
    if own == 0:
        newest = max(dates, default=None)
        return "not_published", f"the newest of {total} records is of {newest}", total
    return "ok", f"{own} of {total} records are of the session", total


def _landed_well(store: ObjectStore, trade_date: date, calendar: TradingCalendar) -> str | None:
    """The newest landed object that holds the session as it closed, if there is one."""
    for key in reversed(landing.landed(store, rapidapi.SOURCE, rapidapi.DATASET, trade_date)):
        if key.fetched_at < calendar.closes_at(trade_date):
            return None
        body = store.read(key.landing)
        kept = Fetched(
            source=key.source,
            dataset=key.dataset,
            trade_date=trade_date,
            fetched_at=key.fetched_at,
            content=body.content,
            content_type=body.metadata.get("content-type-received", body.content_type),
        )
        if _judge(kept)[0] == "ok":
            return key.landing
    return None


def _outcome(
    trade_date: date,
    status: str,
    attempted_at: datetime,
    *,
    dataset: tuple[str, str] = (rapidapi.SOURCE, rapidapi.DATASET),
    source_key: str | None = None,
    http_status: int | None = None,
    records_in: int | None = None,
    detail: str = "",
) -> Outcome:
    return Outcome(
        stage="fetch",
        source_name=dataset[0],
        dataset_name=dataset[1],
        trade_date=trade_date,
        status=status,
        attempted_at=attempted_at,
        source_key=source_key,
        http_status=http_status,
        records_in=records_in,
        detail=detail,
    )
