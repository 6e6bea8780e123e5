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

from ingestion.loading.reading import Engine, Reader

FORMAT = 3
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
# Redshift's types by the name that it gives them itself; a decimal has its digits.
_REDSHIFT_TYPES = {
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "smallint": "SMALLINT",
    "double precision": "DOUBLE",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


def duckdb_type(
    engine: Engine, declared: str, precision: int | None, scale: int | None
) -> str | None:
    """The type that a column has in DuckDB and in the files; None for one that has no place."""
    if engine == "duckdb":
        return declared
    if declared == "numeric":
        return f"DECIMAL({precision},{scale})"
    return _REDSHIFT_TYPES.get(declared)


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
        """SQL of both engines that gives the number of the part that a row belongs to.

        A security's key is a hash already: its remainder spreads the securities evenly.
        """
        if self.day is None:
            return str(WHOLE)
        year = f'coalesce(cast(extract(year from "{self.day}") as integer), {NO_DAY})'
        if self.name in YEARLY:
            return year
        return (
            f"case when \"{self.day}\" < date '{first_recent:04}-01-01' "
            f"then cast(abs(mod(security_sk, {SECURITY_FILES})) as integer) else {year} end"
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


def first_recent_year(reader: Reader, mart: Mart) -> int:
    """The oldest year that has a file of its own."""
    if mart.day is None:
        return 0
    [(newest,)] = reader.rows(
        f'select extract(year from max("{mart.day}")) as newest from {mart.source}'
    )
    return max(int(newest or 0) - RECENT_YEARS + 1, 1)


def parts_of(reader: Reader, mart: Mart, first_recent: int) -> tuple[Part, ...]:
    """The files that the mart makes now, by one look at every value of it."""
    row, told = _FINGERPRINTS[reader.engine]
    values = ", ".join(f'"{name}"' for name, _ in mart.columns)
    texts = " || '|' || ".join(_distinct_text(name, kind) for name, kind in mart.columns)
    counted = reader.rows(
        f"""
        select part_number, count(*) as n_rows, {told}
        from (
            select {mart.part_of_a_row(first_recent)} as part_number,
                {row.format(values=values, texts=texts)} as fingerprint
            from {mart.source}
        ) as fingerprints
        group by part_number order by part_number
        """
    )
    if not counted:  # an empty table is a file too: its columns are the contract
        counted = [(WHOLE, 0, 0, 0)]
    return tuple(
        Part(part, rows, _digest(rows, int(one), int(two), mart.columns, mart.order(part)))
        for part, rows, one, two in counted
    )


# What a row is told by, and what those of a part are added up to, in whatever order they come:
# two numbers. Fingerprints are compared with those of the same engine only.
_FINGERPRINTS: dict[Engine, tuple[str, str]] = {
    "duckdb": ("hash({values})", "bit_xor(fingerprint) as mixed, sum(fingerprint) as total"),
    "redshift": (
        "md5({texts})",
        "sum(cast(strtol(substring(fingerprint, 1, 13), 16) as decimal(38, 0))) as mixed, "
        "sum(cast(strtol(substring(fingerprint, 14, 13), 16) as decimal(38, 0))) as total",
    ),
}


def as_text(name: str, kind: str) -> str:
    """A column as text that DuckDB reads back to the same value; Redshift casts no boolean."""
    if kind == "VARCHAR":
        return f'"{name}"'
    if kind == "BOOLEAN":
        return f"case when \"{name}\" then 'true' when not \"{name}\" then 'false' end"
    return f'cast("{name}" as varchar)'


def _distinct_text(name: str, kind: str) -> str:
    """A column as a short text that no other value of it has, and that holds no separator."""
    text = as_text(name, kind)
    return f"coalesce({f'md5({text})' if kind == 'VARCHAR' else text}, '-')"


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
