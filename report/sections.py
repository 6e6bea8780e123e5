"""What the page derives from the values it read: groups, totals, the sentence at the top."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from report import model
from report.charts_history import is_large
from report.news import NextDayTable, next_day
from report.numbers import crore, number, percent
from report.treemap import Tile, squarify

WIDE_TILES, NARROW_TILES = 24, 12
ACCOUNTED_ROWS = 8
WIDE_MAP, NARROW_MAP = 2.6, 0.62  # width over height, as in page.css
UNCLASSIFIED = "UNCLASSIFIED"
# Returns at which a heat tile changes colour; five steps each way would not be told apart.
HEAT_STEPS = (0.0025, 0.01, 0.02)
# Parts of the ranks, best first, at which the colour of a rank changes.
RANK_STEPS = ((0.1, "u3"), (0.25, "u2"), (0.45, "u1"), (0.55, "z"), (0.75, "d1"), (0.9, "d2"))
ROTATION_SPAN = 4  # weeks over which won and lost ranks are counted
ROTATION_SHARES = 3
_ABBREVIATIONS = {"IT", "BPO", "LPG", "CNG", "PNG", "LNG", "TV", "REIT", "ETF", "PSU"}
CATEGORIES = {
    "broad": "Broad market",
    "sectoral": "Sectors",
    "thematic": "Themes",
    "strategy": "Strategies",
    "other": "Others",
}
LISTS = {
    "gainers": "Gainers",
    "losers": "Losers",
    "most_active_value": "Most active by value",
    "most_active_volume": "Most active by volume",
}
# Lists that stand only where the history gives them rows: they need 20 sessions, or deliveries.
LATER_LISTS = {
    "volume_shockers": "Volume against its own average",
    "delivery_leaders": "Largest part delivered",
}
DISPOSITIONS = {
    "mart_ohlc": "Share mart",
    "mart_index": "Index mart",
    "superseded": "Superseded",
    "quarantined": "Quarantined",
}
REASONS = {
    "dash": "a dash instead of a number",
    "empty": "empty text",
    "nan": "the text NaN",
    "infinity": "the text Infinity",
    "text_number": "a number sent as text (kept)",
    "not_a_number": "text that is no number",
    "zero_means_unknown": "0 standing for unknown",
    "missing": "missing",
}


@dataclass(frozen=True, slots=True)
class MapTile:
    """One industry of the turnover map; `heat` is the class of its colour."""

    place: Tile
    label: str
    return_1d: float | None
    turnover_cr: float
    share: float
    heat: str


@dataclass(frozen=True, slots=True)
class AccountTable:
    """Dispositions as columns; the newest sessions as rows, and the sum over all of them."""

    dispositions: dict[str, str]
    rows: tuple[model.Accounted, ...]
    hidden: int
    total: model.Accounted


@dataclass(frozen=True, slots=True)
class RotationRow:
    """One industry of the rotation table; `won` counts ranks gained, below zero lost."""

    industry: str
    ranks: tuple[int | None, ...]
    return_1m: float | None
    won: int | None
    phase: str


@dataclass(frozen=True, slots=True)
class View:
    """The derived parts of the page."""

    sentence: str
    closes_are: str
    prices_are: str
    nifty: model.Index | None
    index_groups: tuple[tuple[str, tuple[model.Index, ...]], ...]
    lists: tuple[tuple[str, str, tuple[model.Mover, ...]], ...]
    maps: tuple[tuple[str, tuple[MapTile, ...]], ...]
    unclassified_share: float | None
    latest_breadth: model.Breadth | None
    behind: tuple[tuple[int | None, tuple[str, ...]], ...]
    accounts: AccountTable | None
    reasons: dict[str, str]
    large_events: tuple[model.Event, ...]
    rotation: tuple[RotationRow, ...]
    rotation_ranks: int
    rotation_span: str
    next_day: NextDayTable


def view(market: model.Market) -> View:
    """Derive what the template shows beside the plain tables."""
    latest = market.breadth[-1] if market.breadth else None
    nifty = next((one for one in market.indices if one.name == "NIFTY 50"), None)
    return View(
        sentence=_sentence(market.session, nifty, latest),
        closes_are=_closes_are(market.session),
        prices_are=_prices_are(market.session),
        nifty=nifty,
        index_groups=index_groups(market.indices),
        lists=tuple(
            (key, title, market.movers.get(key, ()))
            for key, title in (LISTS | LATER_LISTS).items()
            if key in LISTS or market.movers.get(key)
        ),
        maps=(
            ("wide", turnover_map(market.sectors, WIDE_MAP, WIDE_TILES)),
            ("narrow", turnover_map(market.sectors, NARROW_MAP, NARROW_TILES)),
        ),
        unclassified_share=_unclassified_share(market.sectors),
        latest_breadth=latest,
        behind=_behind(market.freshness),
        accounts=_accounts(market.accounting),
        reasons=REASONS,
        large_events=tuple(one for one in market.history.events if is_large(one)),
        rotation=rotation(market.history.rotation),
        rotation_ranks=max(
            (rank for one in market.history.rotation for rank in one.ranks if rank), default=0
        ),
        rotation_span=_span(len(market.history.rotation_days)),
        next_day=next_day(market.news.next_day),
    )


def rotation(rows: Sequence[model.Rotation]) -> tuple[RotationRow, ...]:
    """The industries with enough shares, and where each of them is going."""
    kept = [one for one in rows if one.securities >= ROTATION_SHARES and one.ranks[-1]]
    middle = max((one.ranks[-1] or 0 for one in kept), default=0) / 2
    found = []
    for one in kept:
        now = one.ranks[-1] or 0
        before = one.ranks[-1 - ROTATION_SPAN] if len(one.ranks) > ROTATION_SPAN else one.ranks[0]
        won = None if before is None else before - now
        rising = won is not None and won > 0
        if now <= middle:
            phase = "weakening" if won is not None and won < 0 else "leading"
        else:
            phase = "improving" if rising else "lagging"
        found.append(RotationRow(one.industry, one.ranks, one.returns[-1], won, phase))
    return tuple(found)


def _span(weeks: int) -> str:
    number_of = min(ROTATION_SPAN, max(weeks - 1, 1))
    return "a week" if number_of == 1 else f"{number_of} weeks"


def rank_heat(rank: int | None, ranks: int) -> str:
    """The colour class of a rank among `ranks`: 'u3' for the best tenth to 'd3' for the worst."""
    if rank is None or not ranks:
        return "none"
    part = (rank - 0.5) / ranks
    return next((colour for limit, colour in RANK_STEPS if part < limit), "d3")


def _closes_are(session: model.Session | None) -> str:
    """What the prices of the session are, in a few words."""
    if session is None or not session.official_shares:
        return "16:00 quotes, not yet official"
    if not session.quoted_shares:
        return "Official closes"
    return f"Official closes, {number(session.quoted_shares, 0)} shares still as quoted"


def _prices_are(session: model.Session | None) -> str:
    if session is None or not session.official_shares:
        return "Prices are the vendor's 16:00 quotes, not the exchange's official closes."
    if not session.quoted_shares:
        return "Prices are the exchange's official closes."
    return (
        "Prices are the exchange's official closes; of shares that its file does not hold, the "
        "vendor's 16:00 quotes."
    )


def index_groups(
    indices: Sequence[model.Index],
) -> tuple[tuple[str, tuple[model.Index, ...]], ...]:
    """The indices by category in the order of CATEGORIES, NIFTY 50 before all others."""

    def rank(one: model.Index) -> tuple[bool, str]:
        return one.name != "NIFTY 50", one.name

    groups: dict[str, list[model.Index]] = {category: [] for category in CATEGORIES}
    for one in sorted(indices, key=rank):
        groups[one.category if one.category in groups else "other"].append(one)
    return tuple((CATEGORIES[key], tuple(found)) for key, found in groups.items() if found)


def heat(value: float | None) -> str:
    """The colour class of a return: 'd3'..'d1', 'z', 'u1'..'u3', or 'none'."""
    if value is None:
        return "none"
    steps = sum(abs(value) >= step for step in HEAT_STEPS)
    return "z" if steps == 0 else f"{'u' if value > 0 else 'd'}{steps}"


def industry(name: str) -> str:
    """The source's capitals in sentence case: 'COMPUTERS - SOFTWARE' is 'Computers - software'."""
    if name == UNCLASSIFIED:
        return "Industry not given"
    words = [word if word in _ABBREVIATIONS else word.lower() for word in name.split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def turnover_map(sectors: Sequence[model.Sector], aspect: float, tiles: int) -> tuple[MapTile, ...]:
    """Industries with turnover as tiles, the small ones together in one last tile."""
    sized = [
        (industry(one.industry), float(one.turnover_cr), one.return_1d)
        for one in sectors
        if one.turnover_cr and one.turnover_cr > 0
    ]
    sized.sort(key=lambda one: (-one[1], one[0]))
    shown, rest = sized[:tiles], sized[tiles:]
    if rest:
        weight = sum(one[1] for one in rest)
        known = [one for one in rest if one[2] is not None]
        known_weight = sum(one[1] for one in known)
        mean = sum(one[1] * (one[2] or 0.0) for one in known) / known_weight if known else None
        shown = [*shown, (f"{len(rest)} smaller industries", weight, mean)]
        shown.sort(key=lambda one: (-one[1], one[0]))
    if not shown:
        return ()
    total = sum(one[1] for one in shown)
    places = squarify([one[1] for one in shown], aspect)
    return tuple(
        MapTile(place, label, move, weight, weight / total, heat(move))
        for place, (label, weight, move) in zip(places, shown, strict=True)
    )


def _sentence(
    session: model.Session | None, nifty: model.Index | None, breadth: model.Breadth | None
) -> str:
    if session is None or breadth is None:
        return ""
    parts = []
    if nifty is not None and nifty.trade_date == session.trade_date:
        moved = "unchanged"
        if nifty.return_1d:
            up = nifty.return_1d > 0
            moved = f"{'up' if up else 'down'} {percent(abs(nifty.return_1d), signed=False)}"
        parts.append(f"The NIFTY 50 closed at {number(nifty.close_price)}, {moved}.")
    parts.append(
        f"{number(breadth.advances, 0)} shares rose, {number(breadth.declines, 0)} fell and "
        f"{number(breadth.unchanged, 0)} did not move, on a turnover of "
        f"{crore(breadth.turnover_cr, 0)}."
    )
    return " ".join(parts)


def _behind(
    datasets: Sequence[model.Freshness],
) -> tuple[tuple[int | None, tuple[str, ...]], ...]:
    """Datasets that are not up to date, together where they lag by the same number of sessions."""
    groups: dict[int | None, list[str]] = {}
    for one in datasets:
        if one.sessions_behind != 0:
            groups.setdefault(one.sessions_behind, []).append(one.dataset_name)
    return tuple((lag, tuple(names)) for lag, names in groups.items())


def _unclassified_share(sectors: Sequence[model.Sector]) -> float | None:
    total = float(sum(one.turnover_cr or 0 for one in sectors))
    without = float(sum(one.turnover_cr or 0 for one in sectors if one.industry == UNCLASSIFIED))
    return without / total if total and without else None


def _accounts(rows: Sequence[model.Accounted]) -> AccountTable | None:
    if not rows:
        return None
    sums: dict[str, int] = {}
    for row in rows:
        for disposition, records in row.by_disposition.items():
            sums[disposition] = sums.get(disposition, 0) + records
    titles = DISPOSITIONS | {one: one for one in sums if one not in DISPOSITIONS}
    newest = sorted(rows, key=lambda row: row.trade_date or date.min, reverse=True)
    return AccountTable(
        dispositions=titles,
        rows=tuple(newest[:ACCOUNTED_ROWS]),
        hidden=max(0, len(rows) - ACCOUNTED_ROWS),
        total=model.Accounted("all", None, sums),
    )
