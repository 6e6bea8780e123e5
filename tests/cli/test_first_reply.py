"""The first real reply goes through unchanged: `investiq run --source directory …/first_sample`."""

from datetime import date

import duckdb
import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(600)]
ASKED = date(2024, 4, 26)


@pytest.fixture(scope="module")
def first(investiq, real_data, tmp_path_factory):
    home = tmp_path_factory.mktemp("first")
    ended = investiq("run", "--source", "directory", str(real_data / "first_sample"), home=home)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        yield home, ended.stdout, con


def test_828_records_in_828_accounted_for_and_printed(first):
    _, printed, con = first
    assert "Where every record went (828 in all)" in printed
    counts = dict(
        con.execute(
            "select disposition, sum(records)::int from marts.rpt_record_accounting group by 1"
        ).fetchall()
    )
    assert sum(counts.values()) == 828
    assert counts["mart_index"] == 62
    assert con.execute("select count(*) from raw_data.rapidapi_quotes").fetchall() == [(828,)]


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
