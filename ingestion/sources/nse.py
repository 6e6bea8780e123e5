"""The exchange's own files and feeds, fetched as politely as a browser.

Source: https://nsearchives.nseindia.com and https://www.nseindia.com/api; what there is and since
when: `nse_files.py`. Lands in: landing/source=nse/dataset=…/. Run alone: `investiq backfill`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ingestion.errors import Blocked, NotPublished, SourceError
from ingestion.fetched import Fetched
from ingestion.http import HttpPolicy, Reply, get
from ingestion.limits import Quota, quota_guard
from ingestion.settings import Settings
from ingestion.sources.nse_files import SOURCE, ArchiveFile

# Any other client is turned away; the Referer is what the site's own download links send.
_BROWSER = {
    "User-Agent": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/142.0.0.0 Safari/537.36"
    ),
    "Accept": "*/*",
    "Accept-Language": "en-US,en;q=0.9",
    "Referer": "https://www.nseindia.com/",
}
_BOT_WALL = (b"access denied", b"captcha", b"unusual traffic")
_ADVICE = (
    "It turns away who asks too fast, and the addresses of clouds: wait an hour and run the "
    "command again, or download the files in a browser and use `--source directory PATH`."
)


@dataclass(frozen=True, slots=True)
class NseArchives:
    """Both hosts behind one pace; `before_try` waits for its turn before every request."""

    archives_url: str
    site_url: str
    policy: HttpPolicy
    clock: Callable[[], datetime]
    before_try: Callable[[], None]
    _cookies: dict[str, str] = field(default_factory=dict, repr=False)

    def fetch(self, file: ArchiveFile) -> Fetched:
        """The file as it is served now; whether it is what its name says is the caller's to judge.

        Raises:
            NotPublished: the exchange has no such file (yet).
            Blocked: it refuses us; the reply is in `evidence`.
            SourceError: anything else; the reply is in `evidence` where there was one.
        """
        reply = self._from_archives(file) if file.host == "archives" else self._from_site(file)
        fetched = Fetched(
            source=SOURCE,
            dataset=file.dataset,
            trade_date=file.trade_date,
            fetched_at=self.clock(),
            content=reply.content,
            content_type=reply.content_type,
            http_status=reply.status,
            url=reply.url,
            notes={"file-name": file.name},
        )
        problem = _problem(file, reply)
        if problem:
            raise problem if isinstance(problem, NotPublished) else problem.with_evidence(fetched)
        return fetched

    def _from_archives(self, file: ArchiveFile) -> Reply:
        return self._get(f"{self.archives_url.rstrip('/')}{file.path}", file.params)

    def _from_site(self, file: ArchiveFile) -> Reply:
        """The API wants the cookies of the home page, and new ones when they have grown old."""
        url = f"{self.site_url.rstrip('/')}{file.path}"
        had_cookies = bool(self._cookies)
        if not had_cookies:
            self._take_cookies()
        reply = self._get(url, file.params, self._cookies)
        if reply.status in (401, 403) and had_cookies:
            self._take_cookies()
            reply = self._get(url, file.params, self._cookies)
        return reply

    def _take_cookies(self) -> None:
        """The home page sets them even when it answers 403."""
        self._cookies.clear()
        self._cookies.update(self._get(f"{self.site_url.rstrip('/')}/").cookies)

    def _get(
        self, url: str, params: Mapping[str, str] | None = None, cookies: Mapping[str, str] = {}
    ) -> Reply:
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return get(
            url,
            headers={**_BROWSER, **({"Cookie": sent} if sent else {})},
            params=params or {},
            policy=self.policy,
            before_try=self.before_try,
        )


def _problem(file: ArchiveFile, reply: Reply) -> SourceError | None:
    """Why a reply is no file; a page that is no bot wall stands where a file is not there yet."""
    is_page = reply.content_type.lower().startswith("text/html")
    walled = is_page and any(sign in reply.content[:4096].lower() for sign in _BOT_WALL)
    if reply.status in (401, 403) or (reply.status == 200 and walled):
        return Blocked(f"The exchange refuses {file.name} (HTTP {reply.status}). {_ADVICE}")
    if file.host == "archives" and (reply.status == 404 or (reply.status == 200 and is_page)):
        return NotPublished(
            f"There is no {file.name} (HTTP {reply.status}). Files appear from about 18:30 IST on; "
            "the next run asks again."
        )
    if reply.status != 200:
        return SourceError(
            f"The exchange answers HTTP {reply.status} for {file.name}. Run the command again "
            "later; `investiq status` shows the attempts."
        )
    return None


@contextmanager
def nse_archives(settings: Settings, clock: Callable[[], datetime]) -> Iterator[NseArchives]:
    """The source as the settings describe it, with its pace kept across processes."""
    quota = Quota(SOURCE, settings.nse_requests_per_second, settings.nse_requests_per_day)
    with quota_guard(quota, settings.home / "limits") as guard:
        yield NseArchives(
            archives_url=settings.nse_archives_url,
            site_url=settings.nse_url,
            policy=HttpPolicy.of(settings),
            clock=clock,
            before_try=guard.acquire,
        )
