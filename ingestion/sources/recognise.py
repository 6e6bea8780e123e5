"""What a file of the exchange is: its content says it, its name only helps.

A name gives the session that was asked for, and the dataset where the content is not what the
name promises: such a file lands too, so that it ends in quarantine with the reason.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from ingestion.promotion import events, india_news
from ingestion.promotion.archives import SOURCE, text_of
from ingestion.promotion.dates import readings
from ingestion.promotion.news_lists import is_headline_list
from ingestion.promotion.records import Refused, decode_json
from ingestion.promotion.tables import dataset_of, read_table

_NAMES = {
    "bhavcopy_legacy": re.compile(r"cm(\d{2})([A-Z]{3})(\d{4})bhav", re.IGNORECASE),
    "bhavcopy_udiff": re.compile(r"BhavCopy_NSE_CM_0_0_0_(\d{4})(\d{2})(\d{2})_F", re.IGNORECASE),
    "sec_bhavdata": re.compile(r"sec_bhavdata_full_(\d{2})(\d{2})(\d{4})", re.IGNORECASE),
    "index_closes": re.compile(r"ind_close_all_(\d{2})(\d{2})(\d{4})", re.IGNORECASE),
    "equity_list": re.compile(r"EQUITY_L\b|EQUITY_L_", re.IGNORECASE),
    "symbol_changes": re.compile(r"symbolchange", re.IGNORECASE),
    "index_constituents": re.compile(r"(?:ind_[a-z0-9_]+|nifty[a-z0-9_]*)list", re.IGNORECASE),
    "corporate_actions": re.compile(r"CF-CA-|nse_corporateActions", re.IGNORECASE),
    "holidays": re.compile(r"holiday-master", re.IGNORECASE),
    "adjustment_corrections": re.compile(r"adjustment_corrections", re.IGNORECASE),
}
_SESSIONS = ("bhavcopy_legacy", "bhavcopy_udiff", "sec_bhavdata", "index_closes")
_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file of a dataset; `trade_date` is None where neither name nor content has a date."""

    source: str
    dataset: str
    trade_date: date | None
    content_type: str


def recognise(name: str, content: bytes) -> Recognised | None:
    """The dataset that takes a file, and the session it was asked for; None for no dataset."""
    named = next((item for item, form in _NAMES.items() if form.match(name)), None)
    try:
        text = text_of(content)
        value = _json(text)
        dataset = events.looks_like(value) if value is not None else _of_text(text)
    except Refused:
        text, value, dataset = "", None, None
    found = dataset or named
    if found is None:
        return None
    asked = _asked(name, found)
    if asked is None and dataset:
        asked = _held(dataset, text)
    if found == india_news.LIST_DATASET:
        return Recognised(india_news.SOURCE, found, None, "text/csv")
    source = "operator" if found == "adjustment_corrections" else SOURCE
    return Recognised(source, found, asked, _content_type(content, value))


def _of_text(text: str) -> str | None:
    return india_news.LIST_DATASET if is_headline_list(text) else dataset_of(text)


def _asked(name: str, dataset: str) -> date | None:
    """The date in a name, in the order that the file of the dataset has it."""
    for named in _SESSIONS:
        if found := _NAMES[named].match(name):
            return _first("-".join(found.groups()))
    if dataset in (*_SESSIONS, "corporate_actions"):
        return None
    found = _DAY.search(name)
    return _first("-".join(found.groups())) if found else None


def _held(dataset: str, text: str) -> date | None:
    """The session that a file holds; of corporate actions the newest ex-date."""
    try:
        if dataset == "corporate_actions":
            actions = events.read(dataset, text)
            days = [day for _, row in actions.good if (day := _first(str(row.get("ex_date"))))]
            return max(days, default=None)
        if dataset in _SESSIONS:
            return read_table(dataset, text, None).session
    except Refused:
        return None
    return None


def _first(text: str) -> date | None:
    return next(iter(readings(text)), None)


def _json(text: str) -> Any:
    return decode_json(text.encode()) if text.lstrip().startswith(("[", "{")) else None


def _content_type(content: bytes, value: Any) -> str:
    """What the bytes are; no server has said it."""
    if content.startswith(b"PK"):
        return "application/zip"
    if content.startswith(b"\x1f\x8b"):
        return "application/gzip"
    if value is not None:
        return "application/json"
    return "text/html" if content.lstrip().startswith(b"<") else "text/csv"
