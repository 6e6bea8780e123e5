"""One headless Chromium for a run: it draws pages that need a browser, and is replaced if it dies.

Selenium drives it. Every page has a deadline; what is waited for is named by the selectors of
`ingestion/promotion/selectors.py`; a page that loads while one scrolls is scrolled until nothing
more comes, the limit of scrolls is reached or the time is up. Nothing here reads what a page says.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.support.ui import WebDriverWait
from urllib3.exceptions import HTTPError

from ingestion.errors import DeadlineExceeded, NoBrowser, SourceError
from ingestion.promotion.selectors import PageSelectors
from ingestion.settings import Settings
from ingestion.sources.browser_processes import clear_after_the_dead, end, new_profile

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_POLL = 0.1
_APPEARS = 4  # a page whose scripts draw nothing for this part of the deadline stays as it is
_STEPS = 12  # a scroll or a click may keep us waiting for this part of the deadline
_HARD = 10.0  # seconds beyond the deadline after which a silent browser is taken to be dead
_STATUS = "return (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0"
_HOW_MANY = "return document.querySelectorAll(arguments[0]).length"
_TO_THE_END = """
const items = document.querySelectorAll(arguments[0]);
if (items.length) items[items.length - 1].scrollIntoView({block: 'center'});
window.scrollTo(0, document.documentElement.scrollHeight);
"""
_FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--no-default-browser-check", "--mute-audio", "--lang=en-IN",
    "--window-size=1280,1600", "--blink-settings=imagesEnabled=false",
)  # fmt: skip
_DIED = (WebDriverException, HTTPError, OSError)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as it stood in the end.

    Attributes:
        status: of HTTP, as the browser knows it; 0 where it does not.
        ended: complete, scroll_limit or deadline: why no more was waited for.
        picture: a PNG, only of a page that no selector knows.
    """

    html: str
    status: int
    ended: str
    items: int
    picture: bytes = b""


@dataclass(slots=True)
class Browser:
    """Made once for a run and closed by leaving its context; it starts with the first page.

    Attributes:
        deadline: seconds for one page, scrolling included.
        scroll_limit: how often one page is scrolled at most.
        restarts: how often a dead browser was replaced so far.
    """

    chromium: Path
    chromedriver: Path
    deadline: float
    scroll_limit: int
    restarts: int = 0
    _driver: webdriver.Chrome | None = None
    _profile: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The browser that the settings name, or that PATH has.

        Raises:
            NoBrowser: Chromium or its driver is missing.
        """
        return cls(
            chromium=_program(settings.chromium, _NAMES, "INVESTIQ_CHROMIUM"),
            chromedriver=_program(
                settings.chromedriver, ("chromedriver",), "INVESTIQ_CHROMEDRIVER"
            ),
            deadline=settings.news_page_deadline_seconds,
            scroll_limit=settings.news_scroll_limit,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """Of the driver, whose children are the browser; None while none runs."""
        return self._driver.service.process.pid if self._driver else None

    def render(
        self, url: str, selectors: PageSelectors, before_request: Callable[[], None]
    ) -> Rendered:
        """Draw the page; when the browser dies over it, once more in a new one.

        Args:
            before_request: waits for its turn, before the page and before each scroll.

        Raises:
            DeadlineExceeded: not even the beginning of the page came in time, or it runs away.
            SourceError: the page cannot be reached, or the browser died over it twice.
        """
        for last in (False, True):
            try:
                return self._render(url, selectors, before_request)
            except TimeoutException:
                self.close()  # what runs away in one page would hold up all that follow
                self.restarts += 1
                raise DeadlineExceeded(
                    "The page keeps the browser busy without end, so both were given up. Run the "
                    "command again later; if it happens again, report the page."
                ) from None
            except _DIED as problem:
                said = str(getattr(problem, "msg", None) or problem).split("\n")[0][:200]
                if self._lives(problem):
                    raise SourceError(
                        f"The browser cannot open the page ({said}). Check the connection and the "
                        "URL; run the command again later."
                    ) from None
                self.close()
                self.restarts += 1
                if last:
                    raise SourceError(
                        f"The browser died twice over this page ({type(problem).__name__}: {said})."
                        " Look at the memory of the machine, then run the command again."
                    ) from None
        raise AssertionError("the loop above returns or raises")

    def close(self) -> None:
        """End the browser with all its processes, however it stands with it."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        end(self._profile, driver.service.process.pid)
        driver.service.process.wait(timeout=5)

    def _render(
        self, url: str, selectors: PageSelectors, before_request: Callable[[], None]
    ) -> Rendered:
        before_request()
        driver = self._started()
        ends_at = time.monotonic() + self.deadline
        driver.set_page_load_timeout(self.deadline)
        driver.get("about:blank")  # so that a page that does not come cannot pass for the last one
        try:
            driver.get(url)
        except TimeoutException:
            if not _count(driver, selectors.items):
                raise DeadlineExceeded(
                    f"The page did not come within {self.deadline:.0f} s. Run the command again "
                    "later, or raise INVESTIQ_NEWS_PAGE_DEADLINE_SECONDS."
                ) from None
        if str(driver.execute_script("return document.URL")).startswith("chrome-error:"):
            raise SourceError(
                "The browser cannot reach the page. Check the connection and the URL of the site; "
                "`investiq doctor` shows what is configured."
            )
        status = int(driver.execute_script(_STATUS) or 0)
        appears_by = time.monotonic() + self.deadline / _APPEARS
        known = ", ".join((selectors.items, *selectors.nothing, *selectors.consent))
        ended = "complete"
        if status < 400 and _wait(driver, min(ends_at, appears_by), known):
            if not _count(driver, selectors.items):
                self._pass_wall(driver, selectors, ends_at)
            ended = self._scroll(driver, selectors.items, ends_at, before_request)
        items = _count(driver, selectors.items)
        html, picture = driver.page_source, b""
        if not items:
            with contextlib.suppress(WebDriverException):
                picture = driver.get_screenshot_as_png()
        return Rendered(html, status, ended, items, picture)

    def _scroll(
        self,
        driver: webdriver.Chrome,
        items: str,
        ends_at: float,
        before_request: Callable[[], None],
    ) -> str:
        """Go to the end of the list until a scroll brings nothing more."""
        for _ in range(self.scroll_limit):
            before = _count(driver, items)
            if not before:
                return "complete"
            before_request()
            if time.monotonic() >= ends_at:
                return "deadline"
            driver.execute_script(_TO_THE_END, items)
            if not _wait(driver, self._patience(ends_at), items, more_than=before):
                return "deadline" if time.monotonic() >= ends_at else "complete"
        return "scroll_limit"

    def _pass_wall(
        self, driver: webdriver.Chrome, selectors: PageSelectors, ends_at: float
    ) -> None:
        """Press the buttons of a consent wall until it is gone; it may stay."""
        behind = ", ".join((selectors.items, *selectors.nothing))
        for selector in selectors.consent:
            for button in driver.find_elements(By.CSS_SELECTOR, selector)[:1]:
                driver.execute_script("arguments[0].click()", button)
                if _wait(driver, self._patience(ends_at), behind):
                    return

    def _patience(self, ends_at: float) -> float:
        """Until when one step may keep us waiting."""
        return min(ends_at, time.monotonic() + self.deadline / _STEPS)

    def _started(self) -> webdriver.Chrome:
        if self._driver is None:
            clear_after_the_dead()
            self._profile = new_profile()
            options = Options()
            options.binary_location = str(self.chromium)
            options.page_load_strategy = "eager"
            options.unhandled_prompt_behavior = "dismiss"  # a page that shouts is not listened to
            flags = [*_FLAGS, f"--user-data-dir={self._profile}"]
            if os.geteuid() == 0:
                flags.append("--no-sandbox")  # Chromium's own does not run as root
            for flag in flags:
                options.add_argument(flag)
            service = Service(executable_path=str(self.chromedriver))
            try:
                self._driver = webdriver.Chrome(options=options, service=service)
            except _DIED:
                shutil.rmtree(self._profile, ignore_errors=True)
                raise
            if isinstance(self._driver.command_executor, RemoteConnection):
                self._driver.command_executor.client_config.timeout = int(self.deadline + _HARD)
        return self._driver

    def _lives(self, problem: Exception) -> bool:
        """Whether the browser that complains still answers."""
        if self._driver is None or not isinstance(problem, WebDriverException):
            return False
        try:
            return bool(self._driver.window_handles)
        except _DIED:
            return False


def _count(driver: webdriver.Chrome, css: str) -> int:
    return int(driver.execute_script(_HOW_MANY, css))


def _wait(driver: webdriver.Chrome, until: float, css: str, more_than: int = 0) -> bool:
    """Whether more elements than that were there in time."""
    waiting = WebDriverWait(driver, max(0.0, until - time.monotonic()), poll_frequency=_POLL)
    try:
        return bool(waiting.until(lambda _: _count(driver, css) > more_than))
    except TimeoutException:
        return False


def _program(named: Path | None, names: tuple[str, ...], variable: str) -> Path:
    if named is not None:
        found = shutil.which(named)
    else:
        found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise NoBrowser(
            f"There is no {named or names[0]} on this machine, so no page that needs a browser is "
            f"asked for; feeds are. Install it (`apt-get install chromium chromium-driver`) or "
            f"name it in {variable}."
        )
    return Path(found)
