"""Global news: ask for what no earlier window has covered, land it, and only then count it.

Run alone: `investiq news`. A reply that is full covers only as far as it reaches; the rest of its
window is asked for next. Topics take turns, so that a day's budget is spent on all of them.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from ingestion import landing
from ingestion.calendar import IST
from ingestion.errors import SourceError
from ingestion.fetched import Fetched
from ingestion.locks import lock_of
from ingestion.news_windows import MINUTE, Coverage, Span, Window, floor_minute
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome, record_attempt
from ingestion.promotion.alpha_vantage import DATASET, SOURCE, Judged, judge
from ingestion.redaction import redact
from ingestion.sources.alpha_vantage import MOST

Clock = Callable[[], datetime]
_OVERLAP = timedelta(hours=1)  # an article may appear later than it says
_FREE_LIMIT = 50  # what a reply may be cut to, whatever was asked for
_FAILURES = 3  # in a row, and the API is taken to be down
_TURNED_AWAY = ("quota", "blocked")


class NewsSource(Protocol):
    """An upstream that has articles by topic and time."""

    def fetch(self, window: Window, limit: int) -> Fetched:
        """The earliest articles of the window; raises `SourceError` when there is no reply."""
        ...


@dataclass(slots=True)
class _Turn:
    """What one topic still wants of this run; `limit` is raised where a reply leads nowhere."""

    topic: str
    first: datetime
    last: datetime
    limit: int
    asked: bool
    begun: bool = False


@dataclass(frozen=True, slots=True)
class NewsIngest:
    """What every attempt needs; `locks` is where the locks lie that all processes share."""

    source: NewsSource
    store: ObjectStore
    topics: Sequence[str]
    limit: int
    locks: Path
    secrets: Sequence[str] = ()
    clock: Clock = field(default=lambda: datetime.now(UTC))

    def bring(
        self,
        span: Span | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Outcome]:
        """Land what is missing of a range (UTC), or of all time since the first run.

        Returns:
            One outcome per request, and one per topic that was not asked because the API had
            turned away the one before; none for a topic of which nothing is missing.
        """
        with lock_of(self.locks / "alpha_vantage.lock"):
            known = Coverage.read(self.store, SOURCE, DATASET)
            turns = self._turns(known, span)
            outcomes, failures, total = [], 0, len(turns)
            while turns:
                turn = turns.popleft()
                if (window := _window(known, turn)) is None:
                    progress(total - len(turns), total)
                    continue
                outcome = self._attempt(known, turn, window)
                outcomes.append(outcome)
                if outcome.status in _TURNED_AWAY:
                    return outcomes + self._not_asked(known, turns, outcome)
                failures = failures + 1 if outcome.status == "failed" else 0
                if failures == _FAILURES:
                    break
                if outcome.status != "failed":
                    turns.append(turn)
            return outcomes

    def _turns(self, known: Coverage, span: Span | None) -> deque[_Turn]:
        """Whose turn it is: the topic that is furthest behind first."""
        now, turns = floor_minute(self.clock()), []
        for topic in self.topics:
            wanted = (span[0], min(span[1], now)) if span else known.routine(topic, now)
            if wanted and (due := known.next_window(topic, *wanted)):
                turns.append((due.first, _Turn(topic, *wanted, self.limit, asked=bool(span))))
        return deque(turn for _, turn in sorted(turns, key=lambda item: item[0]))

    def _attempt(self, known: Coverage, turn: _Turn, window: Window) -> Outcome:
        now = self.clock()
        try:
            fetched = self.source.fetch(window, turn.limit)
        except SourceError as refused:
            evidence = refused.evidence
            key = self._landed(evidence, secret=True).key.landing if evidence else None
            replied = evidence.http_status if evidence else None
            said = redact(f"{window.topic}: {refused}", self.secrets)
            outcome = _outcome(refused.status, now, said)
            return self._recorded(replace(outcome, source_key=key, http_status=replied), window)
        judged = judge(fetched.content, fetched.content_type)
        landed = self._landed(fetched, secret=judged.status != "ok")
        covered, said = _covered(judged, turn, window) if judged.reply else (None, "")
        status = "failed" if judged.status == "ok" and covered is None else judged.status
        if status == "ok" and not landed.is_new:
            status = "unchanged"
        outcome = Outcome(
            stage="fetch",
            source_name=SOURCE,
            dataset_name=DATASET,
            trade_date=fetched.trade_date,
            status=status,
            attempted_at=now,
            source_key=landed.key.landing,
            http_status=fetched.http_status,
            records_in=judged.records,
            detail=redact(f"{window.topic}: {judged.detail}{said}", self.secrets),
        )
        recorded = self._recorded(outcome, covered or window)
        if covered:
            known.add(covered)
        return recorded

    def _landed(self, fetched: Fetched, *, secret: bool) -> landing.Landed:
        """Data to the byte as received; a refusal, which may echo the key, without it."""
        if secret:
            fetched = landing.without_secrets(fetched, self.secrets)
        return landing.land(self.store, fetched)

    def _recorded(self, outcome: Outcome, window: Window) -> Outcome:
        record_attempt(self.store, outcome, window.part)
        return outcome

    def _not_asked(
        self, known: Coverage, turns: Sequence[_Turn], refusal: Outcome
    ) -> list[Outcome]:
        """The topics whose turn did not come; they go on from where they are."""
        outcomes = []
        for turn in turns:
            if window := known.next_window(turn.topic, turn.first, turn.last):
                since = f"{window.first:%Y-%m-%d %H:%M} UTC"
                detail = f"{turn.topic}: not asked, the next run goes on from {since}"
                outcome = replace(
                    _outcome(refusal.status, refusal.attempted_at, detail),
                    trade_date=refusal.trade_date,
                )
                outcomes.append(self._recorded(outcome, replace(window, asked=turn.asked)))
        return outcomes


def _window(known: Coverage, turn: _Turn) -> Window | None:
    """What of a turn to ask for next; its first window looks back a little further."""
    window = known.next_window(turn.topic, turn.first, turn.last)
    if window is None:
        return None
    window = replace(window, asked=turn.asked)
    if turn.begun or turn.asked:
        return window
    turn.begun = True
    continues = window.first != turn.first or known.spans.get(turn.topic.replace("_", "-"))
    return replace(window, first=window.first - _OVERLAP) if continues else window


def _covered(judged: Judged, turn: _Turn, window: Window) -> tuple[Window | None, str]:
    """The part of the window that a reply accounts for, with a word on it where it is not all.

    A full reply reaches only to its last article: the newest, or, should the API put the latest
    first, the oldest. None: nothing can be said, because its articles carry no time.
    """
    assert judged.reply is not None
    count = len(judged.reply.articles)
    if count < turn.limit and count != _FREE_LIMIT:
        return window, ""
    times = judged.reply.times()
    if not times:
        return None, "; a full reply whose articles carry no time: look at the landed object"
    if times[0] > times[-1]:
        back_to = floor_minute(times[-1]) + MINUTE
        if back_to < window.last:
            return replace(window, first=max(window.first, back_to)), "; full, goes on before it"
    else:
        reached = floor_minute(times[-1])
        if reached > window.first:
            return replace(window, last=min(window.last, reached)), "; full, goes on after it"
    if turn.limit < MOST:
        turn.limit = MOST
        return replace(window, last=window.first), "; full within a minute, asked again for more"
    told = "; more in one minute than a reply may hold: the rest of the minute cannot be had"
    if times[0] > times[-1]:
        return replace(window, first=max(window.first, window.last - MINUTE)), told
    return replace(window, last=min(window.last, window.first + MINUTE)), told


def _outcome(status: str, now: datetime, detail: str) -> Outcome:
    day = now.astimezone(IST).date()
    return Outcome("fetch", SOURCE, DATASET, day, status, now, detail=detail)
