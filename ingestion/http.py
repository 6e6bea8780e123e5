"""One polite GET: bounded tries, `Retry-After` honoured, a deadline over all of it, a size limit.

urllib3's `Retry` decides what is tried again; a body that breaks off is tried again by the same
rules. Redirects are not followed: they would carry the key to another host.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError, MaxRetryError, ReadTimeoutError, ResponseError
from urllib3.exceptions import InvalidHeader as OddRetryAfter
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry
from urllib3.util.timeout import Timeout

from ingestion.errors import (
    ConfigurationError,
    DeadlineExceeded,
    QuotaExceeded,
    SchemaDrift,
    SourceError,
    TruncatedFetch,
)
from ingestion.redaction import redact, redacted_logs
from ingestion.settings import Settings

USER_AGENT = "InvestIQ-Metrics/0.1"
_CHUNK = 64 * 1024
_GRACE = 0.5  # seconds for the reader itself to notice the deadline and to say more about it
_RETRIED = (429, 500, 502, 503, 504)
_LOGS_URLS = ("urllib3.connectionpool", "urllib3.util.retry")
_MALFORMED = (InvalidURL, MissingSchema, InvalidSchema, InvalidHeader, UnicodeError)


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """How patient a fetch is; times in seconds, sizes in decoded bytes."""

    tries: int = 4
    backoff: float = 1.0
    read_timeout: float = 20.0
    deadline: float = 120.0
    max_bytes: int = 64 * 1024 * 1024

    @classmethod
    def of(cls, settings: Settings) -> "HttpPolicy":
        """As patient as the settings say."""
        return cls(
            tries=settings.http_tries,
            backoff=settings.http_backoff_seconds,
            read_timeout=settings.http_read_timeout_seconds,
            deadline=settings.http_deadline_seconds,
            max_bytes=settings.max_body_bytes,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever the status; `url` without secrets."""

    status: int
    content: bytes
    content_type: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Budget:
    """The time that is left for one fetch, and the guard that every try passes."""

    ends_at: float
    before_try: Callable[[], None]

    @classmethod
    def of(cls, seconds: float, before_try: Callable[[], None]) -> "_Budget":
        return cls(time.monotonic() + seconds, before_try)

    def left(self) -> float:
        return self.ends_at - time.monotonic()


class _TimeLeft(Timeout):
    """urllib3 clones the timeout for every try: each may wait as long as the budget still has."""

    def __init__(self, longest: float, budget: _Budget) -> None:
        super().__init__(longest)
        self._longest = longest
        self._budget = budget

    def clone(self) -> Timeout:
        return Timeout(max(0.1, min(self._longest, self._budget.left())))


class _PoliteRetry(Retry):
    """urllib3's Retry within a budget: it never sleeps past the deadline."""

    budget: _Budget

    def new(self, **changes: Any) -> Self:
        fresh = super().new(**changes)
        fresh.budget = self.budget
        return fresh

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        if response is not None and _day_is_spent(response.status, response.headers):
            raise MaxRetryError(_pool, url or "", ResponseError("the daily quota is used up"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        told = self._told(response)
        pause = self.get_backoff_time() if told is None else told
        if pause > self.budget.left():
            if response is not None and response.status == 429:
                raise QuotaExceeded(
                    f"The upstream asks to wait {pause:.0f} s, longer than the deadline allows. "
                    "Run the command again after that time."
                )
            raise DeadlineExceeded(
                f"The next try would come in {pause:.0f} s, after the deadline. Run the command "
                "again later, or raise INVESTIQ_HTTP_DEADLINE_SECONDS."
            )
        time.sleep(pause)
        self.budget.before_try()

    def _told(self, response: BaseHTTPResponse | None) -> float | None:
        """The pause that `Retry-After` asks for; one that nobody can read asks for none."""
        try:
            return self.get_retry_after(response) if response is not None else None
        except (OddRetryAfter, ValueError):
            return None


def get(
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    policy: HttpPolicy,
    secrets: Sequence[str] = (),
    before_try: Callable[[], None] = lambda: None,
) -> Reply:
    """GET the URL and read the whole body; the status is the caller's to judge.

    Args:
        before_try: called before every try, the first included; the place of a rate limiter.

    Raises:
        DeadlineExceeded: all tries together took too long, a dripping body included.
        QuotaExceeded: the upstream asks for a longer pause than the deadline allows.
        TruncatedFetch: the body broke off in every try.
        SchemaDrift: the body is larger than `policy.max_bytes`, packed or not.
        SourceError: no connection.
        ConfigurationError: the URL or a header (a key with a line end) cannot be sent.
    """
    retry = _PoliteRetry(
        total=policy.tries - 1,
        backoff_factor=policy.backoff,
        backoff_jitter=policy.backoff / 4,
        status_forcelist=_RETRIED,
        raise_on_status=False,
        redirect=False,
    )
    budget = retry.budget = _Budget.of(policy.deadline, before_try)
    return _within(
        policy.deadline + _GRACE,
        lambda: _get_quietly(url, headers, params, policy, secrets, retry, budget),
    )


def _within(seconds: float, call: Callable[[], Reply]) -> Reply:
    """Run the call, but wait no longer: headers that drip are read where no deadline is looked at.

    Whoever is given up ends by itself: it never sleeps past the deadline nor tries again after it.
    """
    ended: Future[Reply] = Future()

    def work() -> None:
        try:
            ended.set_result(call())
        except BaseException as problem:
            ended.set_exception(problem)

    threading.Thread(target=work, name="fetch", daemon=True).start()
    try:
        return ended.result(timeout=seconds)
    except FutureTimeout:
        raise DeadlineExceeded(
            "The source sends its answer too slowly to be waited for. Run the command again "
            "later, or raise INVESTIQ_HTTP_DEADLINE_SECONDS."
        ) from None


def _get_quietly(
    url: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    policy: HttpPolicy,
    secrets: Sequence[str],
    retry: _PoliteRetry,
    budget: _Budget,
) -> Reply:
    """Like `_get`; urllib3 logs whole URLs, so a key in one is cut out of what it logs."""
    with redacted_logs(_LOGS_URLS, secrets):
        return _get(url, headers, params, policy, secrets, retry, budget)


def _get(
    url: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    policy: HttpPolicy,
    secrets: Sequence[str],
    retry: _PoliteRetry,
    budget: _Budget,
) -> Reply:
    """All tries of one GET, within the budget."""
    budget.before_try()
    with requests.Session() as session:
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"})
        while True:
            session.mount(url, HTTPAdapter(max_retries=retry))
            response = _opened(session, url, headers, params, policy, budget, secrets)
            try:
                with response:
                    return _reply(response, policy, budget)
            except (requests.RequestException, HTTPError) as broken:
                said = redact(_innermost(broken), secrets)
                # What urllib3 has tried already counts: the reply brings its own Retry along.
                used = getattr(response.raw, "retries", None) or retry
                try:
                    retry = used.increment("GET", url, error=_as_read_error(broken))
                except MaxRetryError:
                    raise _final(broken, said, policy) from None
            retry.sleep()


def _opened(
    session: requests.Session,
    url: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    policy: HttpPolicy,
    budget: _Budget,
    secrets: Sequence[str],
) -> requests.Response:
    """The reply with its body still to come; urllib3 has tried as often as it may."""
    try:
        return session.get(
            url,
            headers=dict(headers),
            params=dict(params),
            stream=True,
            timeout=_TimeLeft(policy.read_timeout, budget),  # type: ignore[arg-type]
            allow_redirects=False,
        )
    except _MALFORMED as malformed:
        # Neither the text nor the cause is passed on: both may hold the key.
        raise ConfigurationError(
            f"The request cannot be sent: its URL or a header is malformed "
            f"({type(malformed).__name__}). A URL starts with https://, a key holds no blanks or "
            "line ends: check the INVESTIQ_ variables; `investiq doctor` shows them."
        ) from None
    except (requests.RequestException, HTTPError) as broken:
        raise _final(broken, redact(_innermost(broken), secrets), policy) from None


def _reply(response: requests.Response, policy: HttpPolicy, budget: _Budget) -> Reply:
    return Reply(
        status=response.status_code,
        content=_read_body(response, policy, budget),
        content_type=response.headers.get("Content-Type", ""),
        url=response.url,
        headers=dict(response.headers),
        cookies=dict(response.cookies.get_dict()),
    )


def _read_body(response: requests.Response, policy: HttpPolicy, budget: _Budget) -> bytes:
    """Read what arrives as it arrives, so that a body that drips meets the deadline."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        chunks.append(chunk)
        if size > policy.max_bytes:
            raise SchemaDrift(
                f"The reply is larger than {policy.max_bytes} bytes when unpacked. If the source "
                "really grew, raise INVESTIQ_MAX_BODY_BYTES; otherwise report it to the provider."
            )
        if budget.left() <= 0:
            raise DeadlineExceeded(
                f"Only {size} bytes came within {policy.deadline:.0f} s. Run the command again, or "
                "raise INVESTIQ_HTTP_DEADLINE_SECONDS."
            )
    return b"".join(chunks)


def _day_is_spent(status: int, headers: Mapping[str, str]) -> bool:
    return status == 429 and headers.get("x-ratelimit-requests-remaining") == "0"


def _as_read_error(broken: Exception) -> Exception:
    """Retry counts connection and read errors apart; all that breaks a GET may be tried again."""
    cause = broken.args[0] if broken.args and isinstance(broken.args[0], Exception) else broken
    return cause if isinstance(cause, HTTPError) else broken


def _final(broken: Exception, said: str, policy: HttpPolicy) -> SourceError:
    cause = _as_read_error(broken)
    if isinstance(cause, MaxRetryError):
        return SourceError(
            f"The source could not be reached in {policy.tries} tries ({said}). Check the "
            "connection and the URL; `investiq doctor` tries each source."
        )
    if isinstance(cause, ReadTimeoutError) or isinstance(broken, requests.Timeout):
        return DeadlineExceeded(
            f"The source stopped answering ({said}). Run the command again later."
        )
    return TruncatedFetch(
        f"The reply broke off in each of {policy.tries} tries ({said}); nothing was landed. "
        "Run the command again later."
    )


def _innermost(broken: Exception) -> str:
    reason: Any = broken
    while True:
        inner = getattr(reason, "reason", None)
        if not isinstance(inner, Exception):
            inner = (
                reason.args[0] if reason.args and isinstance(reason.args[0], Exception) else None
            )
        if inner is None:
            return f"{type(reason).__name__}: {str(reason)[:200]}"
        reason = inner
