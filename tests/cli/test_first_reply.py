"""The first real reply goes through unchanged: `investiq run --source directory …/first_sample`."""

import json
from datetime import date

import duckdb
import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(600)]
NEWS = "first_sample/news_data_28042024133332.json"
ASKED = date(2024, 4, 26)


@pytest.fixture(scope="module")
def first(investiq, real_data, tmp_path_factory):
    home = tmp_path_factory.mktemp("first")
    ended = investiq("run", "--source", "directory", str(real_data / "first_sample"), home=home)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        yield home, ended.stdout, con


def test_every_record_is_accounted_for_and_printed(first):
    """828 quotes, 50 articles and the 259 rows of three lists of headlines, junk included."""
    _, printed, con = first
    assert "Where every record went (1137 in all)" in printed
    counts = {
        (name, disposition): records
        for name, disposition, records in con.execute(
            "select dataset_name, disposition, sum(records)::int "
            "from marts.rpt_record_accounting group by all"
        ).fetchall()
    }
    assert sum(counts.values()) == 1137
    assert sum(n for (name, _), n in counts.items() if name == "quotes") == 828
    assert counts["quotes", "mart_index"] == 62
    assert counts["news", "mart_news"] == 50
    assert counts["headline_list", "mart_news"] + counts["headline_list", "out_of_scope"] == 259
    assert con.execute("select count(*) from raw_data.rapidapi_quotes").fetchall() == [(828,)]


def test_every_ticker_and_topic_of_the_real_articles_has_its_scores(first, real_data):
    """Numbers as the file has them in text, row for row, none lost and none NULL."""
    _, _, con = first
    feed = json.loads((real_data / NEWS).read_bytes())["feed"]
    tickers = con.execute(
        "select record_no, ticker_no, ticker, relevance_score, sentiment_score, sentiment_label "
        "from staging.stg_alpha_vantage__article_tickers order by all"
    ).fetchall()
    topics = con.execute(
        "select record_no, topic_no, topic, relevance_score "
        "from staging.stg_alpha_vantage__article_topics order by all"
    ).fetchall()
    assert tickers == [
        (
            number,
            place,
            row["ticker"],
            float(row["relevance_score"]),
            float(row["ticker_sentiment_score"]),
            row["ticker_sentiment_label"],
        )
        for number, article in enumerate(feed, start=1)
        for place, row in enumerate(article["ticker_sentiment"], start=1)
    ]
    assert topics == [
        (number, place, row["topic"], float(row["relevance_score"]))
        for number, article in enumerate(feed, start=1)
        for place, row in enumerate(article["topics"], start=1)
    ]
    scores = con.execute(
        "select link, sentiment_score from marts.fct_news_articles "
        "where source_name = 'alpha_vantage'"
    ).fetchall()
    assert dict(scores) == {a["url"]: a["overall_sentiment_score"] for a in feed}


def test_one_row_per_security_with_low_open_close_high_in_order(first):
    _, _, con = first
    [(rows, securities, broken)] = con.execute(
        "select count(*), count(distinct security_sk), count(*) filter (not (low_price <= "
        "least(open_price, close_price) and greatest(open_price, close_price) <= high_price)) "
        "from marts.fct_ohlc_daily where trade_date = $1",
        [ASKED],
    ).fetchall()
    assert rows == securities == 755
    assert broken == 0


def test_a_stale_row_never_appears_under_that_date(first):
    _, _, con = first
    stale = con.execute(
        "select symbol, series, trade_date from marts.fct_ohlc_daily where trade_date < $1", [ASKED]
    ).fetchall()
    assert len(stale) == 11
    assert ("L&TFH", "EQ", date(2024, 4, 22)) in stale
    for symbol in ("HSCL", "TARC", "SUZLON", "RPOWER"):
        rows = con.execute(
            "select series from marts.fct_ohlc_daily where symbol = $1 and trade_date = $2",
            [symbol, ASKED],
        ).fetchall()
        assert len(rows) == 1


def test_the_news_of_the_folder_is_loaded_and_no_file_is_dropped(first):
    _, _, con = first
    kinds = con.execute(
        "select payload->>'kind', count(*) from raw_data.india_news_headlines group by 1"
    ).fetchall()
    assert dict(kinds) == {"news": 200, "advertisement": 48, "empty": 9, "related": 2}
    assert con.execute("select count(*) from raw_data.alpha_vantage_news").fetchall() == [(50,)]
    assert con.execute(
        "select status, count(*) from raw_data.ingestion_outcomes where stage = 'fetch' group by 1"
    ).fetchall() == [("ok", 5)]


def test_the_bytes_landed_unchanged(first, real_data, investiq):
    home, _, con = first
    [(key,)] = con.execute("select distinct source_key from raw_data.rapidapi_quotes").fetchall()
    import boto3

    from ingestion.objectstore import sha256
    from sandbox.s3 import embedded_s3

    with embedded_s3(home / "s3", home / "run") as server:
        client = boto3.client(
            "s3",
            endpoint_url=server.endpoint_url,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            region_name="us-east-1",
        )
        landed = client.get_object(Bucket="investiq", Key=key)["Body"].read()
    [original] = (real_data / "first_sample").glob("nse_data_*.json")
    assert sha256(landed) == sha256(original.read_bytes())
    assert key.endswith(f"/{sha256(landed)[:16]}.json")
