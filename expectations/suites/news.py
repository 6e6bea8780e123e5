"""The news suite: does each landed object hold articles that can be used, and is no day missing?

It runs before dbt. The warehouse measures one row per object and one per day of global news over
the weeks that were fetched last; Great Expectations judges both.
"""

from datetime import timedelta

import pandas as pd

from expectations import dialect
from expectations.suites.sample import Asset, Request, Sample, iso, not_empty, one_of, read, within
from expectations.thresholds import NewsThresholds
from ingestion.loading.reading import Engine, Reader

_SOURCE = "Look at the object under `landing/` with the key named here; when the source changed, "
_PROMOTION = f"{_SOURCE}mend its promotion, then `investiq promote --again` and `investiq load`."
_AGAIN = "Fetch the day again: `investiq news --from DATE --to DATE`."

_NEWEST = """
    select max(trade_date) as newest from (
        select trade_date from raw_data.alpha_vantage_news
        union all select trade_date from raw_data.india_news_headlines
    ) as fetched where trade_date <= $until
"""
_OBJECTS = """
    with opened as (
        select source_key, trade_date, 'alpha_vantage' as source_name, {fields} as v
        from raw_data.alpha_vantage_news where trade_date between $since and $until
        union all
        select source_key, trade_date, 'india_news' as source_name, {fields} as v
        from raw_data.india_news_headlines where trade_date between $since and $until
    ),
    records as (
        select source_key, trade_date, source_name,
               coalesce(trim({title}), '') = '' as is_untitled,
               coalesce(trim({time}), '') = '' as is_untimed
        from opened
    ),
    objects as (
        select source_key, max(trade_date) as trade_date, max(source_name) as source_name,
               count(*) as records, {untitled_share} as untitled_share,
               case when max(source_name) = 'alpha_vantage' then {untimed_share} end
                   as untimed_share
        from records group by source_key
    ),
    refused as (
        select source_key, max(trade_date) as trade_date, max(source_name) as source_name,
               count(*) as quarantined
        from raw_data.quarantined_records
        where source_name in ('alpha_vantage', 'india_news') and record_no > 0
            and trade_date between $since and $until
        group by source_key
    )
    select coalesce(objects.source_key, refused.source_key) as source_key,
           coalesce(objects.trade_date, refused.trade_date) as trade_date,
           coalesce(objects.source_name, refused.source_name) as source_name,
           coalesce(records, 0) as records, untitled_share, untimed_share,
           cast(coalesce(quarantined, 0) as double precision)
               / (coalesce(records, 0) + coalesce(quarantined, 0)) as quarantined_share
    from objects full join refused on refused.source_key = objects.source_key
    order by source_key, trade_date, source_name
"""
# A day of India; each article once, whatever it was found by.
_DAYS = """
    select trade_date, count(distinct article) as articles
    from (
        select cast({time} + interval '330 minutes' as date) as trade_date,
               coalesce({url}, source_key || ' ' || cast(record_no as varchar)) as article
        from (
            select source_key, record_no, {fields} as v
            from raw_data.alpha_vantage_news where trade_date between $since and $until
        ) as opened
    ) as dated
    where trade_date >= $since
    group by trade_date
    order by trade_date
"""
_MEMBERS = ("time_published", "title", "url")


def _objects_sql(engine: Engine) -> str:
    return _OBJECTS.format(
        fields=dialect.json_fields(engine, "payload", _MEMBERS, {}),
        title=dialect.json_text(engine, 'v."title"'),
        time=dialect.json_text(engine, 'v."time_published"'),
        untitled_share=dialect.share("is_untitled"),
        untimed_share=dialect.share("is_untimed"),
    )


def _days_sql(engine: Engine) -> str:
    return _DAYS.format(
        fields=dialect.json_fields(engine, "payload", _MEMBERS, {}),
        time=dialect.compact_time(engine, dialect.json_text(engine, 'v."time_published"')),
        url=dialect.json_text(engine, 'v."url"'),
    )


def measure(reader: Reader, request: Request, limits: NewsThresholds) -> Sample:
    """Measure the objects fetched within the recent weeks, and the days of global news in them."""
    [(newest,)] = reader.rows(_NEWEST, {"until": request.until})
    since = newest - timedelta(days=limits.recent_days) if newest else request.until
    span = {"since": since, "until": request.until}
    objects = read(reader, _objects_sql(reader.engine), span)
    objects["trade_date"] = iso(objects["trade_date"])
    days = _days(read(reader, _days_sql(reader.engine), span))
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
