"""The news suite: does each landed object hold articles that can be used, and is no day missing?

It runs before dbt. One row per object and one per day of global news are measured in DuckDB over
the weeks that were fetched last; Great Expectations judges both.
"""

from datetime import timedelta

import duckdb
import pandas as pd

from expectations.suites.sample import Asset, Request, Sample, iso, not_empty, one_of, read, within
from expectations.thresholds import NewsThresholds

_SOURCE = "Look at the object under `landing/` with the key named here; when the source changed, "
_PROMOTION = f"{_SOURCE}mend its promotion, then `investiq promote --again` and `investiq load`."
_AGAIN = "Fetch the day again: `investiq news --from DATE --to DATE`."

_NEWEST = """
    select max(trade_date) from (
        select trade_date from raw_data.alpha_vantage_news
        union all select trade_date from raw_data.india_news_headlines
    ) where trade_date <= $until
"""
_OBJECTS = """
    with records as (
        select source_key, trade_date, 'alpha_vantage' as source_name,
               json_extract_string(payload, ['$.title', '$.time_published']) as v
        from raw_data.alpha_vantage_news where trade_date between $since and $until
        union all
        select source_key, trade_date, 'india_news',
               json_extract_string(payload, ['$.title', '$.published_at'])
        from raw_data.india_news_headlines where trade_date between $since and $until
    ),
    objects as (
        select source_key, any_value(trade_date) as trade_date,
               any_value(source_name) as source_name, count(*) as records,
               avg((coalesce(trim(v[1]), '') = '')::int) as untitled_share,
               case when any_value(source_name) = 'alpha_vantage'
                    then avg((coalesce(trim(v[2]), '') = '')::int) end as untimed_share
        from records group by source_key
    ),
    refused as (
        select source_key, any_value(trade_date) as trade_date,
               any_value(source_name) as source_name, count(*) as quarantined
        from raw_data.quarantined_records
        where source_name in ('alpha_vantage', 'india_news') and record_no > 0
            and trade_date between $since and $until
        group by source_key
    )
    select source_key, coalesce(objects.trade_date, refused.trade_date) as trade_date,
           coalesce(objects.source_name, refused.source_name) as source_name,
           coalesce(records, 0) as records, untitled_share, untimed_share,
           coalesce(quarantined, 0) / (coalesce(records, 0) + coalesce(quarantined, 0))
               as quarantined_share
    from objects full join refused using (source_key)
    order by all
"""
# A day of India; each article once, whatever it was found by.
_DAYS = """
    select (try_strptime(json_extract_string(payload, '$.time_published'), '%Y%m%dT%H%M%S')
               + interval 330 minute)::date as trade_date,
           count(distinct coalesce(json_extract_string(payload, '$.url'), source_key || record_no))
               as articles
    from raw_data.alpha_vantage_news
    where trade_date between $since and $until
    group by 1 having trade_date >= $since
    order by 1
"""


def measure(
    connection: duckdb.DuckDBPyConnection, request: Request, limits: NewsThresholds
) -> Sample:
    """Measure the objects fetched within the recent weeks, and the days of global news in them."""
    row = connection.execute(_NEWEST, {"until": request.until}).fetchone()
    newest = row[0] if row and row[0] else None
    since = newest - timedelta(days=limits.recent_days) if newest else request.until
    span = {"since": since, "until": request.until}
    objects = read(connection, _OBJECTS, span)
    objects["trade_date"] = iso(objects["trade_date"])
    days = _days(read(connection, _DAYS, span))
    fetched = sorted({pd.Timestamp(day).date() for day in objects["trade_date"]})
    return Sample(
        assets=(_objects_asset(objects, limits), _days_asset(days, limits)),
        sessions=tuple(fetched[-5:]),
        checked=tuple(objects["source_key"]),
    )


def _days(found: pd.DataFrame) -> pd.DataFrame:
    """One row per day between the first article and the last: arrived, or missing."""
    articles = {pd.Timestamp(day).date(): int(n) for day, n in found.itertuples(index=False)}
    if not articles:
        return pd.DataFrame({"trade_date": [], "state": []})
    first, last = min(articles), max(articles)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return pd.DataFrame(
        {
            "trade_date": [day.isoformat() for day in days],
            "state": ["arrived" if day in articles else "missing" for day in days],
        }
    )


def _objects_asset(frame: pd.DataFrame, limits: NewsThresholds) -> Asset:
    return Asset(
        name="news_objects",
        frame=frame,
        keys=("trade_date", "source_key"),
        optional=frozenset({"untitled_share", "untimed_share"}),
        expectations=(
            not_empty("news_arrived", "Run `investiq news`, or `--source directory PATH`."),
            within("articles_have_titles", "untitled_share", limits.untitled_share, _PROMOTION),
            within("articles_have_times", "untimed_share", limits.untimed_share, _PROMOTION),
            within("articles_can_be_stored", "quarantined_share", limits.quarantined_share,
                   _PROMOTION),
        ),
    )  # fmt: skip


def _days_asset(frame: pd.DataFrame, limits: NewsThresholds) -> Asset:
    because = "the world's press rests on no day: one without an article was not fetched"
    return Asset(
        name="news_days",
        frame=frame,
        keys=("trade_date",),
        expectations=(
            one_of("days_of_news_arrived", "state", ("arrived",), because, _AGAIN,
                   severity=limits.missing),
        ),
    )  # fmt: skip
