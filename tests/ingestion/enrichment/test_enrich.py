"""The step on the real S3: idempotent, resumable, the same in one go as day by day."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.enrichment import EnrichReport, enrich_pending
from ingestion.enrichment.records import article_key
from ingestion.loading import DATASETS, load_pending
from ingestion.objectstore import sha256
from ingestion.promotion.records import as_ndjson
from ingestion.zones import RAW, ObjectKey

START = datetime(2025, 9, 1, 12, tzinfo=UTC)
ENRICHED = f"{RAW}source=enrichment/"


def headline(key: str, title: str, published: str | None, **changes: str | None) -> dict:
    return {
        "news_key": key,
        "site": "google_news",
        "channel": "feed",
        "ticker": "INFY",
        "title": title,
        "headline": title,
        "publisher": None,
        "published_at": published,
        "kind": "news",
    } | changes


def article(title: str, published: str, url: str | None) -> dict:
    return {"title": title, "time_published": published, "url": url}


def put(
    store, payloads: list[dict], fetched: datetime = START, dataset: str = "google_feed"
) -> str:
    """What promotion leaves of one landed object."""
    source = "alpha_vantage" if dataset == "news" else "india_news"
    body = json.dumps(payloads).encode()
    key = ObjectKey(source, dataset, fetched.date(), fetched, sha256(body)[:16], "json")
    lines = gzip.compress(as_ndjson(key, enumerate(payloads, start=1)), mtime=0)
    said = {"sha256": "x", "records": str(len(payloads)), "source-key": key.landing}
    store.put(key.raw, lines, "application/x-ndjson", said)
    return key.landing


def rows(store) -> list[dict]:
    found = []
    for item in store.list(ENRICHED):
        found += map(json.loads, gzip.decompress(store.read(item.key).content).splitlines())
    return found


def clusters(store) -> dict[str, str]:
    """The cluster of each key by its newest row."""
    ordered = sorted(rows(store), key=lambda row: (row["fetched_at"], row["object_key"]))
    return {row["news_key"]: row["cluster_key"] for row in ordered}


def test_news_of_both_feeds_meet_in_one_cluster(store):
    url = "https://dalalledger.example/infosys"
    landed = put(
        store, [article("Infosys falls 3% after results", "20250901T080000", url)], dataset="news"
    )
    put(
        store,
        [
            headline("b" * 32, "Infosys shares fall 3% after results", "2025-09-01 09:00:00"),
            headline("c" * 32, "Wipro wins order", "2025-09-01 09:30:00"),
            headline("d" * 32, "2 BHK flats from Rs 80 lakh", None, kind="advertisement"),
            headline("e" * 32, " ", "2025-09-01 09:30:00"),
        ],
    )  # fmt: skip
    report = enrich_pending(store, clock=lambda: START)
    key = article_key({"url": url})
    assert report == EnrichReport(objects=2, news=3, written=3, clusters=2)
    assert clusters(store) == {key: key, "b" * 32: key, "c" * 32: "c" * 32}
    row = next(row for row in rows(store) if row["news_key"] == key)
    assert row["source_key"] == landed
    assert row["sentiment_compound"] < -0.15
    assert row["sentiment_version"].startswith("3.3.2+")
    assert row["trade_date"] == "2025-09-01"


def test_a_second_run_writes_nothing(store):
    put(store, [headline("a" * 32, "Infosys falls 3%", "2025-09-01 09:00:00")])
    enrich_pending(store, clock=lambda: START)
    before = [(item.key, item.etag) for item in store.list("")]
    assert enrich_pending(store) == EnrichReport()
    assert [(item.key, item.etag) for item in store.list("")] == before


def test_what_was_fetched_again_writes_nothing_new_and_a_reworded_title_one_row(store):
    put(store, [headline("a" * 32, "Infosys falls 3%", "2025-09-01 09:00:00")])
    enrich_pending(store, clock=lambda: START)
    later = START + timedelta(hours=3)
    again = headline("a" * 32, "Infosys falls 3%", "2025-09-01 09:00:00")
    put(store, [again, headline("b" * 32, "Infosys falls 3%", "2025-09-01 10:00:00")], later)
    assert enrich_pending(store, clock=lambda: later).written == 1
    updated = headline("a" * 32, "Infosys soars 5%", "2025-09-01 13:00:00")
    put(store, [updated], later + timedelta(hours=3))
    assert enrich_pending(store, clock=lambda: later + timedelta(hours=3)).written == 1
    assert clusters(store) == {"a" * 32: "a" * 32, "b" * 32: "a" * 32}


def test_a_run_that_was_killed_before_its_record_is_made_good(store):
    put(store, [headline("a" * 32, "Infosys falls 3%", "2025-09-01 09:00:00")])
    enrich_pending(store, clock=lambda: START)
    for item in store.list("outcomes/stage=enrich/"):
        store.client.delete_object(Bucket=store.bucket, Key=item.key)
    assert enrich_pending(store).written == 0
    assert len(list(store.list("outcomes/stage=enrich/"))) == 1
    assert len(rows(store)) == 1


def test_day_by_day_gives_the_same_clusters_as_all_again(store):
    titles = [
        "Infosys falls 3% after results",
        "Infosys shares fall 3% after results",
        "Wipro wins",
    ]
    for day in range(6):
        fetched = START + timedelta(days=day)
        put(
            store,
            [
                headline(f"{day}{n}".zfill(32), title, f"{fetched:%Y-%m-%d} 0{n}:00:00")
                for n, title in enumerate(titles)
            ],
            fetched,
        )
        enrich_pending(store, clock=lambda fetched=fetched: fetched)
    step_by_step = clusters(store)
    later = START + timedelta(days=30)
    report = enrich_pending(store, again=True, clock=lambda: later)
    assert report.written == 18
    assert clusters(store) == step_by_step
    newest = [row for row in rows(store) if row["fetched_at"] == f"{later:%Y-%m-%d %H:%M:%S}"]
    assert len(newest) == 18


def test_only_the_days_around_a_headline_are_read(store, monkeypatch: pytest.MonkeyPatch):
    put(store, [headline("a" * 32, "Infosys falls 3%", "2024-01-01 09:00:00")])
    put(store, [headline("b" * 32, "Infosys falls 3%", "2025-09-01 09:00:00")])
    enrich_pending(store, clock=lambda: START)
    put(
        store,
        [headline("c" * 32, "Infosys falls by 3%", "2025-09-01 10:00:00")],
        START + timedelta(1),
    )
    asked: list[str] = []
    read = type(store).read
    monkeypatch.setattr(type(store), "read", lambda self, key: asked.append(key) or read(self, key))
    enrich_pending(store, clock=lambda: START + timedelta(1))
    assert [key for key in asked if "trade_date=2024-01" in key and "enrichment" in key] == []
    assert [key for key in asked if "enrichment" in key] != []


def test_the_rows_load_and_their_receipts_count_them(store, warehouse):
    put(
        store,
        [headline(f"{n:032x}", f"Story number {n}", f"2025-08-2{n} 09:00:00") for n in (1, 2, 3)],
    )
    enrich_pending(store, clock=lambda: START)
    report = load_pending(DATASETS["news_enrichment"], store, warehouse)
    assert (report.objects, report.rows) == (3, 3)  # one object per day of publication
    assert load_pending(DATASETS["news_enrichment"], store, warehouse).rows == 0


def test_a_headline_of_no_known_time_or_of_the_future_counts_when_it_was_fetched(store):
    put(
        store,
        [
            headline("a" * 32, "Infosys falls 3%", None),
            headline("b" * 32, "Wipro gains", "2031-01-01 00:00:00"),
            headline("c" * 32, "TCS gains", "yesterday"),
        ],
    )
    enrich_pending(store, clock=lambda: START)
    assert {row["published_at"] for row in rows(store)} == {"2025-09-01 12:00:00"}
    assert {row["trade_date"] for row in rows(store)} == {date(2025, 9, 1).isoformat()}
