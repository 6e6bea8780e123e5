"""Lists of headlines that somebody collected: a CSV with the columns `ticker` and `title`.

An index column without a name may come first, as pandas writes it. Time, link and publisher are
taken where a column has them; the lists that started this project have lost them.
"""

import csv
import io

from ingestion.promotion.news_items import Item, one_line, plain_link
from ingestion.promotion.records import Refused, RefusedRecord, storable

_COLUMNS = {
    "ticker": ("ticker", "symbol"),
    "title": ("title", "headline"),
    "link": ("link", "url"),
    "publisher": ("publisher", "source"),
    "published": ("published", "published_at", "date", "time"),
}
_INDEX = frozenset({"", "index", "unnamed: 0"})
_LARGEST_FIELD = 2**30  # what is too large for a record is refused as a record, with the reason


def is_headline_list(text: str) -> bool:
    """Whether the first line is the header of such a list, and of nothing else."""
    names = [name.strip().strip('"').lower() for name in text.split("\n", 1)[0].split(",")]
    named = [name for name in names if name not in _INDEX]
    known = {alias for aliases in _COLUMNS.values() for alias in aliases}
    return {"ticker", "title"} <= set(named) <= known


def read_list(text: str) -> tuple[list[tuple[int, Item]], list[RefusedRecord]]:
    """(line of data from 1, row) of each line, and those with too few or too many fields.

    Raises:
        Refused: empty_file, schema_drift or unreadable.
    """
    csv.field_size_limit(_LARGEST_FIELD)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as broken:
        raise Refused("unreadable", f"not a CSV: {broken}") from None
    if len(lines) < 2:
        raise Refused("empty_file", "there is no line of data")
    header = [name.strip().lower() for name in lines[0]]
    if not is_headline_list(",".join(header)):
        raise Refused("schema_drift", f"needs ticker and title; has {', '.join(header)[:200]}")
    places = {
        part: header.index(alias)
        for part, aliases in _COLUMNS.items()
        for alias in aliases
        if alias in header
    }
    good: list[tuple[int, Item]] = []
    refused: list[RefusedRecord] = []
    for number, line in enumerate(lines[1:], start=1):
        if len(line) != len(header):
            said = f"{len(line)} fields where the header has {len(header)}"
            refused.append(RefusedRecord(number, "field_count", said, storable({"fields": line})))
            continue
        cell = {part: one_line(line[place]) for part, place in places.items()}
        good.append(
            (
                number,
                Item(
                    title=cell["title"],
                    ticker=cell["ticker"],
                    link=plain_link(cell.get("link"), ""),
                    publisher=cell.get("publisher"),
                    published_text=cell.get("published"),
                ),
            )
        )
    return good, refused
