"""The least that anything from the landed files to windows over them must do, in one process.

`python tests/bench/minimum.py BUCKET FOLDER MEMORY`: take the files out of their archives, read
them with DuckDB, sort, and the windows and recursive averages of the indicators, over raw prices.
No identity, no adjustment, no checks, no account of what was dropped, nothing that could go on
from here tomorrow. Prints how many bars there are and the seconds of each step.
"""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import duckdb

from ingestion.objectstore import ObjectStore, s3_client
from ingestion.zones import LANDING

DATASETS = ("bhavcopy_legacy", "bhavcopy_udiff", "sec_bhavdata", "index_closes")
SERIES = "('EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ')"
LEGACY = [
    "symbol", "series", "open", "high", "low", "close", "last", "previous", "volume", "turnover",
    "traded_on", "trades", "isin", "rest",
]  # fmt: skip
FULL = [
    "symbol", "series", "traded_on", "previous", "open", "high", "low", "last", "close", "vwap",
    "volume", "turnover", "trades", "delivered", "delivered_share",
]  # fmt: skip
UDIFF = [
    "traded_on", "biz_dt", "sgmt", "src", "kind", "id", "isin", "symbol", "series", "xpry_dt",
    "actl_xpry_dt", "strike", "optn_tp", "name", "open", "high", "low", "close", "last", "previous",
    "underlying", "settlement", "interest", "interest_change", "volume", "turnover", "trades",
    "session", "lot", "remarks", "rsvd1", "rsvd2", "rsvd3", "rsvd4",
]  # fmt: skip

# One sorted table of bars; of the symbols with two series on a day the one that traded more.
BARS = f"""
create table bars as
with official as (
    select symbol, series, cast(coalesce(try_strptime(traded_on, '%d-%b-%Y'),
            try_strptime(traded_on, '%d-%b-%y')) as date) as trade_date,
        open, high, low, close, volume, turnover, trades
    from legacy where series in {SERIES}
    union all
    select symbol, series, cast(traded_on as date), open, high, low, close, volume, turnover, trades
    from udiff where series in {SERIES}
), deliveries as (
    select trim(symbol) as symbol, trim(series) as series,
        cast(strptime(trim(traded_on), '%d-%b-%Y') as date) as trade_date,
        try_cast(trim(vwap) as double) as vwap, try_cast(trim(delivered) as double) as delivered
    from bhavdata where trim(series) in {SERIES}
), ranked as (
    select *, row_number() over (partition by symbol, trade_date order by volume desc) as place
    from official
)
select symbol, trade_date, cast(open as double) as open, cast(high as double) as high,
    cast(low as double) as low, cast(close as double) as close, cast(volume as double) as volume,
    cast(turnover as double) as turnover, cast(trades as bigint) as trades, vwap, delivered,
    delivered / nullif(cast(volume as double), 0) as delivered_share, benchmark
from ranked
left join deliveries using (symbol, series, trade_date)
left join benchmark using (trade_date)
where place = 1
order by symbol, trade_date
"""


def files(bucket: str, folder: Path) -> None:
    """The landed files, taken out of their archives, one folder per dataset."""
    store = ObjectStore(s3_client(), bucket)

    def fetch(key: str) -> None:
        content = store.read(key).content
        for name, inner in members(content):
            dataset = key.split("dataset=")[1].split("/")[0]
            (folder / dataset / f"{Path(key).stem}-{Path(name).name}").write_bytes(inner)

    for dataset in DATASETS:
        (folder / dataset).mkdir(parents=True)
    wanted = chain.from_iterable(
        store.list(f"{LANDING}source=nse/dataset={dataset}/") for dataset in DATASETS
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fetch, [item.key for item in wanted]))


def members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files within an archive, and within one in it; a plain file is its own."""
    if not content.startswith(b"PK"):
        yield "plain.csv", content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            for inner, said in members(archive.read(name)):
                yield name if inner == "plain.csv" else inner, said


def read(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """All files as tables, and the bars of them, sorted."""

    def source(dataset: str, names: list[str]) -> str:
        columns = ", ".join(f"'{name}': 'varchar'" for name in names)
        options = f"columns = {{{columns}}}, header = true, auto_detect = false, "
        options += "null_padding = true, delim = ',', quote = '\"'"
        return f"from read_csv('{folder / dataset}/*', {options})"

    views = {
        "legacy": ("bhavcopy_legacy", LEGACY),
        "udiff": ("bhavcopy_udiff", UDIFF),
        "bhavdata": ("sec_bhavdata", FULL),
    }
    for view, (dataset, names) in views.items():
        told = source(dataset, names)
        if not any((folder / dataset).iterdir()):  # an era without such files
            told = (
                f"from (select {', '.join(f'null::varchar as {name}' for name in names)}) limit 0"
            )
        con.execute(f"create view {view} as select * {told}")
    con.execute(
        "create table benchmark as select cast(try_strptime(b, ['%d-%m-%Y', '%d/%m/%Y']) as date) "
        "as trade_date, max(try_cast(f as double)) as benchmark "
        + source("index_closes", list("abcdefghijklm"))
        + " where upper(a) in ('NIFTY 50', 'CNX NIFTY', 'S&P CNX NIFTY') group by all"
    )
    con.execute(BARS)


def windows() -> str:
    """Everything that is a window over the bars of a symbol, in the fewest passes."""
    along = "partition by symbol order by trade_date"
    year = f"{along} range between interval 364 day preceding and current row"

    def last(count: int, before: int = 0) -> str:
        end = f"{before} preceding" if before else "current row"
        return f"over ({along} rows between {count - 1 + before} preceding and {end})"

    lags = [("previous", "close", 1), ("previous_high", "high", 1), ("previous_low", "low", 1)]
    lags += [(f"close_{n}d", "close", n) for n in (5, 21, 63, 126, 252)]
    first = [f"lag({what}, {n}) over ({along}) as {name}" for name, what, n in lags]
    first += [f"lag(benchmark, {n}) over ({along}) as benchmark_{n}d" for n in (1, 63)]
    first += [f"row_number() over ({along}) as bar_no"]
    first += [f"avg(close) {last(n)} as sma_{n}" for n in (20, 50, 100, 200)]
    first += [f"avg(close) {last(n, 1)} as sma_{n}_before" for n in (50, 200)]
    first += [
        f"stddev_pop(close) {last(20)} as deviation", f"min(high - low) {last(7)} as narrowest",
        f"max(high) {last(20)} as highest_20", f"min(low) {last(20)} as lowest_20",
        f"avg(volume) {last(20, 1)} as volume_avg",
        f"stddev_samp(volume) {last(20, 1)} as volume_sd",
        f"avg(turnover) {last(20)} as turnover_avg", f"count(turnover) {last(20)} as turnovers",
        f"avg(delivered_share) {last(20)} as delivered_avg",
        f"count(delivered_share) {last(20)} as deliveries",
        f"max(close) over ({along} rows unbounded preceding) as peak",
        f"min(low) over ({year}) as low_52w",
        f"max({{'high': high, 'day': trade_date}}) over ({year}) as high_52w",
    ]  # fmt: skip
    for back in ("7 day", "1 month", "3 month", "6 month", "1 year", "3 year", "5 year"):
        first.append(
            f"last_value(close) over ({along} range between unbounded preceding and "
            f"interval {back} preceding) as close_{back.replace(' ', '_')}"
        )
    second = [
        f"stddev_samp(ln(close / previous)) {last(n)} as volatility_{n}" for n in (21, 63, 252)
    ]
    second += [f"{name} {last(252)} as {alias}" for name, alias in (
        ("avg(close / previous - 1)", "mean_return"),
        ("stddev_samp(close / previous)", "return_sd"),
        ("avg(least(close / previous - 1, 0) ^ 2)", "shortfall"), ("count(x)", "pairs"),
        ("sum(x)", "sum_x"), ("sum(y)", "sum_y"), ("sum(x * y)", "sum_xy"),
        ("sum(x * x)", "sum_xx"), ("sum(y * y)", "sum_yy"), ("min(close / peak)", "drawdown"),
    )]  # fmt: skip
    second += [
        f"min(close / peak) over ({along} rows unbounded preceding) as drawdown_all",
        "last_value(case when year(trade_date) <> year(day_before) then previous end ignore nulls) "
        f"over ({along} rows unbounded preceding) as year_base",
        "percent_rank() over (partition by trade_date order by close / close_252d) as strength",
    ]
    return f"""
        select *, {", ".join(second)} from (
            select *, close / previous - 1 as x, benchmark / benchmark_1d - 1 as y,
                lag(trade_date) over ({along}) as day_before
            from (select *, {", ".join(first)} from bars))
    """


def averages() -> str:
    """The recursive averages E = p·E + (1 - p)·x from the first bar on, in blocks of 253 bars."""
    filters = {f"ema_{n}": (f"({n - 1}.0 / {n + 1})", "close") for n in (12, 20, 26, 50, 100, 200)}
    filters |= {"macd_fast": ("(11.0 / 13)", "close"), "signal": ("(8.0 / 10)", "close")}
    for name, what in (("gain", "greatest(close - previous, 0)"),
                       ("loss", "greatest(previous - close, 0)"),
                       ("atr", "greatest(high, previous) - least(low, previous)")):  # fmt: skip
        filters[name] = ("(13.0 / 14)", what)
    block = "partition by symbol, block order by bar_no rows unbounded preceding"
    sums = [
        f"{p} ^ place * sum((1 - {p}) * coalesce({what}, 0) * {p} ^ -place) over ({block}) "
        f"as {name}"
        for name, (p, what) in filters.items()
    ]
    ends = [f"{p} ^ 253 * b.{name} + e.{name} as {name}" for name, (p, _) in filters.items()]
    final = [
        f"f.{name} + {p} ^ (f.place + 1) * b.{name} as {name}" for name, (p, _) in filters.items()
    ]
    return f"""
        with recursive f as (
            select symbol, trade_date, bar_no, block, place, {", ".join(sums)} from (
                select *, (bar_no - 1) // 253 as block, (bar_no - 1) % 253 as place
                from windowed)
        ), b as (
            select distinct symbol, cast(0 as bigint) as block,
                {", ".join(f"cast(0 as double) as {name}" for name in filters)} from bars
            union all
            select b.symbol, b.block + 1, {", ".join(ends)}
            from b inner join f as e on b.symbol = e.symbol and b.block = e.block and e.place = 252
        )
        select f.symbol, f.trade_date, {", ".join(final)}
        from f inner join b on f.symbol = b.symbol and f.block = b.block
    """


def main() -> None:
    """Do it, and tell how long each step took."""
    bucket, memory = sys.argv[1], sys.argv[3]
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True)
    con = duckdb.connect(str(folder / "minimum.duckdb"))
    con.execute(f"set memory_limit = '{memory}'; set threads = 2")
    con.execute("set preserve_insertion_order = false")
    took = {}
    for name, step in (
        ("unpack", lambda: files(bucket, folder / "files")),
        ("read and sort", lambda: read(con, folder / "files")),
        ("windows", lambda: con.execute(f"create table windowed as {windows()}")),
        ("averages", lambda: con.execute(f"create table averaged as {averages()}")),
    ):
        started = time.monotonic()
        step()
        took[f"{name} s"] = round(time.monotonic() - started, 1)
    [(bars,)] = con.execute("select count(*) from averaged").fetchall()
    sys.stdout.write(json.dumps({"bars": bars, **took}))


if __name__ == "__main__":
    main()
