"""The archives suite: is each file of the exchange as long as its neighbours, and none missing?

It runs before dbt and reads the receipts of the loads, one per object, so twenty years cost what
one costs. A file that ends early in the middle of a line is refused at promotion; one that ends
early between two lines is found here.
"""

from datetime import date

import pandas as pd
from great_expectations.expectations.row_conditions import Column

from expectations.suites.sample import (
    Asset,
    Request,
    Sample,
    iso,
    not_empty,
    one_of,
    read,
    within,
)
from expectations.thresholds import ArchiveThresholds
from ingestion.calendar import SEED
from ingestion.loading.reading import Reader

_AGAIN = "Fetch the session again (`investiq backfill --from DATE --to DATE --again`)"
_LOOK = (
    f"{_AGAIN}; when the file really is that short, write the date and the reason into "
    "expectations/accepted_sessions.csv."
)
_BHAVCOPIES = ("nse_bhavcopy_legacy", "nse_bhavcopy_udiff")

# Of several objects of a session the longest counts: rows are taken from all of them.
_FILES = """
    select trade_date, dataset_name, max(rows_loaded) as records
    from (
        select cast(split_part(split_part(object_key, 'trade_date=', 2), '/', 1) as date)
                   as trade_date,
               case when table_name = 'nse_sec_bhavdata' then 'sec_bhavdata' else 'bhavcopy' end
                   as dataset_name,
               rows_loaded
        from raw_data.load_receipts
        where table_name in ('nse_bhavcopy_legacy', 'nse_bhavcopy_udiff', 'nse_sec_bhavdata')
            and rows_loaded > 0
    ) as files
    where trade_date <= $until
    group by trade_date, dataset_name
    order by dataset_name, trade_date
"""


def measure(reader: Reader, request: Request, limits: ArchiveThresholds) -> Sample:
    """Measure every file against those before it, and the sessions expected since the first."""
    files = read(reader, _FILES, {"until": request.until})
    files["day"] = files["trade_date"].dt.date
    days = sorted(set(files["day"]))
    newest = set(days[-limits.recent_sessions :])
    trailing = files.groupby("dataset_name")["records"].transform(
        lambda records: records.shift(1).rolling(limits.trailing_files, min_periods=1).median()
    )
    files["records_vs_trailing"] = files["records"] / trailing
    files["age"] = ["recent" if day in newest else "older" for day in files["day"]]
    files = files[~files["day"].isin(request.accepted)].reset_index(drop=True)
    files["trade_date"] = iso(files["trade_date"])
    return Sample(
        assets=(
            _files_asset(files.drop(columns=["day"]), limits),
            _sessions_asset(_sessions(set(days), request, limits), limits),
        ),
        sessions=tuple(days[-limits.recent_sessions :]),
    )


def _sessions(arrived: set[date], request: Request, limits: ArchiveThresholds) -> pd.DataFrame:
    """One row per session of the calendar's own years since the first file: arrived or not.

    A day with a file that the calendar does not list is one as well.
    """
    calendar = request.calendar
    known = [day for day in arrived if calendar.first <= day <= calendar.last]
    if not known:
        return pd.DataFrame({"trade_date": [], "state": [], "listed": [], "age": []})
    last = min(max(known), calendar.last)
    days = sorted({*calendar.sessions(min(known), last), *known})
    state = [
        "arrived" if day in arrived else "accepted" if day in request.accepted else "missing"
        for day in days
    ]
    recent = len(days) - limits.recent_sessions
    return pd.DataFrame(
        {
            "trade_date": [day.isoformat() for day in days],
            "state": state,
            "listed": ["yes" if calendar.is_session(day) else "no" for day in days],
            "age": ["recent" if place >= recent else "older" for place in range(len(days))],
        }
    )


def _files_asset(frame: pd.DataFrame, limits: ArchiveThresholds) -> Asset:
    return Asset(
        name="archive_files",
        frame=frame,
        keys=("dataset_name", "trade_date"),
        optional=frozenset({"records_vs_trailing"}),
        expectations=(
            not_empty("files_arrived", "Run `investiq backfill`, or `--source directory PATH`."),
            within("recent_files_are_whole", "records_vs_trailing", limits.records_vs_trailing,
                   _LOOK, only=Column("age") == "recent"),
            within("older_files_are_whole", "records_vs_trailing",
                   limits.older_records_vs_trailing, _LOOK, only=Column("age") == "older"),
        ),
    )  # fmt: skip


def _sessions_asset(frame: pd.DataFrame, limits: ArchiveThresholds) -> Asset:
    because = "a hole in the history makes every window over it wrong"
    closed = f"{_AGAIN}. Was the exchange closed? Add the day to {SEED.as_posix()}."
    return Asset(
        name="archive_sessions",
        frame=frame,
        keys=("trade_date",),
        expectations=(
            one_of("archived_sessions_arrived", "state", ("arrived", "accepted"), because, closed,
                   severity=limits.missing, only=Column("age") == "recent"),
            one_of("older_archived_sessions_arrived", "state", ("arrived", "accepted"), because,
                   closed, severity=limits.missing, only=Column("age") == "older"),
            one_of("archived_day_is_a_session", "listed", ("yes",),
                   "a file for a day that the calendar calls closed is an unplanned session",
                   f"Nothing is lost. Add the day to {SEED.as_posix()}.", severity="warning"),
        ),
    )  # fmt: skip
