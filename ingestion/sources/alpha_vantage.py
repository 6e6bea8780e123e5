"""Global news from Alpha Vantage NEWS_SENTIMENT, by topic and window of time.

Source: https://www.alphavantage.co/query (25 requests a day and one a second for nothing).
Lands in: landing/source=alpha_vantage/dataset=news/. Run alone: `investiq news`.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ingestion.calendar import IST
from ingestion.errors import Blocked, ConfigurationError, QuotaExceeded, SourceError
from ingestion.fetched import Fetched
from ingestion.http import HttpPolicy, Reply, get
from ingestion.limits import Quota, quota_guard
from ingestion.news_windows import Window
from ingestion.promotion.alpha_vantage import DATASET, SOURCE, asks_to_slow_down
from ingestion.redaction import redact
from ingestion.settings import Settings

PATH = "/query"
MOST = 1000  # articles that a reply may hold at most
_LIMITER = "alphavantage"  # as the settings spell it
_MINUTE = "%Y%m%dT%H%M"
_TOPIC = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class AlphaVantageNews:
    """The API behind one key; `before_try` guards the quota before every request."""

    url: str
    key: str = field(repr=False)
    policy: HttpPolicy
    clock: Callable[[], datetime]
    before_try: Callable[[], None]

    def fetch(self, window: Window, limit: int) -> Fetched:
        """The earliest `limit` articles of a topic in a window.

        A reply that asks to slow down is tried again, as often as the policy allows.

        Returns:
            The body of an HTTP 200, whatever it is: judging it is the caller's.

        Raises:
            QuotaExceeded, Blocked, SourceError: with the API's own words, and the reply in
                `evidence` where there was one.
        """
        for tries_left in reversed(range(self.policy.tries)):
            reply = self._get(window, limit)
            if not tries_left or not asks_to_slow_down(reply.content, reply.content_type):
                break
            time.sleep(self.policy.backoff)
        fetched = self._fetched(reply, window, limit)
        if reply.status != 200:
            raise self._refusal(reply).with_evidence(fetched)
        return fetched

    def _get(self, window: Window, limit: int) -> Reply:
        return get(
            f"{self.url.rstrip('/')}{PATH}",
            headers={"Accept": "application/json"},
            params={
                "function": "NEWS_SENTIMENT",
                "topics": window.topic,
                "time_from": window.first.strftime(_MINUTE),
                "time_to": window.last.strftime(_MINUTE),
                "sort": "EARLIEST",
                "limit": str(limit),
                "apikey": self.key,
            },
            policy=self.policy,
            secrets=[self.key],
            before_try=self.before_try,
        )

    def _fetched(self, reply: Reply, window: Window, limit: int) -> Fetched:
        now = self.clock()
        return Fetched(
            source=SOURCE,
            dataset=DATASET,
            trade_date=now.astimezone(IST).date(),
            fetched_at=now,
            content=reply.content,
            content_type=reply.content_type,
            http_status=reply.status,
            url=redact(reply.url, [self.key]),
            notes={
                "topic": window.topic,
                "window-from": window.first.strftime(_MINUTE),
                "window-to": window.last.strftime(_MINUTE),
                "limit": str(limit),
            },
        )

    def _refusal(self, reply: Reply) -> SourceError:
        said = redact(" ".join(reply.content.decode("utf-8", "replace").split())[:200], [self.key])
        if reply.status == 429:
            return QuotaExceeded(f"Alpha Vantage refuses: {said}. Run the command again tomorrow.")
        if reply.status in (401, 403):
            return Blocked(
                f"Alpha Vantage refuses the key (HTTP {reply.status}: {said}). Check "
                "INVESTIQ_ALPHAVANTAGE_KEY."
            )
        return SourceError(
            f"Alpha Vantage answers HTTP {reply.status} ({said}). Run the command again later; "
            "`investiq status` shows the attempts."
        )


@contextmanager
def alpha_vantage_news(
    settings: Settings, clock: Callable[[], datetime]
) -> Iterator[AlphaVantageNews]:
    """The source as the settings describe it, with its quota guard.

    Raises:
        ConfigurationError: no key is set.
    """
    if settings.alphavantage_key is None:
        raise ConfigurationError(
            "No key for Alpha Vantage is set. Claim a free one at "
            "https://www.alphavantage.co/support/#api-key and set INVESTIQ_ALPHAVANTAGE_KEY, or "
            "use `--source sandbox`."
        )
    quota = Quota(
        _LIMITER,
        settings.alphavantage_requests_per_second,
        settings.alphavantage_requests_per_day,
    )
    with quota_guard(quota, settings.home / "limits") as guard:
        yield AlphaVantageNews(
            url=settings.alphavantage_url,
            key=settings.alphavantage_key.get_secret_value(),
            policy=HttpPolicy.of(settings),
            clock=clock,
            before_try=guard.acquire,
        )


def topics_of(settings: Settings) -> tuple[str, ...]:
    """The topics that the settings name, each once.

    Raises:
        ConfigurationError: one of them cannot be the name of a topic, or there is none.
    """
    topics = tuple(
        dict.fromkeys(filter(None, map(str.strip, settings.alphavantage_topics.split(","))))
    )
    odd = [topic for topic in topics if not _TOPIC.fullmatch(topic)]
    if odd or not topics:
        raise ConfigurationError(
            f"INVESTIQ_ALPHAVANTAGE_TOPICS names {', '.join(odd) or 'no topic'}. Topics are "
            "written as financial_markets,earnings; .env.example has the default."
        )
    return topics
