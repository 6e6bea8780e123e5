"""Daily quotes of the National Stock Exchange from RapidAPI *latest-stock-price*.

Source: https://latest-stock-price.p.rapidapi.com/any (shares and indices, as they stand now).
Lands in: landing/source=rapidapi/dataset=quotes/. Run alone: `investiq ingest --source live`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from ingestion.errors import Blocked, ConfigurationError, QuotaExceeded, SourceError
from ingestion.fetched import Fetched
from ingestion.http import HttpPolicy, Reply, get
from ingestion.limits import Quota, QuotaGuard, quota_guard
from ingestion.redaction import redact
from ingestion.settings import Settings

SOURCE, DATASET = "rapidapi", "quotes"
PATH = "/any"


@dataclass(frozen=True, slots=True)
class RapidApiQuotes:
    """The API behind one key; `before_try` guards the quota before every request."""

    url: str
    host: str
    key: str = field(repr=False)
    policy: HttpPolicy
    clock: Callable[[], datetime]
    before_try: Callable[[], None]

    def fetch(self, trade_date: date) -> Fetched:
        """All quotes as they stand now; `trade_date` is the session they are asked for.

        Returns:
            The body of an HTTP 200, whatever it is: judging it is the caller's.

        Raises:
            QuotaExceeded, Blocked, SourceError: with the API's own words, and the reply in
                `evidence` where there was one.
        """
        reply = get(
            f"{self.url.rstrip('/')}{PATH}",
            headers={"X-RapidAPI-Key": self.key, "X-RapidAPI-Host": self.host},
            params={},
            policy=self.policy,
            secrets=[self.key],
            before_try=self.before_try,
        )
        fetched = Fetched(
            source=SOURCE,
            dataset=DATASET,
            trade_date=trade_date,
            fetched_at=self.clock(),
            content=reply.content,
            content_type=reply.content_type,
            http_status=reply.status,
            url=redact(reply.url, [self.key]),
        )
        if reply.status != 200:
            raise self._refusal(reply).with_evidence(fetched)
        return fetched

    def _refusal(self, reply: Reply) -> SourceError:
        said = redact(" ".join(reply.content.decode("utf-8", "replace").split())[:200], [self.key])
        if reply.status == 429:
            reset = reply.headers.get("x-ratelimit-requests-reset")
            again = f"in {reset} seconds" if reset else "later"
            return QuotaExceeded(f"RapidAPI refuses: {said}. Run the command again {again}.")
        if reply.status in (401, 403):
            return Blocked(
                f"RapidAPI refuses the key (HTTP {reply.status}: {said}). Check "
                "INVESTIQ_RAPIDAPI_KEY and that the key is subscribed to latest-stock-price."
            )
        return SourceError(
            f"RapidAPI answers HTTP {reply.status} ({said}). Run the command again later; "
            "`investiq status` shows the attempts."
        )


@contextmanager
def rapidapi_quotes(settings: Settings, clock: Callable[[], datetime]) -> Iterator[RapidApiQuotes]:
    """The source as the settings describe it, with its quota guard.

    Raises:
        ConfigurationError: no key is set.
    """
    if settings.rapidapi_key is None:
        raise ConfigurationError(
            "No key for RapidAPI is set. Subscribe to latest-stock-price on rapidapi.com and set "
            "INVESTIQ_RAPIDAPI_KEY, or use `--source sandbox` or `--source directory PATH`."
        )
    quota = Quota(SOURCE, settings.rapidapi_requests_per_second, settings.rapidapi_requests_per_day)
    with quota_guard(quota, settings.home / "limits") as guard:
        yield _source(settings, clock, guard)


def _source(settings: Settings, clock: Callable[[], datetime], guard: QuotaGuard) -> RapidApiQuotes:
    key = settings.rapidapi_key
    return RapidApiQuotes(
        url=settings.rapidapi_url,
        host=settings.rapidapi_host,
        key=key.get_secret_value() if key else "",
        policy=HttpPolicy.of(settings),
        clock=clock,
        before_try=guard.acquire,
    )
