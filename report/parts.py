"""How a mart is cut into files, and which of them changed since the published set.

A mart that grows with every share and every session is cut in two directions. The newest years
are a file each, because a new session belongs to the newest year alone. What is older is cut by
security, because a corporate action learned today changes the whole history of one share: that
is one of those files, and not a file of every year. News do not change with corporate actions:
they are a file a year, however old. All other marts are one file.
"""

import hashlib
from dataclasses import dataclass

import duckdb

FORMAT = 2
RECENT_YEARS = 3
SECURITY_FILES = 32
# A pass over a mart takes as many changed parts as make this many values: memory stays bounded.
PASS_VALUES = 120_000_000
GROWING: dict[str, str] = {
    "fct_prices_daily": "trade_date",
    "fct_indicators_daily": "trade_date",
    "fct_price_revisions": "trade_date",
    "fct_ohlc_weekly": "week_start",
    "fct_ohlc_monthly": "month_start",
}
YEARLY: dict[str, str] = {
    "fct_news_articles": "trade_date",
    "bridge_news_securities": "trade_date",
    "fct_news_sentiment_daily": "trade_date",
}
# Row order inside the files: by time first, so that readers of recent sessions skip row groups.
# A mart that is not listed is ordered by all its columns, which is as deterministic, only slower.
GRAINS: dict[str, tuple[str, ...]] = {
    "dim_dates": ("calendar_date",),
    "dim_securities": ("security_sk",),
    "dim_indices": ("index_sk",),
    "dim_security_identities": ("security_sk", "valid_from"),
    "fct_ohlc_daily": ("trade_date", "security_sk"),
    "fct_prices_daily": ("trade_date", "security_sk"),
    "fct_indicators_daily": ("trade_date", "security_sk"),
    "fct_price_revisions": ("trade_date", "security_sk", "version_no"),
    "fct_ohlc_weekly": ("week_start", "security_sk"),
    "fct_ohlc_monthly": ("month_start", "security_sk"),
    "fct_index_daily": ("trade_date", "index_sk"),
    "fct_sector_daily": ("trade_date", "industry"),
    "fct_corporate_actions": ("ex_date", "event_sk"),
    "fct_news_articles": ("trade_date", "published_at", "news_key"),
    "bridge_news_securities": ("trade_date", "news_key", "security_sk"),
    "fct_news_sentiment_daily": ("trade_date", "security_sk"),
    "rpt_movers_daily": ("trade_date", "list_name", "rank_no"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a mart that make one file; `fingerprint` changes with any value, type or order.

    `number` is the year of a recent file, 0 to 31 of a file by security, NO_DAY of rows without
    a date, WHOLE where the mart is one file.
    """

    number: int
    rows: int
    fingerprint: str


WHOLE, NO_DAY = -1, -2


@dataclass(frozen=True, slots=True)
class Mart:
    """One table: its columns with their types, and how it is cut and ordered."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def source(self) -> str:
        """The table as SQL names it."""
        return f'"{self.schema}"."{self.name}"'

    @property
    def day(self) -> str | None:
        """The date by which the mart is cut into files, None where it is one file."""
        names = {name for name, _ in self.columns}
        if self.name in YEARLY:
            return YEARLY[self.name] if YEARLY[self.name] in names else None
        day = GROWING.get(self.name)
        return day if {day, "security_sk"} <= names else None

    def order(self, number: int) -> str:
        """The row order of a part: old files are of few securities, so by those first."""
        names = {name for name, _ in self.columns}
        keys = [key for key in GRAINS.get(self.name, ()) if key in names]
        if 0 <= number < SECURITY_FILES:
            keys.sort(key=lambda key: key == self.day)
        return ", ".join(f'"{key}"' for key in keys) or "all"

    def part_of_a_row(self, first_recent: int) -> str:
        """SQL that gives the number of the part that a row belongs to."""
        if self.day is None:
            return str(WHOLE)
        if self.name in YEARLY:
            return f'coalesce(year("{self.day}")::integer, {NO_DAY})'
        return (
            f"case when \"{self.day}\" < date '{first_recent:04}-01-01' "
            f"then (hash(security_sk) % {SECURITY_FILES})::integer "
            f'else coalesce(year("{self.day}")::integer, {NO_DAY}) end'
        )

    def file_name(self, part: Part, first_recent: int) -> str:
        """`mart.parquet`, or `mart.label.parquet`; `mart*.parquet` finds either."""
        if part.number == WHOLE:
            return f"{self.name}.parquet"
        if part.number == NO_DAY:
            return f"{self.name}.without-date.parquet"
        if part.number < SECURITY_FILES:
            return f"{self.name}.before-{first_recent}-{part.number:02}.parquet"
        return f"{self.name}.{part.number}.parquet"


def first_recent_year(connection: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    """The oldest year that has a file of its own."""
    if mart.day is None:
        return 0
    [(newest,)] = connection.execute(
        f'select year(max("{mart.day}")) from {mart.source}'
    ).fetchall()
    return max(int(newest or 0) - RECENT_YEARS + 1, 1)


def parts_of(
    connection: duckdb.DuckDBPyConnection, mart: Mart, first_recent: int
) -> tuple[Part, ...]:
    """The files that the mart makes now, by one look at every value of it."""
    names = ", ".join(f'"{name}"' for name, _ in mart.columns)
    counted = connection.execute(
        f"""
        select part, count(*) as row_count, bit_xor(fingerprint) as mixed,
            sum(fingerprint) as total
        from (
            select {mart.part_of_a_row(first_recent)} as part, hash({names}) as fingerprint
            from {mart.source}
        )
        group by part order by part
        """
    ).fetchall()
    if not counted:  # an empty table is a file too: its columns are the contract
        counted = [(WHOLE, 0, 0, 0)]
    return tuple(
        Part(part, rows, _digest(rows, mixed, total, mart.columns, mart.order(part)))
        for part, rows, mixed, total in counted
    )


def _digest(*told: object) -> str:
    return hashlib.sha256(repr((FORMAT, duckdb.__version__, *told)).encode()).hexdigest()


def passes(mart: Mart, parts: tuple[Part, ...]) -> list[list[Part]]:
    """The parts in groups, each small enough to hold at once; one scan of the mart per group."""
    groups: list[list[Part]] = []
    room = 0
    for part in parts:
        values = part.rows * len(mart.columns)
        if not groups or values > room:
            groups.append([])
            room = PASS_VALUES
        groups[-1].append(part)
        room -= values
    return groups
