"""`enrich_pending`: between promotion and load, give each news its cluster and its tone.

Reads the raw objects of both news feeds that it has not seen, in the order in which they were
fetched, and writes raw/source=enrichment/dataset=news/trade_date=<day of publication, UTC>/…, one
object per day and batch. What a headline is compared with are the partitions of the days around its
publication, so the corpus is never read. A key that is known keeps its cluster; a title that
changed is scored anew. A row's source_key is the landed object that brought it.

Run alone by `investiq enrich`; `--again` does all from the beginning, after a change of rules.
"""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from ingestion.enrichment.clusters import VERSION, Clusters, normalised
from ingestion.enrichment.leaders import Day
from ingestion.enrichment.records import NewsRecord, read_records
from ingestion.enrichment.sentiment import MODEL, HeadlineSentiment
from ingestion.objectstore import ObjectStore, StoredObject, sha256
from ingestion.outcomes import Outcome, record_promotion
from ingestion.zones import OUTCOMES, RAW, ObjectKey, partition

SOURCE, DATASET = "enrichment", "news"
NEWS = (f"{RAW}source=alpha_vantage/dataset=news/", f"{RAW}source=india_news/")
_READERS = 8
_BATCH = 64  # raw objects between two writings
_DAYS_HELD = 45  # of publication, in memory
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class EnrichReport:
    """What one run did: raw objects read, news found in them, rows written, new clusters."""

    objects: int = 0
    news: int = 0
    written: int = 0
    clusters: int = 0


@dataclass(slots=True)
class _Days:
    """The days of publication that are in memory, and the rows that are not written yet."""

    store: ObjectStore
    since: datetime | None
    clusters: Clusters = field(init=False)
    held: dict[date, Day] = field(default_factory=dict)
    pending: dict[date, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, day: date) -> Day:
        if day not in self.held:
            self.held[day] = self._read(day)
        return self.held[day]

    def _read(self, day: date) -> Day:
        """What earlier batches wrote of the day; of a key its latest row."""
        rows: dict[str, dict[str, Any]] = {}
        for item in self.store.list(f"{RAW}{partition(SOURCE, DATASET, day)}/"):
            if self.since and ObjectKey.parse(item.key).fetched_at < self.since:
                continue
            for line in gzip.decompress(self.store.read(item.key).content).splitlines():
                row = json.loads(line)
                rows[row["news_key"]] = row
        remembered = Day()
        for row in rows.values():
            at = datetime.strptime(row["published_at"], "%Y-%m-%d %H:%M:%S")
            headline = self.clusters.headline(row["news_key"], at, row["title_normalised"])
            remembered.remember(headline, row["cluster_key"])
        return remembered

    def add(self, day: date, row: dict[str, Any]) -> None:
        self.pending.setdefault(day, []).append(row)

    def write(self, stamp: datetime) -> None:
        for day, rows in sorted(self.pending.items()):
            _write_day(self.store, day, stamp, rows)
        self.pending.clear()
        for day in list(self.held)[: max(len(self.held) - _DAYS_HELD, 0)]:
            del self.held[day]  # it is read again if it is asked for


def enrich_pending(
    store: ObjectStore,
    *,
    again: bool = False,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, total: None,
    sentiment: HeadlineSentiment | None = None,
) -> EnrichReport:
    """Enrich the raw news that have no record of it; with `again`, all.

    The record of an object is written after its rows; whoever is killed before that finds the rows
    that are there, and writes those that are missing.

    Raises:
        ConfigurationError: the list of terms cannot be read.
    """
    done = set() if again else {item.key for item in store.list(f"{OUTCOMES}stage=enrich/")}
    found = [item for prefix in NEWS for item in store.list(prefix)]
    todo = sorted((item for item in found if _outcome_key(item) not in done), key=_fetched)
    if not todo:
        return EnrichReport()
    stamp = clock().astimezone(UTC).replace(microsecond=0)
    scorer = sentiment or HeadlineSentiment.default()
    days = _Days(store, stamp if again else None)
    clusters = days.clusters = Clusters(scorer.analyzer.lexicon, days.of)
    report = EnrichReport()
    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(todo), _BATCH):
            batch = todo[start : start + _BATCH]
            outcomes = []
            for item, records in zip(batch, pool.map(_reader(store), batch), strict=True):
                news = rows = leaders = 0
                for record in records:
                    news += 1
                    row = _row(record, clusters, scorer)
                    if row:
                        rows += 1
                        leaders += row["cluster_method"] == "leader"
                        days.add(record.published_at.date(), row)
                outcomes.append((item, news, rows))
                report = replace(
                    report,
                    objects=report.objects + 1,
                    news=report.news + news,
                    written=report.written + rows,
                    clusters=report.clusters + leaders,
                )
            days.write(stamp)
            for item, news, rows in outcomes:
                _record(store, item, news, rows, stamp, again=again)
            progress(report.objects, len(todo))
    return report


def _row(
    record: NewsRecord, clusters: Clusters, scorer: HeadlineSentiment
) -> dict[str, Any] | None:
    """The row of a headline; None where there is one that says the same."""
    text = normalised(record.title, record.publisher)
    headline = clusters.headline(record.news_key, record.published_at, text)
    known = clusters.known(headline)
    if known and known[1] == text:
        return None
    place = clusters.place(headline)
    tone = scorer.score(record.title)
    return {
        "news_key": record.news_key,
        "published_at": record.published_at.strftime("%Y-%m-%d %H:%M:%S"),
        "title_normalised": text,
        "cluster_key": place.cluster_key,
        "cluster_similarity": place.similarity,
        "cluster_method": place.method,
        "cluster_version": VERSION,
        "sentiment_compound": tone.compound,
        "sentiment_positive": tone.positive,
        "sentiment_neutral": tone.neutral,
        "sentiment_negative": tone.negative,
        "sentiment_model": MODEL,
        "sentiment_version": scorer.version,
        "source_key": record.source_key,
    }


def _reader(store: ObjectStore) -> Callable[[StoredObject], list[NewsRecord]]:
    return lambda item: read_records(store.read(item.key).content)


def _write_day(store: ObjectStore, day: date, stamp: datetime, rows: list[dict[str, Any]]) -> None:
    head = sha256(json.dumps(rows, sort_keys=True).encode())[:16]
    key = ObjectKey(SOURCE, DATASET, day, stamp, head, "ndjson").raw
    common = {
        "object_key": key,
        "fetched_at": stamp.strftime("%Y-%m-%d %H:%M:%S"),
        "trade_date": day.isoformat(),
    }
    lines = "".join(
        json.dumps(row | common | {"record_no": number}, ensure_ascii=False) + "\n"
        for number, row in enumerate(rows, start=1)
    )
    body = gzip.compress(lines.encode(), compresslevel=5, mtime=0)
    metadata = {"sha256": sha256(body), "records": str(len(rows)), "source-key": key}
    store.put(key, body, "application/x-ndjson", metadata)


def _record(
    store: ObjectStore, item: StoredObject, news: int, rows: int, stamp: datetime, *, again: bool
) -> None:
    key = ObjectKey.parse(item.key)
    outcome = Outcome(
        stage="enrich",
        source_name=key.source,
        dataset_name=key.dataset,
        trade_date=key.trade_date,
        status="enriched",
        attempted_at=stamp,
        source_key=None,
        records_in=news,
        records_promoted=rows,
        detail=f"{rows} of {news} news were new or reworded ({VERSION})",
    )
    record_promotion(store, outcome, _outcome_key(item), again)


def _outcome_key(item: StoredObject) -> str:
    """Names the content too: an object that is promoted anew with other records is read again."""
    promoted = ObjectKey.parse(item.key).promote_outcome
    ending = f"-{item.etag[:12]}.json"
    return promoted.replace("stage=promote", "stage=enrich").removesuffix(".json") + ending


def _fetched(item: StoredObject) -> tuple[datetime, str]:
    return ObjectKey.parse(item.key).fetched_at, item.key
