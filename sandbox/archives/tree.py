"""Folders of files as a user would have downloaded them from the exchange."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from sandbox.archives import actions, bhavcopy, indices, masters
from sandbox.archives.rows import UNPLANNED
from sandbox.market import Market

UDIFF_SINCE, BOTH_SINCE = date(2024, 7, 8), date(2024, 1, 1)
FULL_SINCE = date(2020, 1, 1)
_SATURDAY = 5
_COLUMNS = {
    "SYMBOL": "symbol", "COMPANY NAME": "comp", "SERIES": "series", "PURPOSE": "subject",
    "FACE VALUE": "faceVal", "EX-DATE": "exDate", "RECORD DATE": "recDate",
    "BOOK CLOSURE START DATE": "bcStartDate", "BOOK CLOSURE END DATE": "bcEndDate",
}  # fmt: skip


def write_tree(
    market: Market, first: date, last: date, out: Path, *, quirks: bool = False
) -> Iterator[date]:
    """Write the files of first..last below `out`; yields each session when its files are there.

    `bhavcopy/`, `bhavdata/` and `indices/` hold the files of the sessions in the eras that had
    them, `actions/` the website's CSV per year, `masters/` what stands on the last day,
    `corrections/` the operator's file that mends what the events get wrong. With `quirks` also
    what the real archive has too much: both bhavcopies from January to July 2024, full bhavdata
    of Sundays and holidays, which are copies of the session before, and a session that is in no
    calendar.
    """
    names = ("bhavcopy", "bhavdata", "indices", "actions", "masters", "corrections")
    folders = [out / name for name in names]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    prices, full, closes, events, lists, corrections = folders
    sessions = [day for day in market.sessions if first <= day <= last]
    if quirks and first < UNPLANNED < last:
        sessions = sorted([*sessions, UNPLANNED])
    for day in sessions:
        if day < UDIFF_SINCE:
            name = f"{bhavcopy.legacy_name(day)}.zip"
            (prices / name).write_bytes(bhavcopy.legacy_bhavcopy(market, day))
        if day >= (BOTH_SINCE if quirks else UDIFF_SINCE):
            name = f"{bhavcopy.udiff_name(day)}.zip"
            (prices / name).write_bytes(bhavcopy.udiff_bhavcopy(market, day))
        if day >= FULL_SINCE:
            copy = bhavcopy.sec_bhavdata(market, day)
            (full / bhavcopy.sec_bhavdata_name(day)).write_bytes(copy)
            if quirks:
                _write_stale(market, day, last, copy, full)
        if day >= indices.INDICES_SINCE and day != UNPLANNED:
            name = indices.index_closes_name(day)
            (closes / name).write_bytes(indices.index_closes(market, day))
        yield day
    for year in range(first.year, last.year + 1):
        start, stop = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
        name = f"CF-CA-equities-{start:%d-%m-%Y}-to-{stop:%d-%m-%Y}.csv"
        (events / name).write_bytes(actions_csv(market, start, stop, last))
    mended = actions.adjustment_corrections(market, first, last)
    (corrections / "adjustment_corrections.csv").write_bytes(mended)
    _write_masters(market, last, lists)


def actions_csv(market: Market, first: date, last: date, known_at: date) -> bytes:
    """The website's `CF-CA-equities-….csv`: a byte-order mark, everything quoted, no ISIN."""
    text = io.StringIO()
    lines = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for row in actions.corporate_actions(market, first, last, known_at):
        # A purpose may start with a blank; here those of one company in four do.
        blank = " " if len(row["symbol"] or "") % 4 == 0 else ""
        shown = {**row, "subject": f"{blank}{row['subject']}"}
        lines.writerow([shown[key] for key in _COLUMNS.values()])
    return text.getvalue().encode("utf-8-sig")


def _write_stale(market: Market, day: date, last: date, copy: bytes, folder: Path) -> None:
    """The copies of the session `day` under the dates of the closed days that follow it."""
    closed = day + timedelta(days=1)
    while closed <= last and not market.calendar.is_session(closed):
        if closed.weekday() != _SATURDAY:
            (folder / bhavcopy.sec_bhavdata_name(closed)).write_bytes(copy)
        closed += timedelta(days=1)


def _write_masters(market: Market, day: date, folder: Path) -> None:
    (folder / "EQUITY_L.csv").write_bytes(masters.equity_list(market, day))
    (folder / "symbolchange.csv").write_bytes(masters.symbol_changes(market, day))
    for name in ("nifty50", "nifty500"):
        content = indices.constituents(market, name, day)
        (folder / f"ind_{name}list.csv").write_bytes(content)
    holidays = json.dumps(masters.holidays(market, day.year), indent=1)
    (folder / "holiday-master.json").write_text(holidays, encoding="utf-8")
