"""A press for the warehouses of dbt's tests: raw rows of news, and real names of the exchange."""

import csv
import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingestion.enrichment.clusters import VERSION, Clusters, normalised
from ingestion.enrichment.leaders import Day
from ingestion.enrichment.records import NewsRecord, read_records
from ingestion.enrichment.sentiment import MODEL, HeadlineSentiment

# Symbols and names as the exchange lists them: those the labelled headlines speak of, and some that
# are words of the language.
with (Path(__file__).parent / "companies.csv").open(newline="", encoding="utf-8") as lines:
    COMPANIES = {row["symbol"]: row["company_name"] for row in csv.DictReader(lines)}


def headline(title: str, published: str | None, **changes: Any) -> dict[str, Any]:
    """A headline as promotion writes it; its link is made of the title."""
    record = {
        "site": "google_news",
        "channel": "feed",
        "ticker": None,
        "query": None,
        "position": 1,
        "title": title,
        "headline": title,
        "publisher": "Dalal Ledger",
        "link": f"https://dalalledger.example/{hashlib.md5(title.encode()).hexdigest()}",
        "guid": None,
        "published_text": published,
        "published_at": published,
        "published_precision": "second" if published else None,
        "kind": "news",
        "summary": None,
        "extractor": "google-feed-1",
    } | changes
    named = record["link"] or f"{record['site']}|{record['ticker']}|{record['title']}"
    return {"news_key": hashlib.md5(named.encode()).hexdigest()} | record


def article(title: str, published: str, **changes: Any) -> dict[str, Any]:
    """An article of Alpha Vantage as promotion writes it: snake_case keys, scores as text."""
    return {
        "title": title,
        "url": f"https://globalyield.example/{hashlib.md5(title.encode()).hexdigest()}",
        "time_published": published,
        "authors": ["A. Writer"],
        "summary": title,
        "banner_image": None,
        "source": "Global Yield",
        "category_within_source": "n/a",
        "source_domain": "globalyield.example",
        "topics": [{"topic": "Technology", "relevance_score": "0.5"}],
        "overall_sentiment_score": 0.2,
        "overall_sentiment_label": "Somewhat-Bullish",
        "ticker_sentiment": [],
    } | changes


def about(ticker: str, relevance: str, score: str) -> dict[str, str]:
    """An entry of ticker_sentiment."""
    return {
        "ticker": ticker,
        "relevance_score": relevance,
        "ticker_sentiment_score": score,
        "ticker_sentiment_label": "Neutral",
    }


@dataclass
class Press:
    """Fills the raw tables of a warehouse with news, enriched as `investiq enrich` does."""

    warehouse: Any

    def companies(self, sessions: dict[str, dict[str, tuple[float, float]]]) -> None:
        """Bars (close, previous close) per session and symbol, and the list of equity."""
        for day, bars in sessions.items():
            lines = [
                _bar(symbol, close, previous)
                for number, (symbol, (close, previous)) in enumerate(bars.items())
            ]
            self.warehouse.archive("nse_bhavcopy_udiff", lines, day)
        names = [
            {
                "symbol": symbol,
                "name_of_company": name,
                "series": "EQ",
                "date_of_listing": "01-JAN-2000",
                "isin_number": _isin(symbol),
                "face_value": "1",
            }
            for symbol, name in COMPANIES.items()
        ]
        self.warehouse.archive("nse_equity_list", names, max(sessions))

    def articles(self, name: str, payloads: list[dict[str, Any]], fetched: str) -> None:
        """One landed reply of Alpha Vantage."""
        self._load("alpha_vantage", "news", "alpha_vantage_news", name, payloads, fetched)

    def headlines(
        self, name: str, payloads: list[dict[str, Any]], fetched: str, dataset: str = "google_feed"
    ) -> None:
        """One landed page, feed or list."""
        self._load("india_news", dataset, "india_news_headlines", name, payloads, fetched)

    def enrich(self) -> None:
        """Clusters and tones of all raw news, anew."""
        scorer, days = HeadlineSentiment.default(), {}
        clusters = Clusters(scorer.analyzer.lexicon, lambda day: days.setdefault(day, Day()))
        rows = []
        for record in self._records():
            text = normalised(record.title, record.publisher)
            place = clusters.place(clusters.headline(record.news_key, record.published_at, text))
            rows.append(
                [
                    record.news_key,
                    place.cluster_key,
                    place.similarity,
                    VERSION,
                    scorer.score(record.title).compound,
                    MODEL,
                    scorer.version,
                    len(rows) + 1,
                ]
            )
        self.warehouse.execute("delete from raw_data.news_enrichment")
        if rows:
            self.warehouse.execute(
                "insert into raw_data.news_enrichment by name select $1 as news_key, "
                "$2 as cluster_key, $3 as cluster_similarity, $4 as cluster_version, "
                "$5 as sentiment_compound, $6 as sentiment_model, $7 as sentiment_version, "
                "$8 as record_no, 'raw/e' as object_key, 'landing/e' as source_key, "
                "timestamp '2030-01-01' as fetched_at, date '2030-01-01' as trade_date, "
                "timestamp '2026-01-02' as loaded_at",
                rows,
            )

    def _records(self) -> list[NewsRecord]:
        found = self.warehouse.query(
            "select json_object('payload', payload, 'source_key', source_key, 'fetched_at', "
            "strftime(fetched_at, '%Y-%m-%d %H:%M:%S')) from raw_data.alpha_vantage_news "
            "union all select json_object('payload', payload, 'source_key', source_key, "
            "'fetched_at', strftime(fetched_at, '%Y-%m-%d %H:%M:%S')) "
            "from raw_data.india_news_headlines"
        )
        return read_records(gzip.compress("\n".join(line for (line,) in found).encode()))

    def _load(
        self,
        source: str,
        dataset: str,
        table: str,
        name: str,
        payloads: list[dict[str, Any]],
        fetched: str,
    ) -> None:
        moment = datetime.fromisoformat(fetched)
        key = (
            f"landing/source={source}/dataset={dataset}/trade_date={moment.date()}"
            f"/fetched_at={moment:%Y%m%dT%H%M%SZ}/{name}.json"
        )
        self.warehouse.execute(f"delete from raw_data.{table} where source_key = '{key}'")
        self.warehouse.execute(
            f"insert into raw_data.{table} by name select $1::json as payload, $2 as source_key, "
            "$3 as record_no, $4 as fetched_at, $5 as trade_date, $6 as loaded_at",
            [
                [json.dumps(payload), key, number, moment, moment.date(), moment + timedelta(1)]
                for number, payload in enumerate(payloads, start=1)
            ],
        )
        self.warehouse.execute(
            "delete from raw_data.ingestion_outcomes where source_key = $1", [[key]]
        )
        self.warehouse.promoted(key, len(payloads))


def _isin(symbol: str) -> str:
    return f"INE{sum(map(ord, symbol)) * 7919 % 10**6:06d}011"[:12]


def _bar(symbol: str, close: float, previous: float) -> dict[str, Any]:
    return {
        "tckr_symb": symbol,
        "scty_srs": "EQ",
        "isin": _isin(symbol),
        "fin_instrm_nm": symbol,
        "opn_pric": f"{previous:.4f}",
        "hgh_pric": f"{max(close, previous):.4f}",
        "lw_pric": f"{min(close, previous):.4f}",
        "cls_pric": f"{close:.4f}",
        "last_pric": f"{close:.4f}",
        "prvs_clsg_pric": f"{previous:.4f}",
        "ttl_tradg_vol": "1000",
        "ttl_trf_val": f"{1000 * close:.2f}",
        "ttl_nb_of_txs_exctd": "10",
    }


def flat(days: list[date], price: float = 100.0) -> dict[str, dict[str, tuple[float, float]]]:
    """Sessions in which nothing moves, for tests that need only names."""
    return {day.isoformat(): {symbol: (price, price) for symbol in COMPANIES} for day in days}


@pytest.fixture(scope="session")
def news() -> Any:
    """The builders of records; a fixture, because test modules cannot import a conftest."""
    return SimpleNamespace(
        headline=headline,
        article=article,
        about=about,
        press=Press,
        flat=flat,
        companies=COMPANIES,
    )
