"""The exchange's archives: what fetched bytes are, and the records they hold.

To judge what a source gave, before or after it lands:

    judge(dataset, trade_date, content, content_type) -> Judgement(status, detail, records)

`status` is ok (data of the session asked for), stale (well-formed, of another session),
not_published (a page or an empty list where the file will be), blocked (a page that refuses us) or
failed (anything else that is no data); `detail` is one sentence that begins with the reason of
quarantine; `records` counts the lines of data, None where they cannot be counted. `trade_date`
may be any day for files that carry none. Nothing is raised for bad bytes.

Source: https://nsearchives.nseindia.com and https://www.nseindia.com/api. Lands in
landing/source=nse/dataset=…, promoted by `investiq promote`. Only the structure is judged here.
"""

import re
from datetime import date
from typing import NamedTuple

from ingestion.objectstore import Body
from ingestion.promotion import events
from ingestion.promotion.layouts import LAYOUTS
from ingestion.promotion.records import Refused, Split, envelope, excerpt
from ingestion.promotion.tables import Table, read_table
from ingestion.promotion.unpack import unpacked
from ingestion.zones import ObjectKey

SOURCE = "nse"
DATASETS = (*(name for name in LAYOUTS if name != "adjustment_corrections"), "holidays")
_STATUS = {"stale_copy": "stale", "empty_list": "not_published"}
_REFUSAL = re.compile(r"(?i)access denied|forbidden|captcha|robot|sign in|log ?in|unauthori[sz]ed")
_LIST_NAME = re.compile(r"(?i)(?:ind_)?([a-z0-9_&-]+?)_?list")


class Judgement(NamedTuple):
    """What fetched bytes are; see the module."""

    status: str
    detail: str
    records: int | None


def judge(dataset: str, trade_date: date, content: bytes, content_type: str) -> Judgement:
    """Say what fetched bytes are, without storing anything; see the module."""
    try:
        if dataset in events.DATASETS:
            found = events.read(dataset, text_of(content, content_type))
            return Judgement("ok", _said(found.added), found.records_in)
        table = _table(dataset, trade_date, content, content_type)
    except Refused as why:
        status = _STATUS.get(why.reason, "failed")
        if why.reason == "html_page":
            status = "blocked" if _REFUSAL.search(why.detail) else "not_published"
        return Judgement(status, str(why), None)
    if not table.lines:
        return Judgement("failed", "no line can be read", table.records_in)
    return Judgement("ok", _said(table.added), table.records_in)


def split_table(key: ObjectKey, body: Body) -> Split:
    """The records of a landed table as CSV in the raw table's columns.

    Raises:
        Refused: the whole object is not what it should be.
    """
    received = body.metadata.get("content-type-received", body.content_type)
    table = _table(key.dataset, key.trade_date, body.content, received)
    fixed = {"list_name": list_name(body)} if key.dataset == "index_constituents" else {}
    return Split(
        raw=_csv(key, table, fixed),
        promoted=len(table.lines),
        refused=table.refused,
        records_in=table.records_in,
        notes=_said(table.added),
    )


def split_events(key: ObjectKey, body: Body) -> Split:
    """The records of a landed list of corporate actions or holidays as JSON lines.

    Raises:
        Refused: the whole object is not what it should be.
    """
    received = body.metadata.get("content-type-received", body.content_type)
    found = events.read(key.dataset, text_of(body.content, received))
    return found.split(key, _said(found.added))


def columns_of(dataset: str) -> tuple[str, ...]:
    """The columns of a raw table before its envelope, in the order of the raw file."""
    first: tuple[str, ...] = ("list_name",) if dataset == "index_constituents" else ()
    return (*first, *LAYOUTS[dataset][0].columns)


def list_name(body: Body) -> str:
    """The name of an index list as its file is named: `ind_nifty50list.csv` → `nifty50`."""
    named = body.metadata.get("file-name") or body.metadata.get("url", "")
    found = _LIST_NAME.match(named.split("?")[0].rsplit("/", 1)[-1])
    return found[1].lower() if found else "unnamed"


def text_of(content: bytes, content_type: str = "") -> str:
    """The text of a file, unpacked.

    Raises:
        Refused: a page, an archive that does not open, or no text.
    """
    content = unpacked(content)
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<") or ("html" in content_type.lower() and start[:1] not in b"[{"):
        page = re.sub(
            r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", content[:4000].decode("latin-1")
        )
        raise Refused("html_page", f"a page instead of data: {excerpt(page)}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        if b"\0" in content:
            raise Refused("unreadable", f"not text: byte {broken.start}") from None
        return content.decode("cp1252", "replace")


def _table(dataset: str, asked: date, content: bytes, content_type: str) -> Table:
    return read_table(dataset, text_of(content, content_type), asked)


def _csv(key: ObjectKey, table: Table, fixed: dict[str, str]) -> bytes:
    """A header and the lines, each with where it came from."""
    origin = envelope(key)
    header = ",".join([*fixed, *table.header, "record_no", *origin])
    before = "".join(f"{value}," for value in fixed.values())
    after = "".join(f",{value}" for value in origin.values())
    lines = [
        f"{before}{line},{number}{after}"
        for line, number in zip(table.lines, table.numbers, strict=True)
    ]
    return "\n".join([header, *lines, ""]).encode()


def _said(added: tuple[str, ...]) -> str:
    return f"columns that no table takes: {', '.join(added)}" if added else ""
