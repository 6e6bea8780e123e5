"""The suite of the news marts: is what was built enriched, mapped and dated as news usually are?

It runs after dbt, on the newest sessions of fct_news_articles: one row per session and source.
"""

import duckdb
import pandas as pd

from expectations.suites.sample import Asset, Request, Sample, iso, not_empty, read, within
from expectations.thresholds import NewsMartThresholds

_ENRICH = "Run `investiq enrich`, `investiq load`, then `investiq build`."
_MAPPING = (
    "Look at the unmapped rows of fct_news_articles; add the names that the press uses to "
    "dbt_project/seeds/news_company_aliases.csv."
)
_DATES = "Look at published_flag in fct_news_articles; mend the promotion of that source."
_COPIES = "Look at cluster_key in fct_news_articles: one text stands for many, or rules are lax."
_SESSIONS = """
    with newest as (
        select distinct trade_date from marts.fct_news_articles
        where trade_date <= $until order by trade_date desc limit $sessions
    ),
    mapped as (
        select distinct news_key from marts.bridge_news_securities where is_counted
    )
    select news.trade_date, news.source_name, count(*) as news,
        avg((cluster_version is null)::int) as unenriched_share,
        avg((sentiment_score is null)::int) as untoned_share,
        avg((mapped.news_key is null)::int) as unmapped_share,
        avg((published_flag in ('missing', 'future'))::int) as undated_share,
        1 - count(distinct cluster_key) / count(*) as copies_share,
        max(abs(sentiment_score)) as greatest_tone
    from marts.fct_news_articles as news
    join newest using (trade_date)
    left join mapped using (news_key)
    group by all order by all
"""


def measure(
    connection: duckdb.DuckDBPyConnection, request: Request, limits: NewsMartThresholds
) -> Sample:
    """Measure the newest sessions that have news, of each source by itself."""
    frame = read(connection, _SESSIONS, {"until": request.until, "sessions": request.sessions or 5})
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
