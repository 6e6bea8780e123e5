"""A real Chromium against the simulated news sites: what moves, blocks, dies and never ends."""

import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psutil
import pytest

from ingestion.calendar import IST
from ingestion.errors import NoBrowser, SourceError
from ingestion.ingest_india_news import IndiaNewsIngest
from ingestion.loading import DATASETS, load_pending
from ingestion.news_tickers import Ticker, tickers
from ingestion.promotion import promote_pending
from ingestion.promotion.selectors import YAHOO_PAGE
from ingestion.settings import Settings
from ingestion.sources.browser import Browser
from ingestion.sources.google_news import GooglePage
from ingestion.sources.news_page import Site
from ingestion.sources.yahoo_news import YahooNews
from sandbox.exchange import Body, Delay, Exchange, Status
from sandbox.exchange.file_faults import PageLayout
from sandbox.exchange.press import largest, rows_of

PROGRAMS = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
needs_browser = pytest.mark.skipif(
    None in PROGRAMS.values(),
    reason="no Chromium here: apt-get install chromium chromium-driver, then run this again",
)
NOW = datetime(2025, 10, 16, 20, 0)
MB = 1 << 20


@pytest.fixture(scope="module")
def news_exchange(market):
    with Exchange(market, now=NOW) as server:
        yield server


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests; a step of a page may take two seconds."""
    with Browser(
        Path(str(PROGRAMS["chromium"])), Path(str(PROGRAMS["chromedriver"])), 24.0, 8
    ) as browser:
        yield browser


@pytest.fixture
def shares(market):
    return tickers(largest(market, NOW.date(), 3))


@pytest.fixture
def house(news_exchange, chromium, store):
    """(ingest, Yahoo, Google's page), with the limits of the browser as they were."""
    news_exchange.clear_faults()
    limits = chromium.deadline, chromium.scroll_limit
    site = Site(news_exchange.url, lambda: None, lambda: as_utc(NOW), 64 * MB)
    yield IndiaNewsIngest(store), YahooNews(site, chromium), GooglePage(site, chromium)
    chromium.deadline, chromium.scroll_limit = limits


def as_utc(moment):
    return moment.replace(tzinfo=IST).astimezone(UTC)


def path_of(share):
    return f"/quote/{share.symbol}.NS/news/"


def kill_chromium(browser):
    """kill -9, as the kernel does when memory ends: the browser, not its driver."""
    for process in psutil.Process(browser.process_id).children():
        process.kill()


@needs_browser
def test_a_page_that_loads_while_one_scrolls_is_read_to_its_end(house, market, shares, store):
    ingest, yahoo, _ = house
    outcome = ingest.bring(shares[0], yahoo)
    shown = rows_of(market, 0, NOW)
    assert len(shown) > 3 * 12  # what comes at once is a part
    assert (outcome.status, outcome.records_in) == ("ok", len(shown))
    (report,) = promote_pending(store)
    assert (report.promoted, report.quarantined) == (len(shown), 0)


@needs_browser
def test_one_browser_draws_all_pages_and_waits_its_turn_for_each_and_for_each_scroll(
    news_exchange, chromium, shares
):
    news_exchange.clear_faults()
    turns, begun = [], len(news_exchange.requests)
    site = Site(news_exchange.url, lambda: turns.append(True), lambda: as_utc(NOW), 64 * MB)
    YahooNews(site, chromium).fetch(shares[0])
    one, taken = chromium.process_id, len(turns)
    asked = [request.path for request in news_exchange.requests[begun:]]
    pieces = [path for path in asked if path.startswith(path_of(shares[0])) and "more" in path]
    assert len(pieces) >= 2
    assert taken >= 1 + len(pieces)  # one for the page, one for whatever a scroll brings
    YahooNews(site, chromium).fetch(shares[1])
    assert len(turns) > taken
    assert chromium.process_id == one


@needs_browser
def test_a_layout_that_breaks_the_first_selector_is_read_by_the_fallback(
    house, news_exchange, market, shares, store, warehouse
):
    ingest, yahoo, _ = house
    news_exchange.script(path_of(shares[0]), PageLayout("stream-content"))
    outcome = ingest.bring(shares[0], yahoo)
    assert outcome.status == "ok"
    assert "read by the fallback stream-content" in outcome.detail
    promote_pending(store)
    load_pending(DATASETS["india_news_headlines"], store, warehouse)
    with duckdb.connect(str(warehouse.path)) as con:
        query = "select payload->>'kind' from raw_data.india_news_headlines"
        found = Counter(kind for (kind,) in con.execute(query).fetchall())
    shown = Counter(row.kind for row in rows_of(market, 0, NOW))
    assert found == {
        "news": shown["story"],
        "advertisement": shown["advert"],
        "related": shown["related"] + shown["heading"],
        "empty": shown["empty"],
    }


@needs_browser
def test_a_page_that_no_selector_reads_is_kept_with_its_picture(
    house, news_exchange, shares, store, warehouse
):
    ingest, yahoo, _ = house
    yahoo.browser.deadline = 6.0
    news_exchange.script(path_of(shares[0]), PageLayout("unknown"))
    outcome = ingest.bring(shares[0], yahoo)
    assert outcome.status == "failed"
    assert "add a layout to ingestion/promotion/selectors.py" in outcome.detail
    kept = {item.key.rpartition(".")[2]: item.key for item in store.list("quarantine/")}
    assert set(kept) == {"html", "png"}
    assert kept["html"] in outcome.detail
    assert store.read(kept["png"]).content.startswith(b"\x89PNG")
    assert store.read(kept["html"]).content == store.read(outcome.source_key).content
    promote_pending(store)
    load_pending(DATASETS["quarantined_records"], store, warehouse)  # and nothing but records
    with duckdb.connect(str(warehouse.path)) as con:
        query = "select reason, source_key from raw_data.quarantined_records"
        assert con.execute(query).fetchall() == [("layout_drift", outcome.source_key)]


@needs_browser
def test_a_consent_wall_is_clicked_away(house, news_exchange, shares, market):
    ingest, yahoo, google = house
    news_exchange.script(path_of(shares[0]), PageLayout("consent"))
    asked = len(news_exchange.requests)
    outcome = ingest.bring(shares[0], yahoo)
    pages = [one for one in news_exchange.requests[asked:] if one.path == path_of(shares[0])]
    assert len(pages) == 2  # the wall, and the page behind it
    assert (outcome.status, outcome.records_in) == ("ok", len(rows_of(market, 0, NOW)))
    news_exchange.script("/search", PageLayout("consent"))
    assert ingest.bring(shares[0], google).status == "ok"


@needs_browser
def test_a_consent_wall_that_stays_is_an_outcome_and_the_others_go_on(
    house, news_exchange, shares, store
):
    ingest, yahoo, _ = house
    yahoo.browser.deadline = 6.0
    news_exchange.script(path_of(shares[1]), PageLayout("consent_stuck"))
    outcomes = ingest.bring_all(shares[:3], [yahoo])
    assert [outcome.status for outcome in outcomes] == ["ok", "blocked", "ok"]
    assert "add the button" in outcomes[1].detail
    assert {item.key[-4:] for item in store.list("quarantine/")} == {"html", ".png"}


@needs_browser
def test_a_browser_that_dies_in_mid_run_is_replaced_and_the_run_finished(house, shares, market):
    ingest, yahoo, _ = house
    asked = []

    def before_request():
        asked.append(time.monotonic())
        if len(asked) == 4:  # in the middle of the first page, between two scrolls
            kill_chromium(yahoo.browser)

    dying = YahooNews(Site(yahoo.site.url, before_request, yahoo.site.clock, MB), yahoo.browser)
    before = yahoo.browser.restarts
    outcomes = ingest.bring_all(shares[:2], [dying])
    assert [outcome.status for outcome in outcomes] == ["ok", "ok"]
    assert outcomes[0].records_in == len(rows_of(market, 0, NOW))
    assert yahoo.browser.restarts == before + 1


@needs_browser
def test_a_page_that_never_ends_is_bounded_by_scrolls_and_by_time(house, news_exchange, shares):
    ingest, yahoo, _ = house
    browser = yahoo.browser
    browser.scroll_limit = 5
    news_exchange.script(path_of(shares[0]), PageLayout("never_ends"), times=2)
    outcome = ingest.bring(shares[0], yahoo)
    assert outcome.status == "ok"
    assert 6 * 12 <= outcome.records_in <= 12 * 12  # a scroll may bring the next rows but one too
    assert "INVESTIQ_NEWS_SCROLL_LIMIT" in outcome.detail
    browser.deadline, browser.scroll_limit = 3.0, 1_000_000
    started = time.monotonic()
    outcome = ingest.bring(shares[0], yahoo)
    assert time.monotonic() - started < 3.0 + 5.0
    assert outcome.status == "ok"
    assert outcome.records_in > 6 * 12
    assert "only what came in time" in outcome.detail


@needs_browser
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Delay(seconds=60), "failed"),  # not a byte comes: the page before it still stands
        (Body("<html><script>while (true) {}</script>", "text/html"), "failed"),
        (Body("PK", "application/zip"), "failed"),  # a download: the same
    ],
    ids=["silence", "runaway script", "download"],
)
def test_a_page_that_does_not_come_never_passes_for_the_one_before_it(
    house, news_exchange, shares, fault, status
):
    ingest, yahoo, _ = house
    yahoo.browser.deadline = 2.5
    news_exchange.script(path_of(shares[1]), fault)
    outcomes = ingest.bring_all(shares[:3], [yahoo])
    assert [outcome.status for outcome in outcomes] == ["ok", status, "ok"]
    assert outcomes[1].records_in is None


@needs_browser
def test_the_page_of_google_news_has_a_fallback_too(house, news_exchange, shares):
    ingest, _, google = house
    news_exchange.script("/search", PageLayout("headings"))
    outcome = ingest.bring(shares[0], google)
    assert outcome.status == "ok"
    assert "read by the fallback headings" in outcome.detail


@needs_browser
def test_a_site_that_cannot_be_reached_says_so(chromium):
    with pytest.raises(SourceError, match="cannot reach"):
        chromium.render("http://127.0.0.1:9/", YAHOO_PAGE, lambda: None)


@needs_browser
def test_a_refusal_is_an_outcome_and_a_site_that_goes_on_refusing_is_left_in_peace(
    house, news_exchange
):
    ingest, yahoo, _ = house
    nobody = [Ticker(f"NOBODY{number}") for number in range(7)]  # the site answers 404
    outcomes = ingest.bring_all(nobody, [yahoo])
    assert [outcome.status for outcome in outcomes] == ["failed"] * 5
    assert "HTTP 404" in outcomes[0].detail


@needs_browser
def test_asking_too_much_is_a_quota_with_the_page_as_evidence(house, news_exchange, shares, store):
    ingest, yahoo, _ = house
    news_exchange.script(path_of(shares[0]), Status(429))
    outcome = ingest.bring(shares[0], yahoo)
    assert (outcome.status, outcome.http_status) == ("quota", 429)
    assert b"temporarily unavailable" in store.read(outcome.source_key).content


@needs_browser
def test_a_browser_leaves_nothing_behind(news_exchange, shares):
    programs = Path(str(PROGRAMS["chromium"])), Path(str(PROGRAMS["chromedriver"]))
    with Browser(*programs, 24.0, 0) as browser:
        browser.render(f"{news_exchange.url}{path_of(shares[0])}", YAHOO_PAGE, lambda: None)
        driver = psutil.Process(browser.process_id)
        family = [driver, *driver.children(recursive=True)]
        profile = Path(browser._profile)
        assert len(family) > 2
        assert profile.is_dir()
        driver.kill()  # even when its driver has died before it
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not profile.exists()


@needs_browser
def test_the_browser_of_a_killed_run_is_ended_by_the_next_one(news_exchange, shares):
    url = f"{news_exchange.url}{path_of(shares[0])}"
    programs = [str(PROGRAMS["chromium"]), str(PROGRAMS["chromedriver"])]
    run = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ingestion.promotion.selectors import YAHOO_PAGE\n"
        "from ingestion.sources.browser import Browser\n"
        "browser = Browser(Path(sys.argv[1]), Path(sys.argv[2]), 24.0, 0)\n"
        "browser.render(sys.argv[3], YAHOO_PAGE, lambda: None)\n"
        "print(browser.process_id, browser._profile, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", run, *programs, url], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    driver, profile = killed.stdout.split()
    assert psutil.pid_exists(int(driver))
    with Browser(*map(Path, programs), 24.0, 0) as browser:
        browser.render(url, YAHOO_PAGE, lambda: None)
    assert not Path(profile).exists()
    left = psutil.Process(int(driver)) if psutil.pid_exists(int(driver)) else None
    assert left is None or left.status() == psutil.STATUS_ZOMBIE  # whoever adopted it must reap it


def test_no_chromium_is_one_clear_error(clean_environment, tmp_path):
    clean_environment.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrowser, match="apt-get install chromium chromium-driver"):
        Browser.of(Settings())
    with pytest.raises(NoBrowser, match="INVESTIQ_CHROMEDRIVER"):
        Browser.of(Settings(chromium=Path("/bin/true"), chromedriver=tmp_path / "none"))
