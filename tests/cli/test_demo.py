"""`make demo` as a user runs it: the real command, end to end, twice."""

import hashlib
import json
import re
from pathlib import Path

import duckdb
import psutil
import pytest

from expectations.runner import SUITES, run_suite
from ingestion.loading import DATASETS
from ingestion.loading.reading import DuckDBFile
from ingestion.settings import Settings
from investiq.demo import _show_market
from investiq.status import show_status

pytestmark = [pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def demo(demo_once):
    """The home of one demo, and what the command printed."""
    return demo_once


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_demo_ends_with_a_summary_and_says_where_everything_lies(demo):
    home, ended = demo
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "NIFTY 50" in ended.stdout
    assert re.search(r"\d+ up, \d+ down", ended.stdout)
    for path in ("report/index.html", "marts", "warehouse.duckdb"):
        assert str(home / path) in ended.stdout
        assert (home / path).exists()


def test_every_session_of_the_demo_is_in_the_marts_and_the_holiday_is_not(demo, calendar):
    home, _ = demo
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        days = con.sql(
            "select trade_date, count(*) from marts.fct_ohlc_daily group by 1 "
            "having count(*) > 300 order by 1"
        ).fetchall()
        kinds = dict(
            con.sql(
                "select calendar_date, session_type from marts.dim_dates where calendar_date "
                "between date '2025-10-09' and date '2025-10-24' and is_session"
            ).fetchall()
        )
    first, last = min(day for day, _ in days), max(day for day, _ in days)
    assert [day for day, _ in days] == calendar.sessions(first, last) == sorted(kinds)
    assert len(days) == 11
    assert list(kinds.values()).count("muhurat") == 1


def test_the_history_shows_what_happened_in_it(demo):
    """Sixteen months: the planted events are applied, the planted errors wait for a person."""
    home, _ = demo
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        [(sessions, official, adjusted)] = con.sql(
            "select count(distinct trade_date), count(distinct case when is_official then "
            "trade_date end), count(distinct case when share_factor <> 1 then symbol end) "
            "from marts.fct_prices_daily"
        ).fetchall()
        kinds = {
            kind
            for (kind,) in con.sql(
                "select distinct event_type from marts.fct_corporate_actions "
                "where event_status = 'applied'"
            ).fetchall()
        }
        waiting = con.sql(
            "select symbol from marts.rpt_adjustment_review "
            "where review_kind = 'contradicted_factor'"
        ).fetchall()
        [(renamed,)] = con.sql(
            "select count(*) from marts.dim_securities where symbols_count > 1"
        ).fetchall()
        [(complete,)] = con.sql(
            "select count(*) from marts.fct_indicators_daily where trade_date = '2025-10-24' "
            "and sma_200 is not null and beta_252d is not null and rs_rank_252d is not null"
        ).fetchall()
    assert sessions == official == 329
    assert adjusted > 20
    assert kinds >= {"split", "bonus", "consolidation", "dividend", "rights"}
    assert ("ELOJITTYR",) in waiting
    assert renamed >= 3
    assert complete > 300


def test_every_record_received_is_accounted_for(demo):
    home, _ = demo
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        [(received, accounted)] = con.sql(
            "select (select sum(records_in) from raw_data.ingestion_outcomes "
            "where stage = 'promote'), (select sum(records) from marts.rpt_record_accounting)"
        ).fetchall()
    assert received == accounted > 4000


def test_parquet_and_page_are_published_from_the_marts(demo):
    home, _ = demo
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        marts = dict(
            con.sql(
                "select table_name, estimated_size from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        )
        for mart in marts:
            [(published, kept)] = con.sql(
                f"select (select count(*) from '{home}/marts/{mart}*.parquet'), "
                f"(select count(*) from marts.{mart})"
            ).fetchall()
            assert published == kept
    page = (home / "report" / "index.html").read_text()
    assert "24 Oct 2025" in page
    assert "Simulated market" in page
    assert not re.search(r"""(?:src|href)=["']https?://""", page)


def test_running_it_again_changes_nothing_and_leaves_nothing_running(demo, investiq):
    home, _ = demo
    before = {name: digests(home / name) for name in ("marts", "report")}
    told = (  # the feeds of news are asked again, and each such attempt is told
        "select * from raw_data.load_receipts "
        "where object_key not like '%.unchanged.%' order by all"
    )
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        receipts = con.sql(told).fetchall()
    again = investiq("demo", home=home, timeout=900)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing new" in again.stdout
    assert {name: digests(home / name) for name in ("marts", "report")} == before
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        assert con.sql(told).fetchall() == receipts
    servers = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if str(home) in " ".join(process.info["cmdline"] or [])
    ]
    assert servers == []


def test_status_prints_the_counts_per_reason(demo, investiq):
    home, _ = demo
    ended = investiq("status", home=home)
    assert ended.returncode == 0, ended.stderr
    assert "Where every record went" in ended.stdout
    for word in ("mart_ohlc", "mart_index", "superseded", "identical_repeat", "on_asked_date"):
        assert word in ended.stdout


def test_each_step_alone_finds_nothing_to_do(demo, investiq):
    home, _ = demo
    promoted = investiq("promote", home=home)
    assert promoted.stdout.strip().endswith("0 objects: 0 records promoted, 0 quarantined")
    loaded = investiq("load", home=home)
    assert loaded.stdout.count(": 0 objects, 0 rows") == len(DATASETS)
    checked = investiq("check", "ohlc", home=home)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    reported = investiq("report", home=home)
    assert reported.returncode == 0, reported.stderr
    assert str(home / "report" / "index.html") in reported.stdout


def test_checks_leave_their_results(demo):
    home, _ = demo
    results = [json.loads(path.read_text()) for path in (home / "gx" / "reports").glob("*.json")]
    suites = {"arrival", "archives", "news", "news_marts", "ohlc", "prices"}
    assert {result["suite"] for result in results} == suites
    assert all(result["passed"] for result in results)


# What the checks, `status` and the demo's last words read; of the long marts the newest sessions.
READ = {
    "raw_data": "rapidapi_quotes alpha_vantage_news india_news_headlines quarantined_records "
    "ingestion_outcomes load_receipts",
    "marts": "fct_ohlc_daily fct_index_daily fct_news_articles bridge_news_securities "
    "rpt_record_accounting rpt_data_freshness rpt_news_mapping_quality rpt_movers_daily "
    "fct_market_breadth_daily fct_prices_daily fct_indicators_daily",
}
LONG = ("fct_prices_daily", "fct_indicators_daily")
# One session of each that is not as it should be: half of it lost, unknown, or of another day.
BROKEN = """
    delete from raw_data.rapidapi_quotes where trade_date = date '2025-10-23' and record_no > 200;
    delete from raw_data.load_receipts where table_name = 'nse_sec_bhavdata'
        and object_key like '%trade_date=2025-10-20%';
    update raw_data.load_receipts set rows_loaded = 9 where table_name = 'nse_bhavcopy_udiff'
        and object_key like '%trade_date=2025-10-23%';
    delete from raw_data.alpha_vantage_news
        where payload ->> 'time_published' between '20251012T18' and '20251013T19';
    update marts.fct_ohlc_daily set vwap = null, close_price = previous_close_price
        where trade_date = date '2025-10-23' and mod(security_sk, 2) = 0;
    update marts.fct_prices_daily set turnover_inr = turnover_inr * 100000
        where trade_date = date '2025-10-23';
    update marts.fct_news_articles set sentiment_score = null, cluster_version = null
        where trade_date = date '2025-10-23'
"""


@pytest.fixture(scope="module")
def both(demo, mirror, tmp_path_factory):
    """The demo's market with a broken session, on DuckDB and on the Redshift stand-in."""
    path = tmp_path_factory.mktemp("both") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(f"attach '{demo[0] / 'warehouse.duckdb'}' as demo (read_only)")
        for schema, tables in READ.items():
            con.execute(f"create schema {schema}")
            for table in tables.split():
                newest = "where trade_date > date '2025-09-10'" if table in LONG else ""
                con.execute(f"create table {schema}.{table} as from demo.{schema}.{table} {newest}")
        con.execute(BROKEN)
    return DuckDBFile(path), mirror(path)


def test_checks_say_the_same_of_the_same_market_on_both_engines(both, tmp_path):
    failed = set()
    for suite in SUITES:
        by_duckdb, by_redshift = (
            run_suite(suite, warehouse=engine, output=tmp_path / str(place))
            for place, engine in enumerate(both)
        )
        assert by_redshift.results == by_duckdb.results, suite
        assert by_redshift.sessions == by_duckdb.sessions
        assert by_redshift.checked == by_duckdb.checked
        failed |= {suite} if by_duckdb.failures or by_duckdb.warnings else set()
    assert failed == set(SUITES)


def test_status_and_the_last_words_of_the_demo_are_the_same_on_both_engines(both, tmp_path, capsys):
    embedded = Settings(home=tmp_path, INVESTIQ_DUCKDB_PATH=both[0].path)
    show_status(embedded)
    with both[0].open() as reader:
        _show_market(reader)
    told = capsys.readouterr().out
    show_status(both[1].settings.model_copy(update=embedded.model_dump(include={"home"})))
    with both[1].open() as reader:
        _show_market(reader)
    shown = capsys.readouterr().out
    assert "Where every record went" in told
    assert "NIFTY 50" in told
    assert _without_places(shown) == _without_places(told)


def _without_places(told: str) -> list[str]:
    lines = [line.rstrip() for line in told.splitlines()]
    return [line for line in lines if line and not line.startswith("warehouse")]
