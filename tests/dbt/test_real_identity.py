"""Every real price file and list, 1994 to 2026: who is who. Figures are printed (`pytest -s`)."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(900)]
Figures = Callable[[str, object], None]

# The text of the files, typed and ranked as int_prices__bars does: the bhavcopy first, then EQ.
BARS = """
    create schema if not exists intermediate;
    create table intermediate.int_prices__bars as
    select symbol, series, trade_date, isin, previous_close_price, close_price,
           timestamp '2026-01-01' as session_version
    from (
        select symbol, series, nullif(isin, '') as isin, source_rank,
               cast(try_strptime(day_text, ['%d-%b-%Y', '%d-%b-%y']) as date) as trade_date,
               try_cast(previous as decimal(18, 4)) as previous_close_price,
               cast(close as decimal(18, 4)) as close_price
        from read_csv($1, header = true, all_varchar = true)
        where series in ('EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ')
    )
    qualify row_number() over (
        partition by symbol, trade_date
        order by source_rank, list_position(['EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ'], series)
    ) = 1;
"""
SESSIONS = """
    create table intermediate.int_prices__sessions as
    select trade_date, max(session_version) as session_version
    from intermediate.int_prices__bars group by trade_date;
    create table intermediate.int_quotes__accepted (
        symbol varchar, series varchar, trade_date date, isin varchar, instrument_type varchar,
        previous_close_price decimal(18, 4), close_price decimal(18, 4), company_name varchar,
        industry varchar, quoted_at_ist timestamp, quoted_at_utc timestamp, open_price decimal,
        high_price decimal, low_price decimal, traded_volume bigint, turnover_inr decimal,
        high_52w decimal, low_52w decimal, source_key varchar, record_no integer,
        fetched_at timestamp, loaded_at timestamp
    );
"""
COLUMNS = ["symbol", "series", "isin", "day_text", "previous", "close", "source_rank"]
LISTED = ["symbol", "name_of_company", "series", "date_of_listing", "paid_up_value", "market_lot"]
LEVELS = ["open_index_value", "high_index_value", "low_index_value", "closing_index_value"]
MODELS = (
    "path:dbt_project/models/intermediate/securities",
    "path:dbt_project/models/staging/nse",
    "int_indices__names",
    "index_renames",
)


def lines(real_data: Path) -> Iterator[list[str]]:
    """Symbol, series, ISIN, day, previous close, close, rank of the source."""
    for path in sorted((real_data / "legacy_bhavcopy").glob("[12]*/*.zip")):
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        for row in csv.DictReader(io.StringIO(text)):
            day = row["TIMESTAMP"].title()
            yield [
                row["SYMBOL"],
                row["SERIES"],
                row.get("ISIN", ""),
                day,
                row["PREVCLOSE"],
                row["CLOSE"],
                "1",
            ]
    for path in sorted((real_data / "sec_bhavdata_full").rglob("*.csv.gz")):
        rows = csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
        next(rows)
        for row in rows:
            symbol, series, day, previous, *_, close = (cell.strip() for cell in row[:9])
            yield [symbol, series, "", day, previous, close, "2"]


def fill(warehouse: Any, real_data: Path) -> None:
    staged = warehouse.folder / "bars.csv"
    with staged.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(lines(real_data))
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema if not exists intermediate")
        connection.execute(BARS.split(";")[1], [str(staged)])
        connection.execute(SESSIONS)
    staged.unlink()
    masters = real_data / "masters"
    names = {
        "nse_symbol_changes": (
            ["company_name", "old_symbol", "new_symbol", "changed_on"],
            (masters / "symbolchange_2026-08-08.csv").read_text("latin-1"),
        ),
        "nse_equity_list": (
            [*LISTED, "isin_number", "face_value"],
            (masters / "EQUITY_L_2026-08-08.csv").read_text().split("\n", 1)[1],
        ),
        "nse_index_closes": (
            ["index_name", "index_date", *LEVELS],
            (real_data / "indices" / "ind_close_all_01102012.csv").read_text().split("\n", 1)[1],
        ),
    }
    for table, (columns, text) in names.items():
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
        records = [
            {name: cell.strip() for name, cell in zip(columns, row, strict=False)} for row in rows
        ]
        warehouse.archive(table, records, "2012-10-01" if "index" in table else "2026-08-08")
    done = warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--select", *MODELS)
    assert done.returncode == 0, done.output


@pytest.fixture(scope="module")
def known(built_once: Callable[[str, Callable[[Any], None]], Any], real_data: Path) -> Any:
    return built_once("real-identity", lambda warehouse: fill(warehouse, real_data))


def owner(known: Any, symbol: str, day: str) -> Any:
    [(security,)] = known.query(
        "select security_sk from intermediate.int_securities__symbols "
        f"where symbol = '{symbol}' and date '{day}' between valid_from and valid_to"
    )
    return security


def test_every_real_bar_belongs_to_one_security(known: Any, record_property: Figures) -> None:
    [(bars, owned, doubled)] = known.query(
        "select (select count(*) from intermediate.int_prices__bars), count(*), "
        "count(*) - count(distinct (s.security_sk, b.trade_date)) "
        "from intermediate.int_prices__bars b join intermediate.int_securities__symbols s "
        "on b.symbol = s.symbol and b.trade_date between s.valid_from and s.valid_to"
    )
    links = known.query(
        "select kind, second_evidence, is_accepted, count(*) "
        "from intermediate.int_securities__links group by all order by all"
    )
    record_property("bars", bars)
    record_property("links", links)
    print(bars, *links, sep="\n")  # noqa: T201
    assert bars == owned > 600_000
    assert doubled == 0


def test_known_renames_and_isin_changes_are_one_security(known: Any) -> None:
    renamed = [
        ("INFOSYSTCH", "2011-06-24", "INFY", "2011-06-29"),
        ("IIFLWAM", "2023-01-20", "360ONE", "2023-01-23"),
    ]
    for old, before, new, after in renamed:
        assert owner(known, old, before) == owner(known, new, after), new
    changed = known.query(
        "select symbol, count(distinct isin) from intermediate.int_securities__chains where "
        "symbol in ('HDFCBANK', 'EICHERMOT') and isin is not null group by symbol, security_sk "
        "order by symbol"
    )
    assert changed == [("EICHERMOT", 2), ("HDFCBANK", 3)]


def test_no_security_mixes_two_issuers(known: Any) -> None:
    """A chain with two issuers would need a continued price; in these files there is none."""
    assert (
        known.query(
            "select security_sk from intermediate.int_securities__chains where isin like 'IN%' "
            "group by security_sk having count(distinct left(isin, 7)) > 1"
        )
        == []
    )


def test_the_unbroken_run_has_a_plausible_number(known: Any, record_property: Figures) -> None:
    """Over 181 sessions each rename makes one security of two symbols, and nothing else does."""
    [(securities, symbols)] = known.query(
        "select count(distinct security_sk), count(distinct b.symbol) "
        "from intermediate.int_prices__bars b join intermediate.int_securities__symbols s "
        "on b.symbol = s.symbol and b.trade_date between s.valid_from and s.valid_to "
        "where b.trade_date between '2022-08-26' and '2023-05-22'"
    )
    renamed = known.query(
        "select c.symbol_path from intermediate.int_securities__chains c "
        "where link_reason = 'renamed' and first_trade_date between '2022-08-27' and '2023-05-22'"
    )
    record_property("securities", securities)
    record_property("symbols", symbols)
    print(securities, symbols, sorted(path for (path,) in renamed))  # noqa: T201
    assert symbols - securities == len(renamed) >= 10
    assert 2200 < securities < 2500


def test_the_real_lists_are_read_whole(known: Any) -> None:
    flaws = known.query(
        "select flaw, count(*) from staging.stg_nse__symbol_changes group by flaw order by flaw"
    )
    assert flaws == [("self_map", 9), (None, 1045)]
    assert known.query(
        "select count(*), count(listed_on), count(face_value) from staging.stg_nse__equity_list"
    ) == [(2397, 2397, 2397)]


def test_the_indices_of_2012_have_the_names_of_today(known: Any) -> None:
    names = dict(
        known.query(
            "select n.name_key, n.index_name from intermediate.int_indices__names n "
            "join (select distinct upper(index_name) as name_key "
            "from raw_data.nse_index_closes) using (name_key)"
        )
    )
    assert len(names) == 30
    assert names["S&P CNX NIFTY"] == "NIFTY 50"
    assert names["CNX NIFTY JUNIOR"] == "NIFTY NEXT 50"
    assert names["CNX MIDCAP"] == "NIFTY MIDCAP 100"
    assert names["CNX AUTO"] == "NIFTY AUTO"
    assert names["S&P CNX 500"] == "NIFTY 500"
    assert [key for key, name in names.items() if "CNX" in name] == []
