"""Every number that a check compares with, in one typed place, each with its reason.

Shares and ratios are fractions (0.01 = 1 %). A limit that is `critical` fails the suite and
keeps the marts as they were; a `warning` is shown and stored, and lets the run go on.
"Measured" means: over 242 real daily files of the exchange, 2020-01 to 2026-08.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, slots=True)
class Limit:
    """Lowest and highest value that is still good, both included; None leaves a side open."""

    low: float | None
    high: float | None
    because: str
    severity: Severity = "critical"

    def __str__(self) -> str:
        """What a reader sees: `>= 0.8`, `<= 0.01`, `0.005 .. 0.3`."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g} .. {self.high:g}"
        return f">= {self.low:g}" if self.low is not None else f"<= {self.high:g}"


_PRICE_NULL = "every quoted share and index has it in real replies; 1 % leaves room for oddities"
_PRICE_TEXT = "numbers in every real record; staging reads a few texts, a switch of type is drift"


def _null_limits() -> dict[str, Limit]:
    always = (
        *("identifier", "symbol", "last_update_time", "last_price", "previous_close", "open"),
        *("day_high", "day_low", "change", "p_change"),
        *("total_traded_value", "total_traded_volume", "year_high", "year_low"),
        *("per_change_30d", "per_change_365d"),
    )
    return {name: Limit(None, 0.01, _PRICE_NULL) for name in always} | {
        # A share without its description is still rightly priced: worth a look, no reason to stop.
        "isin": Limit(None, 0.10, "3 of 766 shares of the first real reply had none", "warning"),
        "company_name": Limit(None, 0.10, "comes and goes together with the ISIN", "warning"),
        "industry": Limit(None, 0.70, "38 % of the shares of the first real one", "warning"),
    }


def _text_limits() -> dict[str, Limit]:
    always = (
        *("last_price", "previous_close", "open", "day_high", "day_low", "change", "p_change"),
        *("total_traded_value", "total_traded_volume", "year_high", "year_low"),
    )
    return {name: Limit(None, 0.01, _PRICE_TEXT) for name in always} | {
        "per_change_30d": Limit(
            None, 0.10, "'-' for shares listed this month; 2 % in the real reply"
        ),
        "per_change_365d": Limit(
            None, 0.30, "'-' for shares listed this year; 9 % in the real reply"
        ),
    }


@dataclass(frozen=True, slots=True)
class ArrivalThresholds:
    """Limits on one reply, before dbt sees it."""

    records: Limit = Limit(50, None, "NIFTY 50 with its index makes 51; less is no market")
    records_vs_last_good: Limit = Limit(
        0.80, None, "shares are listed and dropped one by one; a fifth gone at once is a cut reply"
    )
    index_share: Limit = Limit(
        0.005, 0.30, "62 of 828 in the first real reply; none or a third is another endpoint"
    )
    asked_date_share: Limit = Limit(
        0.75, None, "98.7 % in the first real reply; a stale copy of yesterday has none"
    )
    asked_date_share_short: Limit = Limit(
        0.50, None, "a short session may leave many shares without a trade, and with their old time"
    )
    quarantined_share: Limit = Limit(
        None, 0.01, "more than 1 % of broken records is a broken source"
    )
    duplicate_share: Limit = Limit(
        None, 0.005, "staging keeps the newest of a few; more is a page served twice"
    )
    null_share: Mapping[str, Limit] = field(default_factory=_null_limits)
    text_share: Mapping[str, Limit] = field(default_factory=_text_limits)
    good_replies: int = 5
    """How many replies before it make the last good size, their median, so that one cut reply
    among them does not lower the bar for the next."""
    recent_sessions: int = 5
    """So many newest sessions of the calendar are recent."""
    recent_missing: Severity = "critical"
    """Asked for, and not there: the newest data are not complete."""
    older_missing: Severity = "warning"
    """Worth repairing, but no reason to withhold today's data for ever."""
    never_asked: Severity = "warning"
    """A machine that was off, or a range chosen so: known to who runs it."""


def _mart_null_limits() -> dict[str, Limit]:
    return {
        "previous_close_price": Limit(None, 0.05, "only first days of a listing have none"),
        "return_1d": Limit(None, 0.05, "only first days of a listing have none"),
        "vwap": Limit(None, 0.05, "unknown only without volume or turnover"),
        "high_52w": Limit(None, 0.25, "0 means unknown: 14 of 766 shares in the first real reply"),
        "low_52w": Limit(None, 0.25, "0 means unknown: 14 of 766 shares in the first real reply"),
    }


@dataclass(frozen=True, slots=True)
class OhlcThresholds:
    """Limits on one session of the OHLC mart."""

    securities: Limit = Limit(50, None, "the smallest universe we serve is an index of 50")
    securities_vs_trailing: Limit = Limit(
        0.80, None, "never under 0.99 measured; a fifth gone at once is a hole"
    )
    securities_vs_trailing_short: Limit = Limit(
        0.50,
        None,
        "a Muhurat hour trades nearly all shares, a drill or a metals-only session may not",
    )
    null_share: Mapping[str, Limit] = field(default_factory=_mart_null_limits)
    jump: float = 0.2001
    """|return_1d| beyond the widest circuit band of 20 %, with room for rounding to the tick."""
    jump_share: Limit = Limit(
        None, 0.01, "0.3 % at most measured: ex-dates, first days, shares without a band"
    )
    turnover_vs_recent: Limit = Limit(
        0.1, 10.0, "0.5 to 3 measured in unbroken runs; lakhs for rupees move it 1e5"
    )
    turnover_vs_recent_short: Limit = Limit(
        0.0001, 10.0, "0.2 to 0.4 measured in Muhurat hours and drills; some trade nearly nothing"
    )
    unchanged_share: Limit = Limit(
        None, 0.20, "6.5 % at most measured; many is a fetch before the session began"
    )
    unchanged_share_short: Limit = Limit(
        None, 0.60, "with little trade more shares end where they stood"
    )
    stale_copy_share: Limit = Limit(
        None,
        0.05,
        "0.23 % at most measured; five equal numbers twice are chance for a dead share only",
    )
    indices: Limit = Limit(1, None, "every real reply carries the indices")
    index_gap: Limit = Limit(
        None,
        0.05,
        "the indices are made of these shares; so wide a gap means one side is of another day",
    )
    trailing_sessions: int = 20
    """How many regular sessions make the trailing mean and median."""


@dataclass(frozen=True, slots=True)
class ArchiveThresholds:
    """Limits on the exchange's files, before dbt sees them."""

    records_vs_trailing: Limit = Limit(
        0.80, None, "never under 0.95 in 306 real files; a file cut between two lines is shorter"
    )
    older_records_vs_trailing: Limit = Limit(
        0.80,
        None,
        "worth a look, but the young market of the nineties grew in jumps",
        "warning",
    )
    trailing_files: int = 20
    """How many files of its kind before it make the median that a file is compared with."""
    recent_sessions: int = 5
    """So many newest sessions are recent: what is wrong in them stops the run."""
    missing: Severity = "warning"
    """A file that is late is asked for again by the next run; the marts go on without it."""


@dataclass(frozen=True, slots=True)
class NewsThresholds:
    """Limits on news, before dbt sees it."""

    untitled_share: Limit = Limit(
        None, 0.20, "rows of a page without a title are kept as such; most have one"
    )
    untimed_share: Limit = Limit(
        None, 0.05, "0 of 119 real articles; without its time news belongs to no session"
    )
    quarantined_share: Limit = Limit(
        None, 0.05, "none in the real replies; many is a source that changed"
    )
    missing: Severity = "warning"
    """A hole in the news is asked for again by name; prices go on without it."""
    recent_days: int = 60
    """So far back from the newest fetch objects are looked at."""


@dataclass(frozen=True, slots=True)
class NewsMartThresholds:
    """Limits on the newest sessions of the news marts."""

    unenriched_share: Limit = Limit(
        None, 0.02, "enrichment runs before every load; more means that it was left out"
    )
    untoned_share: Limit = Limit(
        None, 0.05, "a tone is missing where Alpha Vantage sent none or nothing was enriched"
    )
    greatest_tone: Limit = Limit(None, 1.0, "both models tell tones between -1 and 1")
    unmapped_share: Limit = Limit(
        None,
        0.995,
        "most of the world's news are about no share of the exchange; but some are",
        "warning",
    )
    undated_share: Limit = Limit(
        None, 0.9, "lists and some pages tell no time; a feed without any has changed", "warning"
    )
    copies_share: Limit = Limit(
        None, 0.9, "a third are copies in the simulated press; nearly all is a fault", "warning"
    )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of all suites; replace one of them to check another kind of market."""

    arrival: ArrivalThresholds = field(default_factory=ArrivalThresholds)
    archives: ArchiveThresholds = field(default_factory=ArchiveThresholds)
    news: NewsThresholds = field(default_factory=NewsThresholds)
    news_marts: NewsMartThresholds = field(default_factory=NewsMartThresholds)
    ohlc: OhlcThresholds = field(default_factory=OhlcThresholds)
