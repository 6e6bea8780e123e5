"""Which files the exchange publishes, under which URL, and since when.

Source: https://nsearchives.nseindia.com (files), https://www.nseindia.com/api (JSON). The paths and
first days are as measured by several public projects; see `ingestion/README.md`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

SOURCE = "nse"
LEGACY_LAST = date(2024, 7, 5)
UDIFF_FIRST = date(2024, 1, 1)  # to 2024-07-05 beside the legacy file, from then on alone
SEC_BHAVDATA_FIRST = date(2019, 10, 1)
INDICES_FIRST = date(2012, 2, 21)
SME_FIRST = date(2012, 9, 1)  # before, there was no such board and its feed is empty
LISTS = ("nifty50", "nifty500")
ACTION_FEEDS = ("equities", "sme")
WINDOW_DAYS = 60  # what one request for corporate actions may span
_LATE = timedelta(days=10)  # until then the feed still adds to a window that has ended
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EQUITIES = "/content/equities"

FIRST = date(1994, 11, 3)  # the oldest bhavcopy
DATED = ("bhavcopy", "sec_bhavdata", "index_closes")
CURRENT = ("equity_list", "symbol_changes", "index_constituents", "holidays")
ACTIONS = "corporate_actions"
UNDATED = (*CURRENT, ACTIONS)
DATASETS = (*DATED, *UNDATED)


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One thing that can be asked for.

    Attributes:
        trade_date: the session asked for; of what has no date, the day of asking.
        part: which of several files of the dataset; empty where there is one.
        host: where it lies: the file host, or the website whose API asks for cookies.
        settles_on: what is fetched on this day or later is final.
    """

    dataset: str
    trade_date: date
    path: str
    name: str
    settles_on: date
    part: str = ""
    host: Literal["archives", "site"] = "archives"
    params: Mapping[str, str] = field(default_factory=dict)


def dated(dataset: str, day: date) -> tuple[ArchiveFile, ...]:
    """The files that may hold a dataset of a session, best first; none before its first day."""
    if dataset == "bhavcopy":
        return _bhavcopy(day)
    if dataset == "sec_bhavdata" and day >= SEC_BHAVDATA_FIRST:
        name = f"sec_bhavdata_full_{day:%d%m%Y}.csv"
        return (_of_day(dataset, day, "/products/content", name),)
    if dataset == "index_closes" and day >= INDICES_FIRST:
        return (_of_day(dataset, day, "/content/indices", f"ind_close_all_{day:%d%m%Y}.csv"),)
    return ()


def current(dataset: str, today: date) -> tuple[ArchiveFile, ...]:
    """The files of a dataset that say how things stand, asked for on `today`."""
    match dataset:
        case "equity_list":
            return (_of_day(dataset, today, _EQUITIES, "EQUITY_L.csv"),)
        case "symbol_changes":
            return (_of_day(dataset, today, _EQUITIES, "symbolchange.csv"),)
        case "index_constituents":
            return tuple(
                _of_day(dataset, today, "/content/indices", f"ind_{name}list.csv", name)
                for name in LISTS
            )
        case "holidays":
            return (
                ArchiveFile(
                    dataset,
                    today,
                    "/api/holiday-master",
                    "holiday-master.json",
                    settles_on=today,
                    host="site",
                    params={"type": "trading"},
                ),
            )
    return ()


def corporate_actions(first: date, last: date, today: date) -> Iterator[ArchiveFile]:
    """The requests that cover the ex-dates of a range, in windows that are the same every day.

    A window that has not ended belongs to the day of asking, one that has to its own last day.
    """
    for start in _windows(first, last):
        end = start + timedelta(days=WINDOW_DAYS - 1)
        for feed in ACTION_FEEDS:
            if feed == "sme" and end < SME_FIRST:
                continue
            yield ArchiveFile(
                ACTIONS,
                min(end, today),
                "/api/corporates-corporateActions",
                f"corporate-actions-{feed}-{start:%Y%m%d}-{end:%Y%m%d}.json",
                settles_on=end + _LATE,
                part=f"{feed}-{start:%Y%m%d}",
                host="site",
                params={
                    "index": feed,
                    "from_date": f"{start:%d-%m-%Y}",
                    "to_date": f"{end:%d-%m-%Y}",
                },
            )


def _bhavcopy(day: date) -> tuple[ArchiveFile, ...]:
    month = _MONTHS[day.month - 1]
    legacy = _of_day(
        "bhavcopy_legacy",
        day,
        f"/content/historical/EQUITIES/{day.year}/{month}",
        f"cm{day:%d}{month}{day.year}bhav.csv.zip",
    )
    udiff = _of_day(
        "bhavcopy_udiff", day, "/content/cm", f"BhavCopy_NSE_CM_0_0_0_{day:%Y%m%d}_F_0000.csv.zip"
    )
    if day > LEGACY_LAST:
        return (udiff,)
    return (legacy, udiff) if day >= UDIFF_FIRST else (legacy,)


def _of_day(dataset: str, day: date, folder: str, name: str, part: str = "") -> ArchiveFile:
    return ArchiveFile(dataset, day, f"{folder}/{name}", name, settles_on=day, part=part)


def _windows(first: date, last: date) -> Iterator[date]:
    """First days of the windows that a range touches; they are counted from the year 1."""
    start = date.fromordinal(first.toordinal() // WINDOW_DAYS * WINDOW_DAYS)
    while start <= last:
        yield start
        start += timedelta(days=WINDOW_DAYS)
