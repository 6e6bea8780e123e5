"""The news on the page: the marts' figures, links that are safe to open, and nothing that runs."""

import json
import re
import shutil
import threading
from datetime import date, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from report import news
from report.numbers import MINUS, UNKNOWN, number
from tests.report.test_history import unpacked
from tests.report.test_page import Page

LAST, MONDAY = date(2024, 11, 1), date(2024, 11, 4)
CHROME = [shutil.which(name) for name in ("chromium", "chromedriver")]
with_browser = pytest.mark.skipif(
    None in CHROME, reason="no Chromium here: apt-get install chromium-driver, then run this again"
)
OWNED = "document.title='owned'"
RTL = "\N{RIGHT-TO-LEFT OVERRIDE}\u05d0\u05d1 INFY \u0639\u0631\u0628\u064a"
LONG = "INFY " + "9" * 10_000
# The headlines of INFY, newest first: title, link, whether the page may link to it.
HOSTILE = (
    (f"<script>{OWNED}</script> rises", "https://a.example/?a=1&b=%22%3E", True),
    (f"</script><script>{OWNED}</script>", f"javascript:{OWNED}", False),
    (f'<img src=x onerror="{OWNED}"> & co', f"data:text/html,<script>{OWNED}</script>", False),
    (RTL, f" \tJaVaScRiPt:{OWNED}//https://a.example/", False),
    ("🚀 इन्फोसिस ऊपर", f'https://a.example/" onmouseover="{OWNED}', False),
    ('=HYPERLINK("http://evil.example","INFY")', None, False),
    (LONG, "HTTP://a.example/long", True),
    ("<!--<script> INFY opens", "STORY", True),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory, small_warehouse, place_type):
    """The small market with news, published; `STORY` is a page on loopback that tells visits."""
    visits = []

    class Story(BaseHTTPRequestHandler):
        def do_GET(self):
            visits.append((self.path, self.headers.get("Referer")))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>the story</title>")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Story)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = place_type(tmp_path_factory.mktemp("told"))
    shutil.copy(small_warehouse, place.warehouse)
    hostile = pd.DataFrame(
        {
            "news_key": f"hostile{place_no}",
            "cluster_key": f"hostile{place_no}",
            "security_sk": 2,
            "trade_date": MONDAY if place_no == 0 else LAST,
            "published_ist": datetime(2024, 11, 1, 20 - place_no, 0, 5),
            "headline": title,
            "publisher": f"<b>{OWNED}</b>",
            "link": link and link.replace("STORY", f"http://127.0.0.1:{server.server_port}/story"),
            "sentiment_score": round(0.35 - place_no / 10, 2),
            "mapping_method": "alias",
            "matched_text": "<i>infy</i>",
            "is_counted": True,
            "published_precision": "day" if place_no == 1 else "second",
            "published_flag": "future" if place_no == 2 else "stated",
        }
        for place_no, (title, link, _) in enumerate(HOSTILE)
    )
    with duckdb.connect(place.warehouse) as connection:
        connection.register("hostile", hostile)
        connection.execute((Path(__file__).parent / "news.sql").read_text())
    assert place.publish().changed
    yield place, visits
    server.shutdown()


@pytest.fixture(scope="module")
def html(told):
    return told[0].html()


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def stories(told):
    """By share: the stories that count, as (session, cluster, its news oldest first)."""
    with duckdb.connect(told[0].warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select s.symbol, a.trade_date, a.cluster_key, a.published_ist, a.headline, "
            "a.publisher, b.sentiment_score, s.industry, a.link, b.mapping_method, b.matched_text "
            "from marts.bridge_news_securities as b join marts.fct_news_articles as a "
            "using (news_key) join marts.dim_securities as s using (security_sk) "
            "where is_counted order by a.published_ist, news_key"
        ).fetchall()
    found = {}
    for row in rows:
        found.setdefault(row[0], {}).setdefault((row[1], row[2]), []).append(row)
    assert len(found) > 20
    return found


def mean(values):
    """Exact, so that what is half a hundredth rounds as on the page."""
    known = [Fraction(str(one)) for one in values if one is not None]
    return sum(known) / len(known) if known else None


def signed(value):
    return number(None if value is None else float(value), 2, signed=True)


def days_of(place):
    with duckdb.connect(place.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select calendar_date from marts.dim_dates where is_session "
            "and calendar_date > '2024-10-18' order by all"
        ).fetchall()
    return [row[0] for row in rows]


def test_the_most_mentioned_are_counted_by_stories(page, stories, told):
    since = days_of(told[0])[-5]
    expected = []
    for symbol, found in stories.items():
        counted = [rows for (day, _), rows in found.items() if since <= day <= LAST]
        tones = [mean([row[6] for row in rows]) for rows in counted]
        if counted:
            every = [row for rows in counted for row in rows]
            good = sum(tone is not None and tone >= 0.15 for tone in tones)
            bad = sum(tone is not None and tone <= -0.15 for tone in tones)
            expected.append(
                (-len(counted), -len(every), symbol, len({row[5] for row in every}),
                 f"{good} / {bad}", signed(mean(tones)))
            )  # fmt: skip
    expected.sort()
    shown = [
        (-int(row[1]), -int(row[2]), row[0], int(row[3]), row[4], row[5].lstrip("▲▼"))
        for row in page.body("Most mentioned in 5 sessions since 28 Oct")
    ]
    for row, one in zip(shown, expected[:20], strict=True):
        assert row[2].startswith(one[2])
        assert (*row[:2], one[2], *row[3:]) == one


def test_the_tone_of_an_industry_weighs_every_story_the_same(page, stories, told):
    days = days_of(told[0])
    counted = {}
    for found in stories.values():
        for (day, _), rows in found.items():
            counted.setdefault(rows[0][7], []).append((day, mean([row[6] for row in rows])))
    shown = {row[0].lower(): row for row in page.body("Tone of the news by industry")}
    assert len(shown) > 10
    for name, of in counted.items():
        row = shown["industry not given" if name == "UNCLASSIFIED" else name.lower()]
        for column, length in ((2, 1), (4, 5), (6, 21)):
            tones = [tone for day, tone in of if days[-length:][0] <= day <= LAST]
            assert row[column] == (str(len(tones)) if tones else UNKNOWN)
            assert row[column + 1] == signed(mean(tones))


def test_the_next_day_table_says_what_it_is_made_of(page):
    assert page.body("Tone of a session against the return of the next") == [
        ["Bullish", "40", "+0.50", "▲+1.23 %", "60.0 %"],
        ["Neutral", "50", "0.00", f"▼{MINUS}0.01 %", UNKNOWN],
        ["Bearish", "30", f"{MINUS}0.60", f"▼{MINUS}2.00 %", "50.0 %"],
        ["All, rank IC +0.123", "120", "+0.01", "▲+0.10 %", "55.5 %"],
    ]
    assert f"By month: 2024-11 {MINUS}0.200 (20 pairs), 2024-10 +0.110 (100 pairs)." in page.words
    assert "no forecast" in page.words
    assert "1 came after the close" in page.words


def test_each_share_has_its_newest_stories_and_the_tone_of_its_sessions(html, stories, told):
    start = html.index('id="news-data">') + len('id="news-data">')
    data = json.loads(html[start : html.index("</script>", start)])
    days = days_of(told[0])
    assert len(data["shares"]) > 20
    for symbol, share in data["shares"].items():
        firsts = [(rows[0], len(rows)) for rows in stories[symbol].values()]
        firsts.sort(key=lambda one: one[0][3], reverse=True)
        assert len(share["h"]) == min(len(firsts), 8)
        for (row, copies), (item, how, tone, label, shown) in zip(firsts, share["h"], strict=False):
            assert data["items"][item][1] == row[4][:300] + ("…" if len(row[4]) > 300 else "")
            assert (how, tone, shown) == (f"{row[9]} “{row[10]}”", signed(row[6]), copies)
            assert label == (-1 if row[6] is None else news.LABELS.index(news.tone_label(row[6])))
        by_day = {}
        for (day, _), rows in stories[symbol].items():
            if day <= LAST:
                by_day.setdefault(day, []).append(mean([row[6] for row in rows]))
        assert [days[at] for at in unpacked(share["d"])] == sorted(by_day)
        assert unpacked(share["n"]) == [len(by_day[day]) for day in sorted(by_day)]
        for packed, day in zip(unpacked(share["m"]), sorted(by_day), strict=True):
            tone = mean(by_day[day])
            assert packed == (None if tone is None else pytest.approx(tone * 100, abs=0.501))


def test_the_same_news_make_the_same_page(told):
    assert told[0].publish().changed is False


def test_without_news_the_page_says_so_in_one_sentence(published):
    page = Page(published.html())
    assert "No news is loaded." in page.words
    assert "chart-share-news" not in page.specs
    assert not {"news-data", "share-news"} & {attrs.get("id") for _, attrs in page.elements}
    assert not [name for name in page.tables if "news" in name or "mentioned" in name]


@pytest.mark.parametrize(
    ("score", "label", "heat"),
    [
        (-0.35, "bearish", "d3"), (-0.34, "somewhat bearish", "d2"),
        (-0.15, "somewhat bearish", "d2"), (-0.14, "neutral", "d1"), (0.0, "neutral", "z"),
        (0.149, "neutral", "u1"), (0.15, "somewhat bullish", "u2"), (0.35, "bullish", "u3"),
        (None, UNKNOWN, "none"),
    ],
)  # fmt: skip
def test_tones_have_the_labels_of_the_marts(score, label, heat):
    assert (news.tone_label(score), news.tone_heat(score)) == (label, heat)


@pytest.mark.parametrize(
    "link",
    ["javascript:x", "data:text/html,x", "file:///etc/passwd", "//a.example", "ftp://a.example",
     "java\nscript:x", "https://", "http://a.example/ b", "https://a.example\\@b", "/x", "", None,
     "https://a.example/" + "x" * 3000],
)  # fmt: skip
def test_only_a_link_to_the_web_is_a_link(link):
    assert news.web_link(link) == ""
    assert news.web_link("https://a.example/x?y=1&z=%20#w") == "https://a.example/x?y=1&z=%20#w"


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROME[0]
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "hide-scrollbars",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(CHROME[1]))
    yield driver
    driver.quit()


LINES = """return [...document.querySelectorAll("#share-news li")].map((line) => {
  const words = line.firstChild;
  return [words.tagName, words.textContent, words.getAttribute("href"), words.rel || "",
    words.target || "", getComputedStyle(words).unicodeBidi, line.lastChild.textContent];
})"""


@with_browser
def test_fault_29_headlines_are_text_and_their_links_lead_away_safely(told, browser):
    place, visits = told
    browser.get(f"{place.page.as_uri()}#share=INFY")
    wait = WebDriverWait(browser, 20)
    wait.until(
        lambda one: one.find_elements(By.CSS_SELECTOR, "#chart-share-news .mark-symbol path")
    )
    lines = browser.execute_script(LINES)
    for (title, link, allowed), line in zip(HOSTILE, lines, strict=True):
        assert line[1] == (title if len(title) <= 300 else title[:300] + "…")
        assert line[5] == "isolate"  # no text turns around what stands beside it
        assert f"<b>{OWNED}</b>" in line[6]
        assert "alias “<i>infy</i>”" in line[6]
        if allowed:
            assert (line[0], line[3], line[4]) == ("A", "noopener noreferrer", "_blank")
            assert link == "STORY" or line[2] == link
        else:
            assert (line[0], line[2]) == ("SPAN", None)
    about = [line[6] for line in lines]
    assert about[0].startswith("1 Nov 2024, 20:00 IST · ")
    assert about[0].endswith(" · counts for 4 Nov")
    assert about[1].startswith("1 Nov 2024 · ")
    assert about[2].startswith("first seen 1 Nov 2024, 18:00 IST")
    assert " · ▲ bullish +0.35 · " in about[0]
    assert f" · ▼ somewhat bearish {MINUS}0.15 · " in about[5]
    assert browser.find_elements(By.CSS_SELECTOR, "#share-news :is(script, img, b, i)") == []
    assert "owned" not in browser.title
    for width in (390, 1280):
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wide, tall = browser.execute_script(
            "return [document.documentElement.scrollWidth, Math.max(..."
            "[...document.querySelectorAll('#share-news li')].map((one) => one.offsetHeight))]"
        )
        assert wide <= width
        assert tall < 140
    assert browser.get_log("browser") == []
    browser.find_elements(By.CSS_SELECTOR, "#share-news a")[-1].click()
    wait.until(lambda one: len(one.window_handles) == 2)
    browser.switch_to.window(browser.window_handles[1])
    wait.until(lambda one: one.title == "the story")
    assert browser.execute_script("return window.opener") is None
    assert visits[0] == ("/story", None)
    browser.close()
    browser.switch_to.window(browser.window_handles[0])


@with_browser
def test_the_list_of_headlines_follows_the_chosen_share(told, browser):
    browser.get(f"{told[0].page.as_uri()}#share=HDFCBANK")
    wait = WebDriverWait(browser, 20)
    listed = wait.until(lambda one: one.find_element(By.ID, "share-news").text)
    assert listed == "No headline of the last sessions names HDFCBANK."
    assert not browser.find_element(By.ID, "chart-share-news").is_displayed()
    assert browser.find_element(By.ID, "share-quiet").is_displayed()
    link = browser.find_element(By.CSS_SELECTOR, "#mentioned a.symbol")
    symbol = link.text
    browser.execute_script("arguments[0].click()", link)
    wait.until(lambda one: f"{symbol} story" in one.find_element(By.ID, "share-news").text)
    assert browser.find_element(By.ID, "chart-share-news").is_displayed()
    assert not browser.find_element(By.ID, "share-quiet").is_displayed()
    for name in ("chart-share", "chart-share-volume", "chart-share-news"):
        chart = browser.find_element(By.ID, name)
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
        ActionChains(browser).move_to_element(chart).move_by_offset(4, 4).perform()
        tip = wait.until(
            lambda one: one.find_element(By.CSS_SELECTOR, "#vg-tooltip-element.visible")
        )
        told_of = tip.text
        assert "undefined" not in told_of
        assert re.search(r"Session\s+\w{3}, \d+ \w{3} 2024", told_of)
        assert re.search(rf"News\s+({UNKNOWN}|\d stor\w+(, tone [+{MINUS}]\d\.\d\d)?)", told_of)
        ActionChains(browser).move_to_element(browser.find_element(By.ID, "shares-title")).perform()
    assert browser.get_log("browser") == []
