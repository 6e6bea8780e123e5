"""Writes quotes as the quote API does: key order, number style and gaps of the real reply."""

from typing import Any

from sandbox.market import Quote


def row_of(quote: Quote) -> dict[str, Any]:
    """One record of the reply; whole numbers without a point, as JavaScript writes them."""
    return {
        "identifier": quote.identifier,
        "change": number(quote.change),
        "dayHigh": number(quote.high),
        "dayLow": number(quote.low),
        "lastPrice": number(quote.last),
        "lastUpdateTime": quote.updated_at.strftime("%d-%b-%Y %H:%M:%S"),
        "meta": {
            "companyName": quote.company_name,
            "industry": quote.industry,
            "isin": quote.isin,
        },
        "open": number(quote.open),
        "pChange": number(quote.change_percent),
        "perChange30d": _or_dash(quote.change_percent_30d),
        "perChange365d": _or_dash(quote.change_percent_365d),
        "previousClose": number(quote.previous_close),
        "symbol": quote.symbol,
        "totalTradedValue": number(quote.value),
        "totalTradedVolume": quote.volume,
        "yearHigh": number(quote.year_high or 0.0),
        "yearLow": number(quote.year_low or 0.0),
    }


def number(value: float) -> float | int:
    """`value` as JSON.stringify prints it: 7000 for 7000.0, all digits of a float otherwise."""
    return int(value) if value == int(value) else value


def _or_dash(value: float | None) -> float | int | str:
    return "-" if value is None else number(value)
