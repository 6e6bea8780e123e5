"""The client of the exchange's archives against the simulated exchange."""

import time
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from ingestion.errors import Blocked, NotPublished, SourceError, TruncatedFetch
from ingestion.settings import Settings
from ingestion.sources import nse_files
from ingestion.sources.nse import nse_archives
from sandbox import archives
from sandbox.exchange.faults import BotPage, CutBody, Status

DAY = date(2024, 4, 26)
EVENING = datetime(2024, 4, 26, 20, 0)


@pytest.fixture
def settings(exchange, tmp_path):
    exchange.set_clock(EVENING)
    return Settings(
        home=tmp_path,
        nse_archives_url=exchange.url,
        nse_url=exchange.url,
        nse_requests_per_second=1000,
        http_tries=2,
        http_backoff_seconds=0.01,
        http_deadline_seconds=5,
    )


@pytest.fixture
def nse(settings):
    with nse_archives(settings, lambda: datetime.now(UTC)) as source:
        yield source


def one(files):
    return next(iter(files))


def test_a_file_comes_as_it_is_served(nse, market):
    legacy, udiff = nse_files.dated("bhavcopy", DAY)
    got = nse.fetch(udiff)
    assert got.content == archives.udiff_bhavcopy(market, DAY)
    assert (got.source, got.dataset, got.trade_date) == ("nse", "bhavcopy_udiff", DAY)
    assert got.notes["file-name"] == "BhavCopy_NSE_CM_0_0_0_20240426_F_0000.csv.zip"
    assert nse.fetch(legacy).content == archives.legacy_bhavcopy(market, DAY)


@pytest.mark.parametrize("dataset", nse_files.CURRENT)
def test_the_masters_come(nse, dataset):
    for file in nse_files.current(dataset, DAY):
        assert nse.fetch(file).http_status == 200


def test_what_the_exchange_does_not_have_is_not_published(nse):
    with pytest.raises(NotPublished, match=r"18:30 IST .* next run asks again"):
        nse.fetch(one(nse_files.dated("index_closes", date(2024, 4, 28))))


def test_a_page_in_place_of_a_file_is_not_published(nse, exchange, httpserver, settings):
    httpserver.expect_request("/products/content/sec_bhavdata_full_26042024.csv").respond_with_data(
        "<html>The file will be here soon</html>", content_type="text/html"
    )
    elsewhere = settings.model_copy(update={"nse_archives_url": httpserver.url_for("")})
    with (
        nse_archives(elsewhere, lambda: datetime.now(UTC)) as source,
        pytest.raises(NotPublished),
    ):
        source.fetch(one(nse_files.dated("sec_bhavdata", DAY)))


@pytest.mark.parametrize("code", [200, 403])
def test_a_bot_page_is_blocked_with_advice_and_evidence(nse, exchange, code):
    file = one(nse_files.dated("sec_bhavdata", DAY))
    exchange.script(file.path, BotPage(code=code))
    with pytest.raises(Blocked, match="--source directory PATH") as caught:
        nse.fetch(file)
    assert b"Access Denied" in caught.value.evidence.content


def test_the_cookie_is_taken_once_also_from_a_refusing_home_page(nse, exchange):
    exchange.script("/", BotPage(code=403))
    for file in nse_files.corporate_actions(date(2024, 1, 1), DAY, DAY):
        assert nse.fetch(file).content.startswith(b"[")
    assert [r.path for r in exchange.requests].count("/") == 1


def test_an_expired_cookie_is_renewed(nse, exchange):
    [holidays] = nse_files.current("holidays", DAY)
    nse.fetch(holidays)
    exchange.script(holidays.path, Status(401))
    assert nse.fetch(holidays).http_status == 200
    assert [r.path for r in exchange.requests].count("/") == 2


def test_an_api_that_is_not_there_is_no_missing_file(nse, httpserver, settings):
    httpserver.expect_request("/").respond_with_data("home")
    elsewhere = settings.model_copy(update={"nse_url": httpserver.url_for("")})
    with nse_archives(elsewhere, lambda: datetime.now(UTC)) as source:
        [holidays] = nse_files.current("holidays", DAY)
        with pytest.raises(SourceError, match="HTTP 500") as caught:
            source.fetch(holidays)
    assert not isinstance(caught.value, NotPublished)


def test_it_asks_as_a_browser_and_for_no_brotli(nse, exchange):
    nse.fetch(one(nse_files.dated("sec_bhavdata", DAY)))
    [asked] = exchange.requests
    assert asked.headers["user-agent"].startswith("Mozilla/5.0")
    assert asked.headers["referer"] == "https://www.nseindia.com/"
    assert asked.headers["accept-encoding"] == "gzip, deflate"


def test_a_body_that_breaks_off_every_time_is_truncated(nse, exchange):
    file = nse_files.dated("bhavcopy", DAY)[1]
    exchange.script(file.path, CutBody(), times=2)
    with pytest.raises(TruncatedFetch):
        nse.fetch(file)


def test_every_request_keeps_the_pace_the_cookie_included(settings):
    slow = settings.model_copy(update={"nse_requests_per_second": 2.5})
    started = time.monotonic()
    with nse_archives(slow, lambda: datetime.now(UTC)) as source:
        [holidays] = nse_files.current("holidays", DAY)
        source.fetch(holidays)  # two requests
        source.fetch(holidays)
    assert 0.79 < time.monotonic() - started < 3


def names(dataset, day):
    return [file.dataset for file in nse_files.dated(dataset, day)]


@pytest.mark.parametrize(
    ("dataset", "day", "expected"),
    [
        ("bhavcopy", date(1994, 11, 3), ["bhavcopy_legacy"]),
        ("bhavcopy", date(2023, 12, 29), ["bhavcopy_legacy"]),
        ("bhavcopy", date(2024, 1, 1), ["bhavcopy_legacy", "bhavcopy_udiff"]),
        ("bhavcopy", date(2024, 7, 5), ["bhavcopy_legacy", "bhavcopy_udiff"]),
        ("bhavcopy", date(2024, 7, 8), ["bhavcopy_udiff"]),
        ("sec_bhavdata", date(2019, 9, 30), []),
        ("sec_bhavdata", date(2019, 10, 1), ["sec_bhavdata"]),
        ("index_closes", date(2012, 2, 20), []),
        ("index_closes", date(2012, 2, 21), ["index_closes"]),
    ],
)
def test_which_file_belongs_to_which_date(dataset, day, expected):
    assert names(dataset, day) == expected


def test_corporate_actions_are_asked_in_the_same_windows_every_day():
    asked = list(nse_files.corporate_actions(date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1)))
    assert {file.part.split("-")[0] for file in asked} == {"equities", "sme"}
    spans = sorted(
        (datetime.strptime(f.params["from_date"], "%d-%m-%Y").date(),
         datetime.strptime(f.params["to_date"], "%d-%m-%Y").date())
        for f in asked if f.part.startswith("equities")
    )  # fmt: skip
    assert spans[0][0] <= date(2024, 1, 1)
    assert spans[-1][1] >= date(2024, 6, 30)
    assert all((last - first).days == 59 for first, last in spans)
    assert all((b[0] - a[1]).days == 1 for a, b in pairwise(spans))
    shorter = nse_files.corporate_actions(date(2024, 3, 1), date(2024, 3, 2), date(2024, 7, 1))
    assert {file.part for file in shorter} < {file.part for file in asked}
    old = nse_files.corporate_actions(date(1999, 1, 1), date(1999, 3, 1), date(2024, 7, 1))
    assert all(file.part.startswith("equities") for file in old)  # there was no SME board


def test_an_open_window_belongs_to_the_day_of_asking():
    files = list(nse_files.corporate_actions(DAY, DAY, DAY))
    assert {file.trade_date for file in files} == {DAY}
    assert all(file.settles_on > DAY for file in files)
