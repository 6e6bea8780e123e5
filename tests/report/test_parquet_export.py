"""The Parquet set: what is in it, and that it is published as a whole or not at all."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import duckdb
import pytest

from ingestion.errors import ConfigurationError, WarehouseBusy
from report.errors import PublishFailed
from report.parquet import export_marts

EXPORT = (
    "from report.parquet import export_marts\nexport_marts(Path(sys.argv[1]), Path(sys.argv[2]))\n"
)


def test_every_mart_is_exported_row_by_row_with_its_types(published):
    with duckdb.connect(published.warehouse, read_only=True) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        ]
        assert len(tables) > 12
        for table in tables:
            path = published.marts / f"{table}*.parquet"
            for one, two in ((f"marts.{table}", f"'{path}'"), (f"'{path}'", f"marts.{table}")):
                assert connection.execute(f"from {one} except all from {two}").fetchall() == []
            types = [
                connection.execute(
                    f"select column_name, column_type from (describe from {source})"
                ).fetchall()
                for source in (f"marts.{table}", f"'{path}'")
            ]
            assert types[0] == types[1]


def test_manifest_tells_rows_and_checksums_of_the_files_beside_it(published):
    manifest = json.loads((published.marts / "manifest.json").read_text())
    assert manifest["warehouse"]["latest_trade_date"] == "2024-11-01"
    assert {table["name"] for table in manifest["tables"]} == {
        path.name.partition(".")[0] for path in published.marts.glob("*.parquet")
    }
    for table in manifest["tables"]:
        for file in table["files"]:
            path = published.marts / file["name"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
            assert path.stat().st_size == file["size_bytes"]
            assert duckdb.sql(f"select count(*) from '{path}'").fetchone() == (file["rows"],)
        paths = f"{published.marts}/{table['name']}*.parquet"
        assert duckdb.sql(f"select count(*) from '{paths}'").fetchone() == (table["rows"],)
        assert table["rows"] == sum(file["rows"] for file in table["files"])


def test_rows_are_ordered_by_the_grain_so_that_recent_sessions_are_found_fast(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "create or replace table marts.fct_ohlc_daily as "
            "from marts.fct_ohlc_daily order by random()"
        )
    export_marts(here.warehouse, here.marts)
    path = here.marts / "fct_ohlc_daily.parquet"
    keys = duckdb.sql(f"select trade_date, security_sk from '{path}'").fetchall()
    assert len(keys) > 300
    assert keys == sorted(keys)


def test_second_export_of_the_same_marts_swaps_nothing(place):
    here = place()
    first = export_marts(here.warehouse, here.marts)
    target, before = os.readlink(here.marts), here.published_files()
    second = export_marts(here.warehouse, here.marts)
    assert (first.changed, second.changed) == (True, False)
    assert os.readlink(here.marts) == target
    assert here.published_files() == before
    assert second.tables == first.tables
    assert here.leftovers() == []


def _inodes(here):
    return {path.name: path.stat().st_ino for path in here.marts.glob("fct_prices_daily.*")}


@pytest.fixture
def long_history(place):
    """Ten years of a hundred shares, as the mart of prices, published."""
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "create or replace table marts.fct_prices_daily as select security_sk, trade_date, "
            "hash(security_sk, trade_date) % 1000 / 10.0 as close_price from "
            "range(100) as s (security_sk), (select unnest(generate_series(date '2015-01-05', "
            "date '2024-10-31', interval '7 days'))::date as trade_date)"
        )
    export_marts(here.warehouse, here.marts)
    return here


def test_growing_mart_is_cut_by_year_and_old_years_by_security(long_history):
    here = long_history
    names = set(_inodes(here))
    recent = {f"fct_prices_daily.{year}.parquet" for year in (2022, 2023, 2024)}
    assert recent < names
    assert len(names - recent) > 20
    for name in names - recent:
        rows = duckdb.sql(f"select security_sk, trade_date from '{here.marts}/{name}'").fetchall()
        assert rows == sorted(rows)
        assert max(day.year for _, day in rows) == 2021
    with duckdb.connect(here.warehouse, read_only=True) as connection:
        both = ("marts.fct_prices_daily", f"'{here.marts}/fct_prices_daily*.parquet'")
        for one, two in (both, both[::-1]):
            assert connection.execute(f"from {one} except all from {two}").fetchall() == []


def test_news_are_a_file_a_year_however_old_and_a_new_one_writes_only_its_own(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "insert into marts.fct_news_articles (news_key, trade_date, published_at) "
            "select 'n' || n, case when n > 0 then date '2015-01-05' + n::integer end, "
            "timestamp '2015-01-05' from range(0, 3000, 100) as r (n)"
        )
    export_marts(here.warehouse, here.marts)
    names = [f"fct_news_articles.{year}.parquet" for year in range(2015, 2023)]
    found = {path.name: path.stat().st_ino for path in here.marts.glob("fct_news_articles*")}
    assert sorted(found) == [*names, "fct_news_articles.without-date.parquet"]
    rows = duckdb.sql(f"select news_key from '{here.marts}/fct_news_articles*.parquet'").fetchall()
    assert sorted(rows) == sorted((f"n{n}",) for n in range(0, 3000, 100))
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "insert into marts.fct_news_articles (news_key, trade_date) values ('x', '2022-02-01')"
        )
    assert export_marts(here.warehouse, here.marts).written == 1
    for path in here.marts.glob("fct_news_articles*"):
        assert (path.stat().st_ino == found[path.name]) == (path.name != names[-1])


def test_new_session_writes_the_file_of_its_year_and_links_the_others(long_history):
    here = long_history
    before = _inodes(here)
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "insert into marts.fct_prices_daily select security_sk, date '2024-11-01', 1 "
            "from range(100) as s (security_sk)"
        )
    result = export_marts(here.warehouse, here.marts)
    after = _inodes(here)
    changed = {name for name in after if after[name] != before.get(name)}
    assert (result.changed, result.written) == (True, 1)
    assert changed == {"fct_prices_daily.2024.parquet"}
    assert set(after) == set(before)


def test_action_learned_today_writes_one_old_file_and_the_recent_years(long_history):
    here = long_history
    before = _inodes(here)
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "update marts.fct_prices_daily set close_price = close_price / 10 "
            "where security_sk = 7 and trade_date < '2024-10-31'"
        )
    assert export_marts(here.warehouse, here.marts).written == 4
    after = _inodes(here)
    changed = sorted(name for name in after if after[name] != before[name])
    assert [name.split(".")[1][:6] for name in changed] == ["2022", "2023", "2024", "before"]
    counts = [
        duckdb.sql(f"select count(*) from '{here.marts}/{name}' where security_sk = 7").fetchone()
        for name in changed
    ]
    assert all(count > 0 for (count,) in counts)


def test_new_year_moves_the_oldest_recent_year_to_the_files_by_security(long_history):
    here = long_history
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("insert into marts.fct_prices_daily values (7, '2025-01-01', 1)")
    export_marts(here.warehouse, here.marts)
    names = set(_inodes(here))
    assert "fct_prices_daily.2025.parquet" in names
    assert "fct_prices_daily.2022.parquet" not in names
    assert {name.split("-")[1] for name in names if "before" in name} == {"2023"}
    counted = duckdb.sql(f"select count(*) from '{here.marts}/fct_prices_daily*.parquet'")
    assert counted.fetchone() == (513 * 100 + 1,)


def test_changed_type_or_name_of_a_column_is_published_though_no_value_changed(long_history):
    here = long_history
    for change in ("alter close_price type decimal(18, 4)", "rename close_price to close_inr"):
        with duckdb.connect(here.warehouse) as connection:
            connection.execute(f"alter table marts.fct_prices_daily {change}")
        assert export_marts(here.warehouse, here.marts).written > 20
    columns = duckdb.sql(f"describe from '{here.marts}/fct_prices_daily*.parquet'").fetchall()
    assert [column[:2] for column in columns][2] == ("close_inr", "DECIMAL(18,4)")


def test_edit_that_keeps_the_size_of_a_file_is_seen_and_undone(long_history):
    here = long_history
    path = here.marts / "fct_prices_daily.2023.parquet"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"?")
    assert export_marts(here.warehouse, here.marts).changed
    assert path.read_bytes() == good


def test_export_without_its_memory_finds_the_same_set_and_swaps_nothing(long_history):
    here = long_history
    target = os.readlink(here.marts)
    memory = here.home / ".marts/known.json"
    for forgotten in ("", "{}", memory.read_text().replace('"set": "', '"set": "other-')):
        memory.write_text(forgotten)
        assert export_marts(here.warehouse, here.marts).changed is False
        assert os.readlink(here.marts) == target
    assert export_marts(here.warehouse, here.marts).written == 0


def test_rebuilt_marts_with_the_same_rows_in_another_order_give_the_same_bytes(place):
    here = place(shares=300)
    with duckdb.connect(here.warehouse) as connection:  # several row groups, written in parallel
        connection.execute(
            "create table marts.fct_big as select n as id, hash(n) as noise "
            "from range(400000) as r (n)"
        )
    export_marts(here.warehouse, here.marts)
    with duckdb.connect(here.warehouse) as connection:
        for table in ("fct_ohlc_daily", "fct_big"):
            connection.execute(
                f"create or replace table marts.{table} as from marts.{table} order by random()"
            )
    assert export_marts(here.warehouse, here.marts).changed is False


def test_changed_mart_is_published_and_one_older_set_stays_for_its_readers(place, known):
    here = place()
    export_marts(here.warehouse, here.marts)
    sets = [here.marts.resolve()]
    for _ in range(2):
        old = duckdb.sql(f"from '{sets[-1]}/fct_ohlc_daily.parquet'").fetchall()
        known.change_one_price(here.warehouse)
        assert export_marts(here.warehouse, here.marts).changed
        sets.append(here.marts.resolve())
        assert duckdb.sql(f"from '{sets[-2]}/fct_ohlc_daily.parquet'").fetchall() == old
        assert duckdb.sql(f"from '{here.marts}/*ohlc_daily.parquet'").fetchall() != old
    assert [path.exists() for path in sets] == [False, True, True]


def test_published_tree_can_be_moved(place, tmp_path):
    here = place()
    export_marts(here.warehouse, here.marts)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(tmp_path / ".marts", moved / ".marts")
    shutil.move(tmp_path / "marts", moved / "marts")
    assert duckdb.sql(f"select count(*) from '{moved}/marts/dim_dates.parquet'").fetchone() == (10,)


def test_file_that_was_tampered_with_is_published_anew(place):
    here = place()
    export_marts(here.warehouse, here.marts)
    good = here.published_files()
    (here.marts / "dim_dates.parquet").write_bytes(b"PAR1 half")
    assert export_marts(here.warehouse, here.marts).changed
    assert here.published_files() == good


def test_tables_that_dbt_left_half_built_are_not_published(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        for suffix in ("__dbt_tmp", "__dbt_backup"):
            connection.execute(f"create table marts.fct_ohlc_daily{suffix} (n integer)")
    names = {table.name for table in export_marts(here.warehouse, here.marts).tables}
    assert "fct_ohlc_daily" in names
    assert not [name for name in names if "__dbt" in name]


def test_mart_whose_name_leaves_the_folder_is_refused(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute('create table marts."../../escaped" (n integer)')
    with pytest.raises(PublishFailed, match="Rename it in dbt"):
        export_marts(here.warehouse, here.marts)
    assert not here.marts.exists()


@pytest.mark.parametrize("name", ["fct_prices_daily_old", "dim_dates_history"])
def test_mart_whose_files_would_be_taken_for_those_of_another_is_refused(place, name):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(f"create table marts.{name} (n integer)")
    with pytest.raises(PublishFailed, match="another beginning"):
        export_marts(here.warehouse, here.marts)


def test_missing_warehouse_and_missing_marts_say_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match="investiq run"):
        export_marts(tmp_path / "none.duckdb", tmp_path / "marts")
    assert list(tmp_path.iterdir()) == []
    duckdb.connect(tmp_path / "empty.duckdb").close()
    with pytest.raises(ConfigurationError, match="investiq build"):
        export_marts(tmp_path / "empty.duckdb", tmp_path / "marts")
    assert not (tmp_path / "marts").exists()


def test_folder_of_somebody_else_is_not_overwritten(place):
    here = place()
    here.marts.mkdir()
    (here.marts / "thesis.txt").write_text("three years of work")
    with pytest.raises(PublishFailed, match="Move it away"):
        export_marts(here.warehouse, here.marts)
    assert (here.marts / "thesis.txt").read_text() == "three years of work"


@pytest.mark.parametrize(
    "point",
    [
        "report.parquet._manifest",  # all tables written, not yet finished
        "report.parquet._describe",  # some tables copied
        "report.atomic.fsync",  # written, not yet known to be on disk
        "report.atomic.flip_link",  # the finished set stands beside the old one
    ],
)
def test_fault_15_parquet_export_killed_before_the_swap_leaves_the_old_set(
    place, known, run_python, point
):
    here = place()
    export_marts(here.warehouse, here.marts)
    old = here.published_files()
    known.change_one_price(here.warehouse)
    module, _, function = point.rpartition(".")
    killed = run_python(
        f"import {module}\n{module}.{function} = die\n{EXPORT}", here.warehouse, here.marts
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert here.published_files() == old
    assert export_marts(here.warehouse, here.marts).changed
    assert here.published_files() != old
    assert here.leftovers() == []
    assert len([path for path in here.marts.parent.glob(".marts/*") if path.is_dir()]) <= 3


def test_killed_right_after_the_swap_leaves_the_new_set_whole(place, known, run_python):
    here = place()
    export_marts(here.warehouse, here.marts)
    for _ in range(2):  # the second swap has an old set to drop, and dies on it
        known.change_one_price(here.warehouse)
        killed = run_python(
            "import report.atomic\nreport.atomic.shutil.rmtree = die\n" + EXPORT,
            here.warehouse,
            here.marts,
        )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert export_marts(here.warehouse, here.marts).changed is False


def test_first_export_killed_leaves_nothing_that_looks_published(place, run_python):
    here = place()
    killed = run_python(
        "import report.atomic\nreport.atomic.flip_link = die\n" + EXPORT, here.warehouse, here.marts
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not here.marts.exists()
    assert export_marts(here.warehouse, here.marts).changed


def test_fault_15_disk_full_keeps_the_old_set_and_says_what_to_do(place, known, run_python):
    here = place()
    export_marts(here.warehouse, here.marts)
    old = here.published_files()
    known.change_one_price(here.warehouse)
    full = run_python(
        "import resource\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "from report.errors import PublishFailed\n"
        "from report.parquet import export_marts\n"
        "try:\n"
        "    export_marts(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except PublishFailed as error:\n"
        "    print(error)\n",
        here.warehouse,
        here.marts,
    )
    assert "Free space" in full.stdout, full.stderr
    assert "previous set" in full.stdout
    assert here.published_files() == old
    assert export_marts(here.warehouse, here.marts).changed
    assert here.leftovers() == []


def _without_root_powers():
    """A command prefix under which even root is refused by a read-only folder."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root ignores read-only folders, and setpriv is not here to give that up")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


def test_fault_15_read_only_folder_keeps_the_old_set_and_says_what_to_do(place, known, run_python):
    here = place()
    prefix = _without_root_powers()
    export_marts(here.warehouse, here.marts)
    old = here.published_files()
    known.change_one_price(here.warehouse)
    store = here.home / ".marts"
    store.chmod(0o555)
    try:
        refused = run_python(EXPORT, here.warehouse, here.marts, prefix=prefix)
    finally:
        store.chmod(0o755)
    assert refused.returncode == 1
    assert "make the folder writable" in refused.stderr
    assert here.published_files() == old


HOLD = (
    "import duckdb\n"
    "connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'read')\n"
    "print('open', flush=True)\n"
    "sys.stdin.read()\n"
)


def _hold(warehouse, mode):
    """Another process that has the warehouse open until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys\n" + HOLD, str(warehouse), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "open\n"
    return holder


def test_fault_14_reader_of_the_warehouse_does_not_stop_the_export(place):
    here = place()
    with _hold(here.warehouse, "read") as holder:
        assert export_marts(here.warehouse, here.marts).changed
        holder.stdin.close()
    assert holder.returncode == 0


def test_fault_14_writer_is_named_and_the_old_set_stays(place, known):
    here = place()
    export_marts(here.warehouse, here.marts)
    old = here.published_files()
    known.change_one_price(here.warehouse)
    with _hold(here.warehouse, "write") as holder:
        with pytest.raises(WarehouseBusy, match=str(holder.pid)):
            export_marts(here.warehouse, here.marts, warehouse_wait_seconds=0.2)
        assert here.published_files() == old
        holder.stdin.close()
    assert export_marts(here.warehouse, here.marts).changed
    assert here.leftovers() == []


def test_warehouse_is_free_again_after_the_export(place):
    here = place()
    export_marts(here.warehouse, here.marts)
    with _hold(here.warehouse, "write") as holder:
        holder.stdin.close()
    assert holder.returncode == 0


def test_exports_at_once_go_one_after_the_other(place):
    here = place()
    results, errors = [], []

    def work():
        try:
            results.append(export_marts(here.warehouse, here.marts))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(result.changed for result in results) == [False, False, False, True]
