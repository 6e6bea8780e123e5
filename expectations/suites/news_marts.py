"""The suite of the news marts: is what was built enriched, mapped and dated as news usually are?

It runs after dbt, on the newest sessions of fct_news_articles: one row per session and source.
"""

import pandas as pd

from expectations.dialect import share
from expectations.suites.sample import Asset, Request, Sample, iso, not_empty, read, within
from expectations.thresholds import NewsMartThresholds
from ingestion.loading.reading import Reader

_ENRICH = "Run `investiq enrich`, `investiq load`, then `investiq build`."
_MAPPING = (
    "Look at the unmapped rows of fct_news_articles; add the names that the press uses to "
    "dbt_project/seeds/news_company_aliases.csv."
)
_DATES = "Look at published_flag in fct_news_articles; mend the promotion of that source."
_COPIES = "Look at cluster_key in fct_news_articles: one text stands for many, or rules are lax."
_SESSIONS = f"""
    with newest as (
        select distinct trade_date from marts.fct_news_articles
        where trade_date <= $until order by trade_date desc limit $sessions
    ),
    mapped as (
        select distinct news_key from marts.bridge_news_securities where is_counted
    )
    select news.trade_date, news.source_name, count(*) as news,
        {share("news.cluster_version is null")} as unenriched_share,
        {share("news.sentiment_score is null")} as untoned_share,
        {share("mapped.news_key is null")} as unmapped_share,
        {share("news.published_flag in ('missing', 'future')")} as undated_share,
        1 - cast(count(distinct news.cluster_key) as double precision) / count(*) as copies_share,
        max(abs(news.sentiment_score)) as greatest_tone
    from marts.fct_news_articles as news
    inner join newest on newest.trade_date = news.trade_date
    left join mapped on mapped.news_key = news.news_key
    group by news.trade_date, news.source_name
    order by news.trade_date, news.source_name
"""


def measure(reader: Reader, request: Request, limits: NewsMartThresholds) -> Sample:
    """Measure the newest sessions that have news, of each source by itself."""
    frame = read(reader, _SESSIONS, {"until": request.until, "sessions": request.sessions or 5})
    sessions = tuple(sorted(set(frame["trade_date"].dt.date)))
    frame["trade_date"] = iso(frame["trade_date"])
    return Sample(assets=(_asset(frame, limits),), sessions=sessions, checked=())


def _asset(frame: pd.DataFrame, limits: NewsMartThresholds) -> Asset:
    return Asset(
        name="news_sessions",
        frame=frame,
        keys=("trade_date", "source_name"),
        optional=frozenset({"greatest_tone"}),
        expectations=(
            not_empty("news_are_built", "Run `investiq news`, then `investiq build`."),
            within("news_are_enriched", "unenriched_share", limits.unenriched_share, _ENRICH),
            within("news_have_a_tone", "untoned_share", limits.untoned_share, _ENRICH),
            within("tones_are_in_range", "greatest_tone", limits.greatest_tone, _ENRICH),
            within("news_name_shares", "unmapped_share", limits.unmapped_share, _MAPPING),
            within("news_are_dated", "undated_share", limits.undated_share, _DATES),
            within("news_are_not_all_copies", "copies_share", limits.copies_share, _COPIES),
        ),
    )
