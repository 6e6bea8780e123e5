"""Pages, feeds and lists of Indian news become records: what is kept, and what is said of it."""

import gzip
import hashlib
import json
from datetime import UTC, date, datetime

import duckdb
import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.loading import DATASETS, load_pending
from ingestion.promotion import promote_object
from ingestion.promotion.india_news import judge, news_key
from ingestion.promotion.news_items import byline, plain_link
from ingestion.sources.directory import files

EVENING = datetime(2024, 5, 3, 12, 30, tzinfo=UTC)
DAY = date(2024, 5, 3)
PAYLOAD = {
    "news_key", "site", "channel", "ticker", "query", "position", "title", "headline", "publisher",
    "link", "guid", "published_text", "published_at", "published_precision", "kind", "summary",
    "extractor",
}  # fmt: skip
YAHOO = """<html><head><title>INFY</title></head><body><main><div data-testid="news-stream"><ul>
<li><section data-testid="storyitem"><a class="subtle-link thumb" href="/x"></a>
 <a class="titles" href="/news/infosys-wins-1.html?.tsrc=rss#c"><h3>Infosys wins &amp; grows</h3>
 <p>A deal.</p></a><div class="publishing">Mint<i> • </i>2 hours ago</div></section></li>
<li class="native-ad-row"><section data-testid="storyitem"><a href="https://shop.example/1">
 <h3>Villas of tomorrow</h3></a><div class="publishing">Ad • Builder</div></section></li>
<li><section data-testid="storyitem"><h3>Related News</h3></section></li>
<li class="related-news"><section data-testid="storyitem"><a href="javascript:alert(1)">
 <h3>TCS slips</h3></a><div class="publishing">yesterday</div></section></li>
<li><section data-testid="storyitem"><h3> </h3></section></li>
</ul></div></main></body></html>"""
FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>q</title>
<item><title>Infosys wins - Mint</title>
<link>https://news.google.com/rss/articles/CBMiA?oc=5</link>
<guid isPermaLink="false">CBMiA</guid><pubDate>Fri, 03 May 2024 09:15:00 GMT</pubDate>
<description>&lt;a href="https://x"&gt;Infosys wins&lt;/a&gt;&amp;nbsp;&amp;nbsp;Mint</description>
<source url="https://mint.example">Mint</source></item>
<item><title>A name - that is - no publisher</title></item></channel></rss>"""


@pytest.fixture
def promoted(store):
    """Land bytes as they came for a ticker, promote them, and give the payloads and the report."""

    def make(dataset, body, ticker="INFY", kind="text/html"):
        content = body if isinstance(body, bytes) else body.encode()
        notes = {"ticker": ticker, "query": '"Infosys" stock'}
        fetched = Fetched("india_news", dataset, DAY, EVENING, content, kind, notes=notes)
        key = land(store, fetched).key
        report = promote_object(store, key.landing)
        lines = []
        if report.promoted:
            lines = gzip.decompress(store.read(key.raw).content).splitlines()
        return [json.loads(line)["payload"] for line in lines], report

    return make


def test_a_page_gives_every_row_with_its_kind(promoted):
    rows, report = promoted("yahoo_page", YAHOO)
    assert report.status == "promoted"
    assert [row["kind"] for row in rows] == [
        "news", "advertisement", "related", "related", "empty",
    ]  # fmt: skip
    assert all(set(row) == PAYLOAD for row in rows)
    link = "https://finance.yahoo.com/news/infosys-wins-1.html"
    assert rows[0] == {
        "news_key": hashlib.md5(link.encode()).hexdigest(),
        "site": "yahoo_finance",
        "channel": "page",
        "ticker": "INFY",
        "query": '"Infosys" stock',
        "position": 1,
        "title": "Infosys wins & grows",
        "headline": "Infosys wins & grows",
        "publisher": "Mint",
        "link": link,
        "guid": None,
        "published_text": "2 hours ago",
        "published_at": "2024-05-03 10:30:00",
        "published_precision": "hour",
        "kind": "news",
        "summary": "A deal.",
        "extractor": "yahoo-1",
    }
    assert rows[3]["link"] is None  # it would have run a script
    assert rows[3]["published_precision"] == "day"


def test_a_feed_loses_the_publisher_in_the_headline_only_where_it_is_known(promoted):
    rows, _ = promoted("google_feed", FEED, kind="application/xml")
    assert [row["title"] for row in rows] == [
        "Infosys wins - Mint", "A name - that is - no publisher",
    ]  # fmt: skip
    assert [row["headline"] for row in rows] == ["Infosys wins", "A name - that is - no publisher"]
    assert [row["publisher"] for row in rows] == ["Mint", None]
    assert rows[0]["guid"] == "CBMiA"
    assert rows[0]["published_at"] == "2024-05-03 09:15:00"
    assert rows[0]["summary"] is None  # the escaped anchor says nothing that is not said above
    assert rows[1]["news_key"] == news_key(None, "google_news", "INFY", rows[1]["title"])


def test_a_google_page_is_read_with_its_redirects_made_absolute(promoted):
    page = """<main><c-wiz><article><a class="JtKRv" href="./read/CBMiB?hl=en-IN">Infosys up</a>
    <div class="vr1PYe">Mint</div><time datetime="2024-05-03T09:15:00Z">3h</time></article></c-wiz>
    </main>"""
    (row,), _ = promoted("google_page", page)
    assert row["link"] == "https://news.google.com/read/CBMiB?hl=en-IN"
    assert (row["publisher"], row["published_precision"]) == ("Mint", "second")


def test_a_site_that_says_there_is_no_news_is_no_failure(promoted):
    said = '<body><div data-testid="no-news">Nothing</div></body>'
    rows, report = promoted("yahoo_page", said)
    assert (rows, report.status, report.records_in) == ([], "promoted", 0)
    assert judge("yahoo_page", said.encode()).status == "ok"
    empty = FEED[: FEED.index("<item>")] + "</channel></rss>"
    assert judge("google_feed", empty.encode()).records == 0


@pytest.mark.parametrize(
    ("dataset", "content", "reason", "status"),
    [
        ("yahoo_page", b"<html><div>new design</div></html>", "layout_drift", "failed"),
        ("yahoo_page", b'<button name="agree">OK</button>', "consent_wall", "blocked"),
        ("yahoo_page", b"\x00\xff\xfe", "layout_drift", "failed"),
        ("google_feed", b"<!DOCTYPE html><html><body>robot?</body></html>", "html_page", "blocked"),
        ("google_feed", FEED.encode()[:-40], "truncated", "failed"),
        ("google_feed", b"", "truncated", "failed"),
        ("google_feed", b'{"error": 1}', "not_a_feed", "failed"),
        ("google_feed", b"<rss><channel><item><title>&#xD800;", "unreadable", "failed"),
        ("headline_list", b",ticker,title\n", "empty_file", "failed"),
        ("headline_list", b",name,title\n1,a,b\n", "schema_drift", "failed"),
        ("headline_list", b',ticker,title\n1,A,"never closed\n', "unreadable", "failed"),
        ("headline_list", b"\xff\xfe,ticker", "unreadable", "failed"),
    ],
)  # fmt: skip
def test_what_is_no_news_says_why_and_is_kept_whole(promoted, dataset, content, reason, status):
    judged = judge(dataset, content)
    assert (judged.status, judged.reason) == (status, reason)
    rows, report = promoted(dataset, content)
    assert (rows, report.status, report.quarantined) == ([], "quarantined", 1)


def test_an_entity_bomb_is_refused_at_once():
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE r [<!ENTITY a0 "ha">{levels}]><rss version="2.0"><channel><item><title>'
    judged = judge("google_feed", f"{bomb}&a11;</title></item></channel></rss>".encode())
    assert judged.status == "ok" or judged.reason == "unreadable"
    assert (judged.records or 0) <= 1


def test_lists_of_a_folder_are_recognised_and_loaded(store, warehouse, tmp_path):
    text = ',ticker,title\n8,INFY,Related News\n9,INFY,"Infosys, up"\n10,INFY,\n11,INFY\n'
    (tmp_path / "INFY.csv").write_text(text)
    (tmp_path / "plain.csv").write_text("ticker,title\nSBIN,SBI up\n")
    found = list(files(tmp_path, 1 << 20))
    assert [item.dataset for item in found] == ["headline_list"] * 2
    for item in found:
        promote_object(store, land(store, item).key.landing)
    load_pending(DATASETS["india_news_headlines"], store, warehouse)
    load_pending(DATASETS["quarantined_records"], store, warehouse)
    with duckdb.connect(str(warehouse.path)) as con:
        rows = con.execute(
            "select record_no, payload->>'ticker', payload->>'title', payload->>'kind' "
            "from raw_data.india_news_headlines order by 2, 1"
        ).fetchall()
        refused = con.execute(
            "select record_no, reason from raw_data.quarantined_records"
        ).fetchall()
    assert rows == [
        (1, "INFY", "Related News", "related"),
        (2, "INFY", "Infosys, up", "news"),
        (3, "INFY", None, "empty"),
        (1, "SBIN", "SBI up", "news"),
    ]
    assert refused == [(4, "field_count")]


@pytest.mark.real_data
def test_every_row_of_the_real_lists_is_loaded(store, warehouse, real_data):
    lists = [
        item
        for item in files(real_data / "first_sample", 64 << 20)
        if getattr(item, "dataset", "") == "headline_list"
    ]
    reports = [promote_object(store, land(store, item).key.landing) for item in lists]
    assert sorted(report.promoted for report in reports) == [29, 54, 176]
    assert sum(report.quarantined for report in reports) == 0
    assert load_pending(DATASETS["india_news_headlines"], store, warehouse).rows == 259


@pytest.mark.parametrize(
    ("link", "plain"),
    [
        ("/news/a-1.html?x=1", "https://finance.yahoo.com/news/a-1.html"),
        ("https://in.finance.yahoo.com/news/a.html?y#z", "https://in.finance.yahoo.com/news/a.html"),
        ("https://a.example/s?id=7&utm_source=y&gclid=1", "https://a.example/s?id=7"),
        ("https://a.example/s?q=a%20b&c=%26", "https://a.example/s?q=a%20b&c=%26"),
        ("//a.example/x", "https://a.example/x"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://[broken", None),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_links_are_absolute_and_free_of_what_counts_clicks(link, plain):
    assert plain_link(link, "https://finance.yahoo.com/") == plain


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mint • 2 hours ago", ("Mint", "2 hours ago")),
        ("Mint · via Reuters · 3d ago", ("Mint", "3d ago")),
        ("yesterday", (None, "yesterday")),
        ("Mint", ("Mint", None)),
        ("", (None, None)),
    ],
)
def test_a_byline_is_a_publisher_and_a_time(text, parts):
    assert byline(text) == parts
