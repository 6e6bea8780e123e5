"""One attempt per share and site: fetch, judge, land, record; a refusal does not stop the others.

Run alone: `investiq news`. What lands is the page or feed as it came; promotion extracts from it,
so that a change of a site's layout is mended in `promotion/selectors.py` and promoted again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from ingestion import landing
from ingestion.calendar import IST
from ingestion.errors import NoBrowser, SourceError
from ingestion.news_tickers import Ticker
from ingestion.objectstore import ObjectStore, sha256
from ingestion.outcomes import Outcome, record_attempt
from ingestion.promotion.india_news import SOURCE, judge
from ingestion.redaction import redact
from ingestion.sources.news_page import NewsFetch
from ingestion.zones import ObjectKey

_IN_A_ROW = 5  # refusals, and a site is left in peace for the rest of the run
_UNREADABLE = ("layout_drift", "consent_wall")
_NEXT = {
    "layout_drift": "Source and picture lie beside {page}: look at them, add a layout to "
    "ingestion/promotion/selectors.py, then run `investiq promote --again`.",
    "consent_wall": "No button of it helped; source and picture lie beside {page}: add the button "
    "to ingestion/promotion/selectors.py, then run `investiq news` again.",
    "html_page": "The site wants no robots just now: run `investiq news` again in some hours.",
}
_ENDED = {
    "scroll_limit": "more may come: the limit of scrolls was reached (INVESTIQ_NEWS_SCROLL_LIMIT)",
    "deadline": "only what came in time (INVESTIQ_NEWS_PAGE_DEADLINE_SECONDS)",
}


class NewsSource(Protocol):
    """A site, asked in one way."""

    @property
    def dataset(self) -> str:
        """Under which name its bytes land."""
        ...

    def fetch(self, ticker: Ticker) -> NewsFetch:
        """What the site shows of a share; raises `SourceError` when there is nothing."""
        ...


@dataclass(slots=True)
class IndiaNewsIngest:
    """What every attempt needs; it remembers which site has refused how often in a row."""

    store: ObjectStore
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    secrets: Sequence[str] = ()
    _refusals: dict[str, int] = field(default_factory=dict)

    def bring_all(
        self,
        tickers: Sequence[Ticker],
        sources: Sequence[NewsSource],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Outcome]:
        """Ask every site for every share; one outcome each, recorded as it comes."""
        outcomes = []
        for number, ticker in enumerate(tickers, start=1):
            for source in sources:
                if self._refusals.get(source.dataset, 0) < _IN_A_ROW:
                    outcomes.append(self.bring(ticker, source))
            progress(number, len(tickers))
        return outcomes

    def bring(self, ticker: Ticker, source: NewsSource) -> Outcome:
        """One attempt; a refusal of the site is an outcome too."""
        outcome = self._attempt(ticker, source)
        record_attempt(self.store, outcome, part_of(ticker))
        refused = outcome.status not in ("ok", "unchanged")
        self._refusals[source.dataset] = self._refusals.get(source.dataset, 0) + 1 if refused else 0
        return outcome

    def without_browser(self, dataset: str, why: NoBrowser) -> Outcome:
        """Record once that what needs a browser was not asked for."""
        outcome = self._outcome(dataset, why.status, str(why))
        record_attempt(self.store, outcome, "all")
        return outcome

    def _attempt(self, ticker: Ticker, source: NewsSource) -> Outcome:
        try:
            page = source.fetch(ticker)
        except SourceError as refused:
            evidence = refused.evidence
            kept = landing.land(self.store, evidence).key.landing if evidence else None
            said = f"{ticker.symbol}: {refused}"
            replied = evidence.http_status if evidence else None
            return self._outcome(source.dataset, refused.status, said, kept, replied)
        fetched = page.fetched
        judged = judge(source.dataset, fetched.content)
        landed = landing.land(self.store, fetched)
        status, said = judged.status, judged.detail
        if status == "ok":
            counted = f"{judged.records} rows"
            said = "; ".join(filter(None, (counted, judged.detail, _ENDED.get(page.ended))))
            status = "ok" if landed.is_new else "unchanged"
        elif judged.reason in _NEXT:
            kept_at = self._keep_picture(landed.key, page) if judged.reason in _UNREADABLE else ""
            said = f"{judged.detail}. {_NEXT[judged.reason].format(page=kept_at)}"
        else:
            said = f"{judged.reason}: {said}. Run `investiq news` again; `investiq status` tells."
        return self._outcome(
            source.dataset,
            status,
            f"{ticker.symbol}: {said}",
            landed.key.landing,
            fetched.http_status,
            judged.records,
        )

    def _keep_picture(self, key: ObjectKey, page: NewsFetch) -> str:
        """Source and picture of a page that no selector reads, for a person to look at."""
        kept = [("html", page.fetched.content, "text/html; charset=utf-8")]
        if page.picture:
            kept.append(("png", page.picture, "image/png"))
        for extension, content, content_type in kept:
            metadata = {"sha256": sha256(content), "source-key": key.landing}
            self.store.put(key.picture(extension), content, content_type, metadata)
        return key.picture("html")

    def _outcome(
        self,
        dataset: str,
        status: str,
        detail: str,
        source_key: str | None = None,
        http_status: int | None = None,
        records_in: int | None = None,
    ) -> Outcome:
        now = self.clock()
        return Outcome(
            stage="fetch",
            source_name=SOURCE,
            dataset_name=dataset,
            trade_date=now.astimezone(IST).date(),
            status=status,
            attempted_at=now,
            source_key=source_key,
            http_status=http_status,
            records_in=records_in,
            detail=redact(detail, self.secrets),
        )


def part_of(ticker: Ticker) -> str:
    """The symbol as a part of a key: the names of records tell which share they are about."""
    return re.sub(r"[^a-z0-9]+", "-", ticker.symbol.lower()).strip("-")
