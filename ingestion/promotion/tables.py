"""From the text of a file to lines in the raw table's order; what has no place is refused.

A session has thousands of lines and twenty years have ten million, so a file in good order is
handled by whole lines; fields are only taken apart where a header is reordered, something is
quoted, or blanks stand where they should not.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from ingestion.promotion.dates import readings
from ingestion.promotion.layouts import LAYOUTS, Layout, plain
from ingestion.promotion.records import (
    MAX_STRING_BYTES,
    Refused,
    RefusedRecord,
    excerpt,
    storable,
)

_ENOUGH_ROWS = 20  # fewer may well end before the letter T
_LAST_LETTER = "T"  # every real session of the exchange goes on beyond it
_ODD_BLANKS = (" ,", ", ", "\n ", " \n")
_QUOTED = re.compile(r'[",\r\n]')
_CHANGE = re.compile(r"[^,]*,[^,]+,[^,]+,\s*\d{1,2}-[A-Za-z]{3}-\d{4}\s*")


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of one file.

    Attributes:
        header: the columns of `lines`, in order.
        lines: CSV without line ends; `numbers` says which line of the file each was.
        records_in: lines of data the file has.
        session: which session the lines are of, where the file says it.
        added: names in the header that no column takes.
    """

    header: tuple[str, ...]
    lines: Sequence[str]
    numbers: Sequence[int]
    refused: list[RefusedRecord]
    records_in: int
    session: date | None
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the columns of a layout stand in one file."""

    layout: Layout
    width: int
    places: dict[str, int]
    added: tuple[str, ...]

    @property
    def in_order(self) -> bool:
        """Whether a line of the file is a line of the table, but for columns that end it."""
        present = [self.places.get(name, -1) for name in self.layout.columns]
        return present == [*range(self.width), *[-1] * (len(present) - self.width)]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Lines that have the right number of fields, and of some columns the values."""

    lines: list[str]
    numbers: Sequence[int]
    refused: list[RefusedRecord]
    values: dict[str, list[str]]


def read_table(dataset: str, text: str, asked: date | None) -> Table:
    """Map the file of a dataset to its columns.

    Args:
        asked: the session asked for; None to take whatever session the file holds.

    Raises:
        Refused: empty_file, schema_drift, truncated, unreadable, stale_copy, mixed_dates, bad_date.
    """
    if "\0" in text:
        raise Refused("unreadable", "the text holds a NUL character")
    shape, body, skipped = _shape(dataset, text)
    if not body.strip():
        raise Refused("empty_file", "a header and no line of data" if skipped else "no line")
    if shape.layout.ends_with_line_end and not body.endswith("\n"):
        last = body[body.rfind("\n") + 1 :]
        raise Refused("truncated", f"cut in the last line, without a line end: {excerpt(last)}")
    read = _quoted_rows if '"' in body else _plain_rows
    rows = read(shape, body)
    records_in = len(rows.lines) + len(rows.refused)
    rows, session = _of_one_session(shape.layout, rows, asked)
    _require_whole(shape.layout, rows)
    rows = _without_repeats(shape.layout, rows)
    return Table(
        header=shape.layout.columns,
        lines=rows.lines,
        numbers=rows.numbers,
        refused=sorted(rows.refused, key=lambda record: record.record_no),
        records_in=records_in,
        session=session,
        added=shape.added,
    )


def dataset_of(text: str) -> str | None:
    """Which dataset's file a text is by its header; None where no header is near enough.

    A header that shares seven names of ten with a dataset's is taken for its, changed: it goes to
    quarantine with the names, instead of being passed over.
    """
    names = set(_header(text[: text.find("\n") + 1] or text)) if text else set()
    best, share = None, 0.7
    for layout in (layout for layouts in LAYOUTS.values() for layout in layouts):
        if layout.names and (alike := len(names & set(layout.names)) / len(layout.names)) >= share:
            best, share = layout.dataset, alike + 1e-9
    if best is None and _CHANGE.fullmatch(text.partition("\n")[0]):
        return "symbol_changes"
    return best


def csv_line(values: Iterable[str]) -> str:
    """One line of CSV, quoted where it must be."""
    return ",".join(
        f'"{value.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(value) else value
        for value in values
    )


def cells(table: Table) -> Iterator[list[str]]:
    """The lines, each as its fields."""
    return csv.reader(table.lines)


def _shape(dataset: str, text: str) -> tuple[_Shape, str, bool]:
    """The layout that the header is of, the text below it, and whether there was a header."""
    text = text.removeprefix("\ufeff")
    layouts = LAYOUTS[dataset]
    first, _, rest = text.partition("\n")
    if not layouts[0].has_header:
        [layout] = layouts
        places = {name: place for place, name in enumerate(layout.columns)}
        headed = "symbol" in first.lower() and not _CHANGE.fullmatch(first)
        return _Shape(layout, len(places), places, ()), rest if headed else text, headed
    if not text.strip():
        raise Refused("empty_file", "the file holds nothing")
    names = _header(first)
    repeated = [name for name, times in Counter(names).items() if times > 1 and name]
    if repeated:
        raise Refused("schema_drift", f"the header names {', '.join(repeated)} twice")
    layout = _layout(layouts, names)
    places = {layout.names[name]: at for at, name in enumerate(names) if name in layout.names}
    added = tuple(name for name in names if name not in layout.names)
    return _Shape(layout, len(names), places, added), rest, True


def _header(line: str) -> list[str]:
    """The names of a header; one comma too many at its end is the exchange's habit."""
    try:
        fields = next(csv.reader([line]), [])
    except csv.Error:
        fields = line.split(",")
    names = [plain(name) for name in fields]
    return names[:-1] if names and not names[-1] else names


def _layout(layouts: tuple[Layout, ...], names: list[str]) -> Layout:
    """The layout that asks for the most and finds all of it.

    Raises:
        Refused: schema_drift, with the names that are missing and those that are not known.
    """
    have = set(names)
    for layout in sorted(layouts, key=lambda item: -len(item.names)):
        known = set(layout.names)
        if known <= have and (layout.takes_more or known == have):
            return layout
    nearest = max(layouts, key=lambda item: (item.takes_more, len(have & set(item.names))))
    missing = [name for name in nearest.names if name not in have]
    unknown = [name for name in names if name not in nearest.names]
    raise Refused(
        "schema_drift",
        f"missing columns: {', '.join(missing) or 'none'}; "
        f"unknown columns: {', '.join(unknown) or 'none'}",
    )


def _plain_rows(shape: _Shape, body: str) -> _Rows:
    """Rows of a body without quotes, where a field is what stands between two commas."""
    if "\r" in body:
        body = body.replace("\r\n", "\n")
    if ", " in body:
        body = body.replace(", ", ",")
    lines = body.rstrip("\n").split("\n")
    if _has_odd_blanks(body) or not shape.in_order:
        return _from_fields(shape, [line.split(",") for line in lines])
    commas = [line.count(",") for line in lines]
    trailing = lines[0].endswith(",") and commas[0] == shape.width
    if set(commas) != {shape.width - 1 + trailing} or max(map(len, lines)) > MAX_STRING_BYTES:
        return _from_fields(shape, [line.split(",") for line in lines])
    tail = "," * (len(shape.layout.columns) - shape.width - trailing)
    if trailing and body.count(",\n") < len(lines):
        return _from_fields(shape, [line.split(",") for line in lines])
    if trailing and shape.width == len(shape.layout.columns):
        lines = [line[:-1] for line in lines]
        tail = ""
    if tail:
        lines = [line + tail for line in lines]
    return _Rows(lines, range(1, len(lines) + 1), [], _values(shape.layout, lines))


def _has_odd_blanks(body: str) -> bool:
    """Whether a field may begin or end with a blank; what is quick to see is looked at first."""
    if "\t" in body or "\r" in body or (not body.isascii() and "\u00a0" in body):
        return True
    return " " in body and (body[0] == " " or any(blank in body for blank in _ODD_BLANKS))


def _values(layout: Layout, lines: list[str]) -> dict[str, list[str]]:
    """The values of the columns that are looked at, cut from the nearer end of each line."""
    width = len(layout.columns)
    found: dict[str, list[str]] = {}
    for name in _looked_at(layout):
        place = layout.columns.index(name)
        behind = width - 1 - place
        if place <= behind:
            found[name] = [line.split(",", place + 1)[place] for line in lines]
        else:
            found[name] = [line.rsplit(",", behind + 1)[-behind - 1] for line in lines]
    return found


def _looked_at(layout: Layout) -> tuple[str, ...]:
    return (*layout.key, *([layout.session] if layout.session else []))


def _quoted_rows(shape: _Shape, body: str) -> _Rows:
    """Rows of a body with quotes somewhere."""
    try:
        return _from_fields(shape, list(csv.reader(io.StringIO(body, newline=""), strict=True)))
    except csv.Error as broken:
        cut = "unexpected end" in str(broken)
        raise Refused("truncated" if cut else "unreadable", f"not a CSV: {broken}") from None


def _from_fields(shape: _Shape, raw: list[list[str]]) -> _Rows:
    """Rows field by field; a row with too few or too many is refused, the last one means a cut."""
    while raw and not any(field.strip() for field in raw[-1]):
        raw.pop()
    places = [shape.places.get(name, -1) for name in shape.layout.columns]
    wanted = _looked_at(shape.layout)
    rows = _Rows([], [], [], {name: [] for name in wanted})
    numbers: list[int] = []
    for number, fields in enumerate(raw, start=1):
        if len(fields) == shape.width + 1 and not fields[-1].strip():
            fields.pop()
        if len(fields) != shape.width:
            if number == len(raw) and len(fields) < shape.width:
                raise Refused(
                    "truncated", f"the last line has {len(fields)} of {shape.width} fields"
                )
            said = f"{len(fields)} fields where {shape.width} belong"
            rows.refused.append(_refused(number, "field_count", said, csv_line(fields)))
            continue
        padded = [field.strip() for field in fields] + [""]
        picked = [padded[place] for place in places]
        line = csv_line(picked)
        if len(line.encode()) > MAX_STRING_BYTES:
            said = f"a line of over {MAX_STRING_BYTES} bytes"
            rows.refused.append(_refused(number, "too_large", said, None))
            continue
        rows.lines.append(line)
        numbers.append(number)
        for name in wanted:
            rows.values[name].append(picked[shape.layout.columns.index(name)])
    return replace(rows, numbers=numbers)


def _refused(number: int, reason: str, detail: str, line: str | None) -> RefusedRecord:
    return RefusedRecord(number, reason, excerpt(detail), storable(line))


def _of_one_session(layout: Layout, rows: _Rows, asked: date | None) -> tuple[_Rows, date | None]:
    """The rows whose date can be read; all must be of the session asked for.

    Raises:
        Refused: stale_copy (another session), mixed_dates (several) or bad_date (none).
    """
    if not layout.session or not rows.lines:
        return rows, None
    written = Counter(rows.values[layout.session])
    means = {text: found for text in written if (found := _meant(text, asked))}
    sessions: Counter[date] = Counter()
    for text, day in means.items():
        sessions[day] += written[text]
    if not sessions:
        raise Refused("bad_date", f"{layout.session} is no date in any row: {list(written)[:3]}")
    if len(sessions) > 1:
        counts = ", ".join(f"{times} rows of {day}" for day, times in sessions.most_common(5))
        raise Refused("mixed_dates", f"rows of several sessions in one file: {counts}")
    [session] = sessions
    if asked and session != asked:
        raise Refused("stale_copy", f"asked for {asked}, the file holds {session}")
    if len(means) < len(written):
        said = [
            "" if text in means else f"{layout.session} is {text!r}"
            for text in rows.values[layout.session]
        ]
        rows = _without(rows, "bad_date", said)
    return rows, session


def _meant(text: str, asked: date | None) -> date | None:
    found = readings(text)
    return asked if asked in found else next(iter(found), None)


def _require_whole(layout: Layout, rows: _Rows) -> None:
    """A file that is sorted by symbol and ends too early in the alphabet was cut at a line end."""
    if not layout.is_sorted or len(rows.lines) <= _ENOUGH_ROWS:
        return
    symbols = rows.values[layout.key[0]]
    if symbols[-1] < _LAST_LETTER and symbols == sorted(symbols):
        raise Refused(
            "truncated", f"the sorted rows end with {symbols[-1]!r} after {len(symbols)} rows"
        )


def _without_repeats(layout: Layout, rows: _Rows) -> _Rows:
    if not layout.key:
        return rows
    keys = list(zip(*(rows.values[name] for name in layout.key), strict=True))
    if len(set(keys)) == len(keys):
        return rows
    seen: dict[tuple[str, ...], int] = {}
    said = []
    for key, number in zip(keys, rows.numbers, strict=True):
        first = seen.setdefault(key, number)
        said.append("" if first == number else f"{' '.join(key)} stands in line {first} already")
    return _without(rows, "duplicate_key", said)


def _without(rows: _Rows, reason: str, said: Sequence[str]) -> _Rows:
    """The rows of which nothing was said; the others are refused."""
    kept = [place for place, text in enumerate(said) if not text]
    refused = [
        _refused(rows.numbers[place], reason, text, rows.lines[place])
        for place, text in enumerate(said)
        if text
    ]
    if not kept:
        return replace(rows, lines=[], numbers=[], refused=[*rows.refused, *refused], values={})
    pick = itemgetter(*kept) if len(kept) > 1 else lambda items: (items[kept[0]],)
    return _Rows(
        lines=list(pick(rows.lines)),
        numbers=list(pick(rows.numbers)),
        refused=[*rows.refused, *refused],
        values={name: list(pick(values)) for name, values in rows.values.items()},
    )
