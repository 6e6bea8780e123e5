"""The exchange's index file and constituent lists, under the names of their era."""

from datetime import date

import numpy as np

from sandbox.market import IndexBar, Market
from sandbox.market.industries import BY_TEXT

INDICES_SINCE = date(2012, 2, 21)
_WITHOUT_SP, _NIFTY_SINCE, _VIX_SINCE = date(2013, 1, 1), date(2015, 11, 10), date(2014, 5, 2)
_SLASHES = (date(2014, 6, 26), date(2015, 6, 30))
_MONTH_FIRST = {date(2023, 4, 6), date(2023, 4, 10), date(2023, 4, 11)}
_HEADER = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
    "Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield\n"
)
# Quote feed's name: the archive's since November 2015, and the one before.
_NAMES: dict[str, tuple[str, str]] = {
    "NIFTY 50": ("Nifty 50", "CNX Nifty"),
    "NIFTY NEXT 50": ("Nifty Next 50", "CNX Nifty Junior"),
    "NIFTY MIDCAP 50": ("Nifty Midcap 50", "NIFTY Midcap 50"),
    "NIFTY MIDCAP 100": ("NIFTY Midcap 100", "CNX Midcap"),
    "NIFTY MIDCAP 150": ("NIFTY Midcap 150", ""),
    "NIFTY SMALLCAP 50": ("NIFTY Smallcap 50", ""),
    "NIFTY SMALLCAP 100": ("NIFTY Smallcap 100", "CNX Smallcap"),
    "NIFTY 100": ("Nifty 100", "CNX 100"),
    "NIFTY 200": ("Nifty 200", "CNX 200"),
    "NIFTY LARGEMIDCAP 250": ("NIFTY LargeMidcap 250", ""),
    "NIFTY TOTAL MARKET": ("Nifty Total Market", ""),
    "NIFTY AUTO": ("Nifty Auto", "CNX Auto"),
    "NIFTY BANK": ("Nifty Bank", "CNX Bank"),
    "NIFTY ENERGY": ("Nifty Energy", "CNX Energy"),
    "NIFTY FINANCIAL SERVICES": ("Nifty Financial Services", "CNX Finance"),
    "NIFTY FMCG": ("Nifty FMCG", "CNX FMCG"),
    "NIFTY IT": ("Nifty IT", "CNX IT"),
    "NIFTY MEDIA": ("Nifty Media", "CNX Media"),
    "NIFTY METAL": ("Nifty Metal", "CNX Metal"),
    "NIFTY PHARMA": ("Nifty Pharma", "CNX Pharma"),
    "NIFTY REALTY": ("Nifty Realty", "CNX Realty"),
    "NIFTY HEALTHCARE INDEX": ("Nifty Healthcare Index", ""),
    "NIFTY OIL & GAS": ("Nifty Oil & Gas", ""),
    "NIFTY COMMODITIES": ("Nifty Commodities", "CNX Commodities"),
    "NIFTY INDIA CONSUMPTION": ("Nifty India Consumption", "CNX Consumption"),
    "NIFTY INFRASTRUCTURE": ("Nifty Infrastructure", "CNX Infrastructure"),
    "NIFTY50 EQUAL WEIGHT": ("NIFTY50 Equal Weight", ""),
    "NIFTY ALPHA 50": ("NIFTY Alpha 50", ""),
    "NIFTY100 LOW VOLATILITY 30": ("NIFTY100 Low Volatility 30", ""),
    "NIFTY200 MOMENTUM 30": ("Nifty200 Momentum 30", ""),
}
# List names of the exchange, and the index of the market whose members it holds, largest first.
_LISTS = {"nifty50": ("NIFTY 50", 50), "nifty500": ("NIFTY TOTAL MARKET", 500)}
_SECTORS = {
    "finance": "Financial Services",
    "technology": "Information Technology",
    "health": "Healthcare",
    "auto": "Automobile and Auto Components",
    "consumer": "Fast Moving Consumer Goods",
    "materials": "Metals & Mining",
    "energy": "Oil Gas & Consumable Fuels",
    "building": "Construction",
}


def index_name(name: str, day: date) -> str | None:
    """What the archive of `day` calls an index of the quote feed; None when it had none then."""
    modern, before = _NAMES[name]
    if day >= _NIFTY_SINCE:
        return modern
    if name == "NIFTY 50" and day < _WITHOUT_SP:
        return f"S&P {before}"
    return before or None


def index_closes(market: Market, day: date) -> bytes:
    """`ind_close_all_DDMMYYYY.csv`; LookupError for no session or before the first such file."""
    bars = market.index_bars_on(day)
    if day < INDICES_SINCE:
        raise LookupError(f"the exchange has no index file before {INDICES_SINCE}: ask later")
    stamp = _stamp(day)
    lines = [_HEADER]
    for place, bar in enumerate(bars):
        name = index_name(bar.name, day)
        if name is not None:
            lines.append(_line(name, stamp, bar, place))
    number = market.number_on(day)
    points = 20.0 + number % 250 * 0.31
    dividend = "Nifty50 Dividend Points" if day >= _NIFTY_SINCE else "S&P CNX Nifty Dividend"
    lines.append(f"{dividend},{stamp},-,-,-,{_number(points)},0,-,-,-,-,-,-\n")
    if day >= _VIX_SINCE:
        level, before = (_fear(market, at) for at in (number, max(0, number - 1)))
        low, high = min(level, before) - 0.2, max(level, before) + 0.3
        change = [_number(level - before), _number(100.0 * (level / before - 1.0))]
        shown = [_number(value) for value in (before, high, low, level)]
        lines.append(",".join(["India VIX", stamp, *shown, *change, "-", "-", "-", "-", "-\n"]))
    return "".join(lines).encode()


def index_closes_name(day: date) -> str:
    """The name of the file."""
    return f"ind_close_all_{day:%d%m%Y}.csv"


def constituents(market: Market, list_name: str, day: date) -> bytes:
    """`ind_<list_name>list.csv` as of `day`: 'nifty50' or 'nifty500', sorted by company."""
    index, count = _LISTS[list_name]
    number = market.session_number(day)
    size = market.universe.shares * market.bars.adjustment[number] * market.bars.close[number]
    inside = sorted(market.constituents(index, day), key=lambda security: -size[security])[:count]
    rows: list[tuple[str, ...]] = []
    for security in inside:
        known = market.identity_at(number, security)
        sector = _SECTORS[BY_TEXT[market.securities[security].industry].group]
        name = known.company_name.replace("Limited", "Ltd.")
        rows.append((name, sector, known.symbol, known.series, known.isin))
    header = "Company Name,Industry,Symbol,Series,ISIN Code\n"
    return (header + "".join(",".join(row) + "\n" for row in sorted(rows))).encode()


def _stamp(day: date) -> str:
    if day in _MONTH_FIRST:
        return f"{day:%m-%d-%Y}"
    if _SLASHES[0] <= day <= _SLASHES[1]:
        return f"{day:%d/%m/%Y}"
    return f"{day:%d-%m-%Y}"


def _line(name: str, stamp: str, bar: IndexBar, place: int) -> str:
    change = bar.close - bar.previous_close
    percent = 100.0 * change / bar.previous_close
    drawn = np.random.default_rng((17, place, bar.trade_date.toordinal() // 30)).random(3)
    ratios = [12.0 + 25.0 * drawn[0], 1.2 + 4.0 * drawn[1], 0.6 + 1.4 * drawn[2]]
    values = [bar.open, bar.high, bar.low, bar.close, change, percent]
    shown = [_number(value) for value in values]
    shown += [str(bar.volume), _number(bar.turnover / 1e7), *(_number(value) for value in ratios)]
    return f"{name},{stamp},{','.join(shown)}\n"


def _number(value: float) -> str:
    """Two decimals at most and no zero before the point: `5718.8`, `.27`, `-.32`, `0`."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    if text in ("", "-", "0", "-0"):
        return "0"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _fear(market: Market, number: int) -> float:
    """India VIX of the market: higher after falls of its first index."""
    closes = market.indices.close[max(0, number - 5) : number + 1, 0]
    return 14.0 + 180.0 * max(0.0, 1.0 - float(closes[-1] / closes[0])) + number % 11 * 0.13
