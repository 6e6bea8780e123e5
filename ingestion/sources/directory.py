"""Files that were downloaded elsewhere, brought in unchanged.

Source: a folder of files; what a file is, is read in its content, its name only helps.
Lands in: landing/source=…/dataset=… of what each file turns out to be.
Run alone: `investiq ingest --source directory PATH`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ingestion.calendar import IST
from ingestion.errors import ConfigurationError
from ingestion.fetched import Fetched
from ingestion.promotion import alpha_vantage
from ingestion.promotion.dates import plausible
from ingestion.promotion.quotes import QuoteReply, read_reply
from ingestion.promotion.records import Refused
from ingestion.sources import rapidapi
from ingestion.sources.recognise import recognise
from ingestion.zones import safe_name

_NEWS_NAME = re.compile(r"^news_data_(\d{14})?.*\.json$", re.IGNORECASE)
_QUOTES_NAME = re.compile(r"^nse_data_(\d{14})?.*\.json$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A file that no dataset takes; it stays where it is."""

    name: str
    reason: str


def files(folder: Path, max_bytes: int) -> Iterator[Fetched | Unrecognised]:
    """Each regular file of the folder and the folders below it, in the order of the names.

    Raises:
        ConfigurationError: there is no such folder.
    """
    for path in paths(folder):
        yield read(path, folder, max_bytes)


def paths(folder: Path) -> list[Path]:
    """What lies in the folder, other than folders: those are entered, links to some are not.

    Raises:
        ConfigurationError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"There is no folder {folder}. Give the folder that holds the downloaded files."
        )
    found = []
    for above, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(above) / name).is_symlink()]
        folders[:] = sorted(set(folders) - set(links))
        found += [Path(above) / name for name in sorted([*names, *links])]
    return found


def read(path: Path, folder: Path, max_bytes: int) -> Fetched | Unrecognised:
    """One file below the folder with its bytes, or why no dataset takes it."""
    name = "/".join(safe_name(part) for part in path.relative_to(folder).parts)
    if path.is_symlink() or not path.is_file():
        return Unrecognised(name, "not a regular file; links are not followed")
    if path.stat().st_size > max_bytes:
        return Unrecognised(name, f"larger than {max_bytes} bytes; raise INVESTIQ_MAX_BODY_BYTES")
    try:
        content = path.read_bytes()
    except OSError as refused:
        return Unrecognised(name, f"cannot be read ({refused.strerror}); check its permissions")
    found = (
        _as_archive(path, content) or _as_news_file(path, content) or _as_quotes_file(path, content)
    )
    return found or Unrecognised(name, "not a file of a dataset that can be ingested")


def _as_archive(path: Path, content: bytes) -> Fetched | None:
    """A file of the exchange; one without a date of its own belongs to the day of the file."""
    recognised = recognise(path.name, content)
    if recognised is None:
        return None
    modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return Fetched(
        source=recognised.source,
        dataset=recognised.dataset,
        trade_date=recognised.trade_date or modified.astimezone(IST).date(),
        fetched_at=modified,
        content=content,
        content_type=recognised.content_type,
        notes={"file-name": safe_name(path.name)},
    )


def _as_news_file(path: Path, content: bytes) -> Fetched | None:
    """A reply of Alpha Vantage: an object with a feed; its day is that of the newest article."""
    named_as_news = _NEWS_NAME.match(path.name)
    reply = alpha_vantage.judge(content, "application/json").reply
    if not named_as_news and not (reply and reply.articles):
        return None
    newest = max(reply.times(), default=None) if reply else None
    fetched_at = _fetched_at(named_as_news, newest, path)
    return Fetched(
        source=alpha_vantage.SOURCE,
        dataset=alpha_vantage.DATASET,
        trade_date=(newest or fetched_at).astimezone(IST).date(),
        fetched_at=fetched_at,
        content=content,
        content_type="application/json",
        notes={"file-name": safe_name(path.name)},
    )


def _as_quotes_file(path: Path, content: bytes) -> Fetched | None:
    named_as_quotes = _QUOTES_NAME.match(path.name)
    reply = _as_quotes(content)
    if reply is None and not named_as_quotes:
        return None
    fetched_at = _fetched_at(named_as_quotes, reply.newest() if reply else None, path)
    return Fetched(
        source=rapidapi.SOURCE,
        dataset=rapidapi.DATASET,
        trade_date=_trade_date(reply, fetched_at),
        fetched_at=fetched_at,
        content=content,
        content_type="application/json",
        notes={"file-name": safe_name(path.name)},
    )


def _as_quotes(content: bytes) -> QuoteReply | None:
    """The reply when the file is one: an array in which some record carries a quote's time."""
    try:
        reply = read_reply(content, "application/json")
    except Refused:
        return None
    return reply if reply.newest() else None


def _fetched_at(named: re.Match[str] | None, newest: datetime | None, path: Path) -> datetime:
    """When the file was fetched: its name says it (DDMMYYYYhhmmss, UTC), else its newest record.

    The time of the file itself changes with every copy, so it comes last.
    """
    if named and named[1]:
        try:
            stamp = datetime.strptime(named[1], "%d%m%Y%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            stamp = None
        if stamp and plausible(stamp) and (newest is None or stamp >= newest):
            return stamp
    return newest or datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _trade_date(reply: QuoteReply | None, fetched_at: datetime) -> date:
    """The session most records carry; a file without any belongs to the day it was fetched."""
    session = reply.session() if reply else None
    return session or fetched_at.astimezone(IST).date()
