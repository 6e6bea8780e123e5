"""The exchange's archives over HTTP: what is there and when, what stands where nothing is."""

import io
import json
import zipfile
from datetime import datetime

import pytest
import requests

from sandbox import archives
from sandbox.exchange.faults import BotPage
from sandbox.exchange.file_faults import AnswerOf, Corrected, CutText, Xlsx

FRIDAY = "26042024"
FULL = f"/products/content/sec_bhavdata_full_{FRIDAY}.csv"
UDIFF = "/content/cm/BhavCopy_NSE_CM_0_0_0_20240426_F_0000.csv.zip"
LEGACY = "/content/historical/EQUITIES/2024/APR/cm26APR2024bhav.csv.zip"
ACTIONS = "/api/corporates-corporateActions"
RANGE = {"index": "equities", "from_date": "01-04-2024", "to_date": "30-04-2024"}
DAY = datetime(2024, 4, 26).date()


@pytest.fixture
def browser(exchange):
    """`browser(path, **query)` asks as the site's own pages do."""
    with requests.Session() as client:
        client.trust_env = False
        client.headers.update(
            {"User-Agent": "Mozilla/5.0 (X11)", "Referer": "https://www.nseindia.com/"}
        )

        def ask(path, **query):
            return client.get(f"{exchange.url}{path}", params=query, timeout=10)

        yield ask


def test_the_files_of_a_session_are_those_of_the_market(browser, small_market):
    assert browser(FULL).content == archives.sec_bhavdata(small_market, DAY)
    assert browser(UDIFF).content == archives.udiff_bhavcopy(small_market, DAY)
    assert browser(LEGACY).content == archives.legacy_bhavcopy(small_market, DAY)
    indices = browser(f"/content/indices/ind_close_all_{FRIDAY}.csv")
    assert indices.content == archives.index_closes(small_market, DAY)
    assert browser(UDIFF).headers["Content-Type"] == "application/zip"


def test_files_appear_in_the_evening(browser, exchange):
    exchange.set_clock(datetime(2024, 4, 26, 18, 29))
    early = browser(FULL)
    assert (early.status_code, early.headers["Content-Type"]) == (404, "text/html")
    exchange.set_clock(datetime(2024, 4, 26, 18, 30))
    assert browser(FULL).status_code == 200


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/content/historical/EQUITIES/2024/APR/cm25APR2024bhav.csv.zip", True),
        ("/content/historical/EQUITIES/2024/MAY/cm25APR2024bhav.csv.zip", False),
        ("/content/cm/BhavCopy_NSE_CM_0_0_0_20231229_F_0000.csv.zip", False),  # before its era
        ("/content/cm/BhavCopy_NSE_CM_0_0_0_20240421_F_0000.csv.zip", False),  # a Sunday
        ("/content/cm/BhavCopy_NSE_CM_0_0_0_20240302_F_0000.csv.zip", True),  # a special Saturday
        ("/content/indices/ind_close_all_26012024.csv", False),  # a holiday
        ("/content/equities/EQUITY_L.csv", True),
        ("/content/equities/symbolchange.csv", True),
        ("/content/indices/ind_nifty50list.csv", True),
        ("/content/indices/ind_nifty500list.csv", True),
        ("/content/indices/ind_nifty9list.csv", False),
        ("/content/../etc/passwd", False),
    ],
)
def test_what_is_there_and_what_is_not(browser, path, there):
    assert browser(path).status_code == (200 if there else 404)


def test_on_sundays_and_holidays_the_full_file_is_a_copy_of_the_session_before(browser, exchange):
    thursday = browser("/products/content/sec_bhavdata_full_25012024.csv").content
    assert browser("/products/content/sec_bhavdata_full_26012024.csv").content == thursday
    exchange.set_clock(datetime(2024, 4, 29, 20, 0))
    assert browser("/products/content/sec_bhavdata_full_28042024.csv").content == (
        browser(FULL).content
    )
    assert browser("/products/content/sec_bhavdata_full_27042024.csv").status_code == 404


def test_the_api_wants_the_cookies_of_the_home_page(browser, exchange):
    assert browser(ACTIONS, **RANGE).status_code == 401
    exchange.script("/", BotPage(code=403))
    assert browser("/").status_code == 403  # and the cookies are set all the same
    rows = browser(ACTIONS, **RANGE).json()
    assert rows
    assert {row["exDate"][3:] for row in rows} == {"Apr-2024"}
    symbol = rows[0]["symbol"]
    assert {r["symbol"] for r in browser(ACTIONS, **RANGE, symbol=symbol).json()} == {symbol}


def test_a_range_that_ends_before_it_begins_is_answered_with_nothing(browser):
    browser("/")
    reply = browser(ACTIONS, index="equities", from_date="30-04-2024", to_date="01-04-2024")
    assert reply.status_code == 200
    assert not isinstance(reply.json(), list)


def test_the_holiday_master_is_of_the_simulated_year(browser):
    browser("/")
    days = browser("/api/holiday-master", type="trading").json()["CM"]
    assert {row["tradingDate"][-4:] for row in days} == {"2024"}


def test_who_is_no_browser_is_denied(exchange):
    reply = requests.get(f"{exchange.url}{FULL}", timeout=10)
    assert reply.status_code == 403
    assert "Access Denied" in reply.text


def test_files_go_wrong_as_scripted(browser, exchange):
    good = browser(FULL).content
    exchange.script(FULL, Xlsx())
    with zipfile.ZipFile(io.BytesIO(browser(FULL).content)) as workbook:
        assert "xl/workbook.xml" in workbook.namelist()
    exchange.script(FULL, CutText(keep=0.3))
    assert good.startswith(cut := browser(FULL).content)
    assert not cut.endswith(b"\n")
    exchange.script(FULL, AnswerOf(FULL.replace("26", "25", 1)))
    assert b"25-Apr-2024" in browser(FULL).content
    exchange.script(UDIFF, Corrected(line=1, column=17, value="1234.56"))
    with zipfile.ZipFile(io.BytesIO(browser(UDIFF).content)) as packed:
        first = packed.read(packed.namelist()[0]).split(b"\n")[1]
    assert first.split(b",")[17] == b"1234.56"
    assert browser(FULL).content == good  # faults are used up


def test_file_faults_are_scripted_over_http_too(browser, exchange):
    told = {"path": FULL, "fault": "corrected", "options": {"line": 1, "column": 1, "value": "x"}}
    reply = requests.post(f"{exchange.url}/_sandbox/faults", data=json.dumps(told), timeout=10)
    assert reply.status_code == 201
    assert b",x," in browser(FULL).content.split(b"\n")[1]
