"""The arrival suite: is each reply in raw_data.rapidapi_quotes complete, typed and of its day?

It runs before dbt. The warehouse measures one row per reply (whatever the number of replies and
records), one row per expected session says whether it arrived; Great Expectations judges both.
"""

from datetime import date

import pandas as pd
from great_expectations.expectations.row_conditions import Column

from expectations import dialect
from expectations.suites.sample import (
    REGULAR,
    SHORT,
    Asset,
    Request,
    Sample,
    iso,
    not_empty,
    one_of,
    read,
    read_keys,
    within,
)
from expectations.thresholds import ArrivalThresholds
from ingestion.calendar import SEED
from ingestion.loading.reading import Engine, Reader

_NEVER_ASKED = "never asked"
_META = ("isin", "company_name", "industry")
_REFETCH = "Fetch the session again (`investiq run --date DATE --again`)"
_ACCEPT = (
    f"{_REFETCH}; when the source can no longer give it, write the date and the reason into "
    "expectations/accepted_sessions.csv."
)
_LOOK = "Look at the reply under `landing/` with the key named here; when the source changed, "

_REPLIES = """
    select trade_date, source_key, max(fetched_at) as fetched_at, count(*) as records
    from raw_data.rapidapi_quotes
    where trade_date <= $until
    group by trade_date, source_key
    order by trade_date, fetched_at, source_key
"""

_MEASURES = """
    with opened as (
        select trade_date, source_key, {fields} as v
        from raw_data.rapidapi_quotes
        where source_key in ({{keys}})
    ),
    records as (
        select trade_date, source_key, {columns}
        from opened
    ),
    routed as (
        select records.*,
               coalesce(identifier = symbol, false)
               and is_null_isin and is_null_company_name and is_null_industry as is_index,
               {quoted_at} as quoted_at
        from records
    )
    select source_key,
           {index_share} as index_share,
           {asked_date_share} as asked_date_share,
           1 - cast(count(distinct identifier) as double precision)
               / greatest(count(identifier), 1) as duplicate_share,
           {shares}
    from routed
    group by source_key
"""

_QUARANTINED = """
    select source_key, count(*) as quarantined
    from raw_data.quarantined_records
    where record_no > 0 and source_key in ({keys})
    group by source_key
"""

# The newest one of a session is why it did not come.
_REASONS = """
    select trade_date, 'refused: ' || reason as reason, fetched_at as noted_at
    from raw_data.quarantined_records
    where record_no = 0 and trade_date between $first and $last
    union all
    select trade_date, status, attempted_at
    from raw_data.ingestion_outcomes
    where stage = 'fetch' and status not in ('ok', 'unchanged')
        and trade_date between $first and $last
    order by noted_at, reason
"""


def measure(reader: Reader, request: Request, limits: ArrivalThresholds) -> Sample:
    """Measure the replies to check and the sessions expected since the first reply."""
    replies = read(reader, _REPLIES, {"until": request.until})
    # Of several replies to one question the newest counts: a re-fetch repairs a bad one.
    replies = replies.groupby("trade_date", as_index=False).last()
    replies["day"] = replies["trade_date"].dt.date
    arrived = set(replies["day"])
    replies = replies[~replies["day"].isin(request.accepted)].reset_index(drop=True)
    last_good = replies["records"].shift(1).rolling(limits.good_replies, min_periods=1).median()
    replies["records_vs_last_good"] = replies["records"] / last_good

    checked = _newest(replies, request)
    frame = _measured(reader, checked, request, limits)
    assets = [_replies_asset(frame, limits)]
    if arrived:
        sessions = _sessions(reader, arrived, request, limits)
        assets.append(_sessions_asset(sessions, limits))
    return Sample(
        assets=tuple(assets),
        sessions=tuple(checked["day"]),
        checked=tuple(checked["source_key"]),
    )


def _newest(replies: pd.DataFrame, request: Request) -> pd.DataFrame:
    """The newest N sessions when asked for, else what never passed, and always the newest."""
    if request.sessions is not None:
        return replies.tail(request.sessions)
    newest = replies.index == len(replies) - 1
    return replies[~replies["source_key"].isin(request.done) | newest]


def _measured(
    reader: Reader,
    checked: pd.DataFrame,
    request: Request,
    limits: ArrivalThresholds,
) -> pd.DataFrame:
    """One row per checked reply with every measure as a column."""
    keys = list(checked["source_key"])
    measures = read_keys(reader, _measures_sql(reader.engine, limits), keys)
    frame = checked.merge(measures, on="source_key")
    frame = frame.merge(read_keys(reader, _QUARANTINED, keys), on="source_key", how="left")
    quarantined = frame.pop("quarantined").fillna(0)
    frame["quarantined_share"] = quarantined / (quarantined + frame["records"])
    frame["session_type"] = [request.session_type(day) for day in frame.pop("day")]
    frame["trade_date"] = iso(frame["trade_date"])
    return frame.drop(columns=["fetched_at"])


def _measures_sql(engine: Engine, limits: ArrivalThresholds) -> str:
    """The query with one pair of columns per field; names come from thresholds.py only."""
    fields = list(dict.fromkeys((*limits.null_share, *limits.text_share, *_META)))
    value = {name: f'v."meta"."{name}"' if name in _META else f'v."{name}"' for name in fields}
    text = {
        name: dialect.json_text(engine, f'v."{name}"')
        for name in ("identifier", "symbol", "last_update_time")
    }
    # The meta block belongs to shares only: an index has none, and lacks nothing.
    shares = [
        f"coalesce({_share_of_shares(name) if name in _META else dialect.share(f'is_null_{name}')}"
        f", 0) as null_share_{name}"
        for name in limits.null_share
    ]
    shares += [
        f"{dialect.share(f'is_text_{name}')} as text_share_{name}" for name in limits.text_share
    ]
    return _MEASURES.format(
        fields=dialect.json_fields(
            engine, "payload", sorted({*fields, *text} - {*_META}), {"meta": _META}
        ),
        columns=", ".join(
            [
                f"{dialect.json_is_empty(engine, value[name])} as is_null_{name}, "
                f"{dialect.json_is_string(engine, value[name])} as is_text_{name}"
                for name in fields
            ]
            + [f"{expression} as {name}" for name, expression in text.items()]
        ),
        quoted_at=dialect.clock_time(engine, "last_update_time"),
        index_share=dialect.share("is_index"),
        asked_date_share=dialect.share(
            "quoted_at is not null and cast(quoted_at as date) = trade_date"
        ),
        shares=", ".join(shares),
    )


def _share_of_shares(field: str) -> str:
    return dialect.share(f"case when not is_index then is_null_{field} end")


def _sessions(
    reader: Reader,
    arrived: set[date],
    request: Request,
    limits: ArrivalThresholds,
) -> pd.DataFrame:
    """One row per session of the calendar since the first reply: arrived, accepted, or why not.

    A session that nobody asked for (a machine was off) is told apart from one that was asked for
    and did not come; the day of `as_of` counts as asked for.
    """
    first = min(arrived)
    last = max(max(arrived), request.as_of or first)
    reasons = read(reader, _REASONS, {"first": first, "last": last})
    why: dict[date, str] = dict(zip(reasons["trade_date"].dt.date, reasons["reason"], strict=True))
    # An unplanned session may be the only one between two days that the calendar calls closed.
    days = request.calendar.sessions(first, last) or [first]

    def state(day: date) -> str:
        if day in arrived:
            return "arrived"
        if day in request.accepted:
            return "accepted"
        return why.get(day, "missing" if day == request.as_of else _NEVER_ASKED)

    return pd.DataFrame(
        {
            "trade_date": [day.isoformat() for day in days],
            "state": [state(day) for day in days],
            "asked": ["no" if state(day) == _NEVER_ASKED else "yes" for day in days],
            "age": [
                "recent" if later < limits.recent_sessions else "older"
                for later in reversed(range(len(days)))
            ],
        }
    )


def _replies_asset(frame: pd.DataFrame, limits: ArrivalThresholds) -> Asset:
    drift = f"{_LOOK}adapt promotion and staging first, then thresholds.py."
    return Asset(
        name="arrival_replies",
        frame=frame,
        keys=("trade_date", "source_key"),
        optional=frozenset({"records_vs_last_good"}),
        expectations=(
            not_empty(
                "replies_arrived", "Run `investiq ingest`, `promote` and `load`, then check again."
            ),
            one_of(
                "asked_day_is_a_session",
                "session_type",
                ("regular", "muhurat", "special"),
                "a reply for a day that the calendar calls closed is an unplanned session",
                f"Nothing is lost. Add the day to {SEED.as_posix()}.",
                severity="warning",
            ),
            within("records", "records", limits.records, _ACCEPT),
            within("records_vs_last_good", "records_vs_last_good", limits.records_vs_last_good,
                   _ACCEPT),
            within("index_share", "index_share", limits.index_share, drift),
            within("asked_date_share", "asked_date_share", limits.asked_date_share, _ACCEPT,
                   only=REGULAR),
            within("asked_date_share_short", "asked_date_share", limits.asked_date_share_short,
                   _ACCEPT, only=SHORT),
            within("quarantined_share", "quarantined_share", limits.quarantined_share,
                   "See the reasons with `investiq status` and in raw_data.quarantined_records."),
            within("duplicate_share", "duplicate_share", limits.duplicate_share, _ACCEPT),
            *(
                within(f"null_share_{name}", f"null_share_{name}", limit, drift)
                for name, limit in limits.null_share.items()
            ),
            *(
                within(f"text_share_{name}", f"text_share_{name}", limit, drift)
                for name, limit in limits.text_share.items()
            ),
        ),
    )  # fmt: skip


def _sessions_asset(frame: pd.DataFrame, limits: ArrivalThresholds) -> Asset:
    present = ("arrived", "accepted", _NEVER_ASKED)
    because = "what was asked for did not come: a hole makes every window over it wrong"
    closed = f"{_ACCEPT} Was the exchange closed? Add the day to {SEED.as_posix()}."
    return Asset(
        name="arrival_sessions",
        frame=frame,
        keys=("trade_date",),
        expectations=(
            one_of("recent_sessions_arrived", "state", present, because, closed,
                   severity=limits.recent_missing, only=Column("age") == "recent"),
            one_of("older_sessions_arrived", "state", present, because, closed,
                   severity=limits.older_missing, only=Column("age") == "older"),
            one_of("sessions_asked_for", "asked", ("yes",),
                   "the calendar has a session here that nobody asked the source for",
                   "Run `investiq run --from DATE --to DATE` over the hole; when the source no "
                   "longer has it, write it into expectations/accepted_sessions.csv.",
                   severity=limits.never_asked),
        ),
    )  # fmt: skip
