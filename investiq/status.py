"""`investiq status`: what came, where every record went and why, how fresh it is, where it lies."""

import duckdb
from rich import box
from rich.table import Table

from ingestion.loading.duckdb_connection import connect
from ingestion.settings import Settings
from investiq.console import out, waiting
from investiq.context import places

_ATTEMPTS = """
    select stage, source_name || '/' || dataset_name, status, count(*), max(trade_date),
        strftime(max(attempted_at), '%Y-%m-%d %H:%M')
    from raw_data.ingestion_outcomes group by all order by all
"""
_RECEIVED = """
    select source_name || '/' || dataset_name, trade_date, fetched_at, sum(records)
    from marts.rpt_record_accounting group by all order by fetched_at desc limit 5
"""
_ACCOUNTING = """
    select source_name || '/' || dataset_name, disposition, reason, sum(records)
    from marts.rpt_record_accounting group by all order by all
"""
_FRESHNESS = """
    select dataset_name, latest_trade_date, expected_trade_date, sessions_behind, as_of_date
    from marts.rpt_data_freshness order by all
"""

_EXPECTED = "select coalesce(sum(mentions_expected), 0) from marts.rpt_news_mapping_quality"
_MAPPING = """
    select scope, items, items_mapped, printf('%.1f %%', 100 * mapping_rate),
        case when mapping_precision is not null then printf('%.1f %%', 100 * mapping_precision) end,
        case when mapping_recall is not null then printf('%.1f %%', 100 * mapping_recall) end
    from marts.rpt_news_mapping_quality order by scope desc
"""


def show_status(settings: Settings) -> None:
    """Print the tables of the warehouse of this home.

    Raises:
        ConfigurationError: there is no warehouse yet.
    """
    with connect(
        settings.duckdb_path,
        read_only=True,
        wait_seconds=settings.lock_wait_seconds,
        on_wait=waiting,
    ) as con:
        built = _has_marts(con)
        _show(
            con, "Attempts", ("stage", "dataset", "status", "n", "session", "last (UTC)"), _ATTEMPTS
        )
        if built:
            _show(
                con,
                "Replies received last",
                ("dataset", "session asked", "fetched (UTC)", "records"),
                _RECEIVED,
            )
            total = _one(con, "select coalesce(sum(records), 0) from marts.rpt_record_accounting")
            _show(
                con,
                f"Where every record went ({total} in all)",
                ("dataset", "disposition", "reason", "records"),
                _ACCOUNTING,
            )
            _show(
                con,
                "Freshness",
                ("dataset", "newest session", "expected", "sessions behind", "as of"),
                _FRESHNESS,
            )
            if _has_news(con):
                _show(
                    con,
                    "News that name a share of this home, and how well that is told on headlines "
                    "with known shares",
                    ("scope", "n", "mapped", "mapping rate", "precision", "recall"),
                    _MAPPING,
                )
                if _one(con, _EXPECTED) == 0:
                    out.print(
                        "Precision and recall are not known here: this home has none of the "
                        "companies that the labelled headlines name."
                    )
    if not built:
        out.print("The marts are not built yet: run `investiq build`.")
    show_places(settings)


def show_places(settings: Settings) -> None:
    """Print where everything lies."""
    home = places(settings)
    lines = Table(box=None, show_header=False, pad_edge=False)
    for name, path in (
        ("report", home.page),
        ("marts (Parquet)", home.marts),
        ("warehouse", home.warehouse),
        ("checks", home.checks),
        ("objects (S3)", home.objects),
    ):
        if path.exists():
            lines.add_row(name, str(path))
    out.print(lines, soft_wrap=True)


def _show(con: duckdb.DuckDBPyConnection, title: str, columns: tuple[str, ...], query: str) -> None:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number == len(columns) - 1 else "left")
    for row in con.execute(query).fetchall():
        table.add_row(*("" if value is None else str(value) for value in row))
    out.print(table)


def _has_marts(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        _one(
            con,
            "select count(*) from duckdb_tables() "
            "where schema_name = 'marts' and table_name = 'rpt_record_accounting'",
        )
    )


def _has_news(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are any, in marts that were built since news are modelled."""
    known = "select count(*) from duckdb_tables() where table_name = 'rpt_news_mapping_quality'"
    return _one(con, known) > 0 and _one(con, "select count(*) from marts.fct_news_articles") > 0


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
