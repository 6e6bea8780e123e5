"""Named ways to spoil records of the quote reply, each as seen in some real feed."""

import copy
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Row], Any]
_TIME = "%d-%b-%Y %H:%M:%S"
_PRICES = ("open", "dayHigh", "dayLow", "lastPrice", "previousClose")


def _session(row: Row) -> str:
    return str(row["lastUpdateTime"])[:11]


def _first_shares(rows: list[Row], count: int) -> list[int]:
    """Places of the first `count` share rows that are of the newest session."""
    newest = _session(max(rows, key=lambda row: datetime.strptime(row["lastUpdateTime"], _TIME)))
    places = [
        place
        for place, row in enumerate(rows)
        if row["identifier"] != row["symbol"] and _session(row) == newest
    ]
    return places[:count]


def _each(change: Change) -> Callable[[list[Row], int], list[Any]]:
    """A mutation that replaces each of the chosen rows by `change` of it."""

    def mutate(rows: list[Row], count: int) -> list[Any]:
        after: list[Any] = copy.deepcopy(rows)
        for place in _first_shares(rows, count):
            after[place] = change(after[place])
        return after

    return mutate


def _with(**values: Any) -> Change:
    return lambda row: {**row, **values}


def _without(key: str) -> Change:
    return lambda row: {name: value for name, value in row.items() if name != key}


def _as_text(row: Row) -> Row:
    numbers = {key for key, value in row.items() if isinstance(value, int | float)}
    return {key: str(value) if key in numbers else value for key, value in row.items()}


def _low_above_high(row: Row) -> Row:
    return {**row, "dayLow": row["dayHigh"] + 1, "dayHigh": row["dayLow"]}


def _older(row: Row) -> Row:
    moment = datetime.strptime(row["lastUpdateTime"], _TIME) - timedelta(days=3)
    return {**row, "lastUpdateTime": moment.strftime(_TIME)}


def _renamed(row: Row) -> Row:
    return {"last_traded" if key == "lastPrice" else key: value for key, value in row.items()}


def _duplicate(rows: list[Row], count: int) -> list[Any]:
    return [*rows, *(copy.deepcopy(rows[place]) for place in _first_shares(rows, count))]


MUTATIONS: dict[str, Callable[[list[Row], int], list[Any]]] = {
    "missing_field": _each(_without("lastPrice")),
    "missing_meta": _each(_without("meta")),
    "renamed_field": _each(_renamed),
    "extra_field": _each(_with(deliveryPercent=41.5)),
    "nan": _each(_with(lastPrice=math.nan)),
    "infinity": _each(_with(totalTradedValue=math.inf)),
    "text_numbers": _each(_as_text),
    "dash": _each(_with(totalTradedVolume="-")),
    "empty_text": _each(_with(yearHigh="")),
    "low_above_high": _each(_low_above_high),
    "close_outside": _each(lambda row: {**row, "lastPrice": row["dayHigh"] * 1.5}),
    "negative_price": _each(lambda row: {**row, "lastPrice": -row["lastPrice"]}),
    "zero_price": _each(lambda row: {**row, **dict.fromkeys(_PRICES, 0)}),
    "volume_without_value": _each(_with(totalTradedValue=0)),
    "not_an_object": _each(lambda row: row["symbol"]),
    "null_row": _each(lambda row: None),
    "older_date": _each(_older),
    "bad_time": _each(_with(lastUpdateTime="yesterday")),
    "unknown_identifier": _each(lambda row: {**row, "identifier": f"{row['symbol']}-??"}),
    "duplicate_row": _duplicate,
}
