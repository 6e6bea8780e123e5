"""`investiq status`: what came, where every record went and why, how fresh it is, where it lies."""

from datetime import datetime

from rich import box
from rich.table import Table

from ingestion.loading.reading import Reader, readable
from ingestion.settings import Settings
from investiq.console import out, waiting
from investiq.context import places

_ATTEMPTS = """
    select stage, source_name || '/' || dataset_name as dataset, status, count(*) as attempts,
        max(trade_date) as trade_date, max(attempted_at) as attempted_at
    from raw_data.ingestion_outcomes
    group by stage, source_name, dataset_name, status
    order by stage, dataset, status
"""
_RECEIVED = """
    select source_name || '/' || dataset_name as dataset, trade_date, fetched_at,
        sum(records) as records
    from marts.rpt_record_accounting
    group by source_name, dataset_name, trade_date, fetched_at
    order by fetched_at desc, dataset, trade_date limit 5
"""
_ACCOUNTING = """
    select source_name || '/' || dataset_name as dataset, disposition, reason,
        sum(records) as records
    from marts.rpt_record_accounting
    group by source_name, dataset_name, disposition, reason
    order by dataset, disposition, reason
"""
_FRESHNESS = """
    select dataset_name, latest_trade_date, expected_trade_date, sessions_behind, as_of_date
    from marts.rpt_data_freshness order by dataset_name
"""

_EXPECTED = "select coalesce(sum(mentions_expected), 0) from marts.rpt_news_mapping_quality"
_MAPPING = """
    select scope, items, items_mapped, mapping_rate, mapping_precision, mapping_recall
    from marts.rpt_news_mapping_quality order by scope desc
"""


def show_status(settings: Settings) -> None:
    """Print the tables of the warehouse of this home.

    Raises:
        ConfigurationError: there is no warehouse yet.
    """
    with readable(settings, waiting).open() as con:
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


def _show(con: Reader, title: str, columns: tuple[str, ...], query: str) -> None:
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
    for row in con.rows(query):
        table.add_row(*map(_shown, row))
    out.print(table)


def _shown(value: object) -> str:
    """A value as people read it: shares are the only doubles here, seconds say nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1%}".replace("%", " %")
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


def _has_marts(con: Reader) -> bool:
    return _has_table(con, "rpt_record_accounting")


def _has_news(con: Reader) -> bool:
    """Whether there are any, in marts that were built since news are modelled."""
    built = _has_table(con, "rpt_news_mapping_quality")
    return built and _one(con, "select count(*) from marts.fct_news_articles") > 0


def _has_table(con: Reader, name: str) -> bool:
    known = (
        "select count(*) from information_schema.tables "
        "where table_schema = 'marts' and table_name = $name"
    )
    return bool(con.rows(known, {"name": name})[0][0])


def _one(con: Reader, query: str) -> int:
    [(value,)] = con.rows(query)
    return int(value)
