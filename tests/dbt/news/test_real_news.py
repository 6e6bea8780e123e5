"""The real reply of Alpha Vantage and the three real lists of headlines, from folder to marts."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingestion.enrichment import enrich_pending
from ingestion.ingest import ingest_directory
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse
from ingestion.objectstore import ObjectStore
from ingestion.promotion import promote_pending

pytestmark = pytest.mark.real_data
LISTS = {"INFY.csv": 176, "JIOFIN.csv": 29, "SBIN.csv": 54}


@pytest.fixture
def built(
    real_data: Path,
    tmp_path: Path,
    store: ObjectStore,
    warehouse: DuckDBWarehouse,
    new_warehouse: Any,
) -> Any:
    """All of them landed, promoted, enriched, loaded and modelled, beside no prices at all."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("news_data_28042024133332.json", *LISTS):
        shutil.copy2(real_data / "first_sample" / name, folder / name)
    ingest_directory(folder, store, max_bytes=2**25)
    promote_pending(store)
    enrich_pending(store)
    home = new_warehouse()
    warehouse.path = home.path
    for dataset in DATASETS.values():
        load_pending(dataset, store, warehouse)
    run = home.dbt("build", "--exclude-resource-type", "unit_test")
    assert run.returncode == 0, run.output
    return home


def test_the_real_files_reach_the_marts_and_nothing_is_lost(
    built: Any, real_data: Path, store: ObjectStore
) -> None:
    _articles_are_whole(built, real_data)
    _lists_have_their_junk_classified(built)
    _what_was_enriched_was_loaded(built, store)


def _articles_are_whole(built: Any, real_data: Path) -> None:
    reply = json.loads((real_data / "first_sample/news_data_28042024133332.json").read_bytes())
    feed = reply["feed"]
    assert len(feed) == 50
    [(articles, scored, timed)] = built.query(
        "select count(*), count(sentiment_score), count(published_at) "
        "from staging.stg_alpha_vantage__articles"
    )
    assert (articles, scored, timed) == (50, 50, 50)
    tickers = sum(len(article["ticker_sentiment"]) for article in feed)
    topics = sum(len(article["topics"]) for article in feed)
    assert built.query(
        "select count(*), count(relevance_score), count(sentiment_score) "
        "from staging.stg_alpha_vantage__article_tickers"
    ) == [(tickers, tickers, tickers)]
    assert built.query(
        "select count(*), count(relevance_score) from staging.stg_alpha_vantage__article_topics"
    ) == [(topics, topics)]

    # Every score is the number that the text says, and our cut points are those of the labels.
    served = sorted(
        (float(one["ticker_sentiment_score"]), one["ticker_sentiment_label"])
        for article in feed
        for one in article["ticker_sentiment"]
    )
    read = built.query(
        "select sentiment_score, sentiment_label from staging.stg_alpha_vantage__article_tickers"
    )
    assert sorted(read) == served
    assert built.query(
        "select count(*) from staging.stg_alpha_vantage__articles as served "
        "join marts.fct_news_articles as news using (news_key) "
        "where replace(served.sentiment_label, '_', '-') <> news.sentiment_label"
    ) == [(0,)]

    urls = {article["url"] for article in feed}
    assert built.query(
        "select count(*) from marts.fct_news_articles where source_name = 'alpha_vantage'"
    ) == [(len(urls),)]
    [(links,)] = built.query(
        "select count(distinct link) from marts.fct_news_articles "
        "where source_name = 'alpha_vantage'"
    )
    assert links == len(urls)


def _lists_have_their_junk_classified(built: Any) -> None:
    kinds = dict(
        built.query(
            "select kind, count(*)::int from staging.stg_india_news__headlines group by all"
        )
    )
    assert sum(kinds.values()) == sum(LISTS.values())
    assert kinds["news"] > 150
    assert kinds["advertisement"] >= 5
    assert kinds["related"] >= 2
    went = built.query(
        "select disposition, sum(records)::int from marts.rpt_record_accounting "
        "where dataset_name = 'headline_list' group by all"
    )
    assert sum(records for _, records in went) == sum(LISTS.values())
    [(named, flagged)] = built.query(
        "select count(sentiment_score), count(*) filter (where published_flag = 'missing') "
        "from marts.fct_news_articles where site = 'headline_list'"
    )
    assert named == flagged > 150  # the lists tell no time


def _what_was_enriched_was_loaded(built: Any, store: ObjectStore) -> None:
    written = sum(
        len(gzip.decompress(store.read(item.key).content).splitlines())
        for item in store.list("raw/source=enrichment/")
    )
    assert built.query("select count(*) from raw_data.news_enrichment") == [(written,)]
    assert built.query(
        "select count(*) from marts.fct_news_articles where cluster_version is null"
    ) == [(0,)]
