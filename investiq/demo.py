"""`investiq demo`: sixteen simulated months of files, six weeks of news, eleven days of quotes."""

import time
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from ingestion.loading.reading import Reader, readable
from ingestion.settings import Settings, project_root
from investiq import chain
from investiq.backfill import backfill
from investiq.console import out, waiting
from investiq.context import object_store, places
from investiq.news import ingest_news
from investiq.sources import (
    DEMO_HISTORY,
    DEMO_NEWEST,
    DEMO_NEWS,
    DEMO_OLDEST,
    SourceName,
    open_source,
)
from investiq.status import show_places
from investiq.steps import Span

_INDICES = """
    select index_name, close_price, return_1d from marts.fct_index_daily
    where trade_date = (select max(trade_date) from marts.fct_index_daily)
    order by case index_name
            when 'NIFTY 50' then 1 when 'NIFTY NEXT 50' then 2 when 'NIFTY BANK' then 3
            when 'NIFTY IT' then 4 else 5
        end,
        index_name
    limit 4
"""
_MOVERS = """
    select symbol, close_price, return_1d from marts.rpt_movers_daily
    where list_name = $list_name
        and trade_date = (select max(trade_date) from marts.rpt_movers_daily)
    order by rank_no limit 3
"""
_BREADTH = """
    select trade_date, advances, declines, unchanged, turnover_cr
    from marts.fct_market_breadth_daily where universe = 'all'
    order by trade_date desc limit 1
"""
_NEWS = """
    select news, mapped, stories from (
        select count(*) as news, count(distinct cluster_key) as stories from marts.fct_news_articles
    ) as articles cross join (
        select count(distinct news_key) as mapped from marts.bridge_news_securities
        where is_counted
    ) as mentions
"""
_RECORDS = """
    select disposition, sum(records) as records from marts.rpt_record_accounting
    group by disposition order by disposition
"""


def run_demo(settings: Settings) -> None:
    """Run the chain on the simulated exchange and print what came of it."""
    started = time.monotonic()
    out.print(
        f"[bold]InvestIQ Metrics demo[/]: simulated NSE, history from {DEMO_HISTORY}, "
        f"news from {DEMO_NEWS}, quotes {DEMO_OLDEST} to {DEMO_NEWEST}\n"
    )
    carry_out(settings)
    with readable(settings, waiting).open() as con:
        _show_market(con)
    show_places(settings)
    out.print(
        f"\nAsk more: {_ask_more(settings)}\n"
        f"All of it took {time.monotonic() - started:.0f} s and nothing left running."
    )


def carry_out(settings: Settings) -> None:
    """Bring all that the demo shows, and publish it."""
    with (
        open_source(SourceName.SANDBOX, settings, None) as source,
        object_store(settings) as store,
    ):
        backfill(settings, source, Span(DEMO_HISTORY, DEMO_NEWEST), store, build=False)
        news = ingest_news(
            settings, source, Span(DEMO_NEWS, DEMO_NEWEST), store, browser=False
        )  # the pages that need a browser are for `investiq news`
        chain.raise_refusals(news)
        chain.run(settings, source, Span(DEMO_OLDEST, DEMO_NEWEST), store)


def _ask_more(settings: Settings) -> str:
    home = _short(places(settings).home)
    if settings.target == "redshift":
        command = f"INVESTIQ_TARGET=redshift .venv/bin/investiq --home {home}"
        return f"{command} status\n          {command} sandbox redshift"
    return (
        f".venv/bin/investiq --home {home} status\n"
        f"          INVESTIQ_HOME={home} .venv/bin/dbt test"
    )


def _show_market(con: Reader) -> None:
    day, advances, declines, unchanged, turnover = _row(con, _BREADTH)
    out.print(
        f"\n[bold]{day}[/]  {advances} up, {declines} down, {unchanged} unchanged; "
        f"turnover ₹{turnover:,.0f} crore (simulated)"
    )
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("index", "gainers", "losers"):
        table.add_column(column, no_wrap=True)
    columns = [
        con.rows(_INDICES),
        con.rows(_MOVERS, {"list_name": "gainers"}),
        con.rows(_MOVERS, {"list_name": "losers"}),
    ]
    for number in range(max(len(column) for column in columns)):
        cells = [_cell(column[number]) if number < len(column) else "" for column in columns]
        table.add_row(*cells)
    out.print(table)
    news, mapped, stories = _row(con, _NEWS)
    out.print(f"{news:,} news, {stories:,} stories; {mapped:,} are about a share of the market")
    went = ", ".join(f"{name} {count}" for name, count in con.rows(_RECORDS))
    out.print(f"Every record accounted for: {went}\n")


def _cell(row: tuple[str, Decimal, float | None]) -> str:
    name, close, change = row
    shown = "" if change is None else f" {change:+.2%}"
    return f"{name} {close:,.2f}{shown}"


def _row(con: Reader, query: str) -> tuple[object, ...]:
    rows = con.rows(query)
    assert rows, "the chain ended well, so the mart has rows"
    return tuple(rows[0])


def _short(path: Path) -> str:
    root = project_root()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
