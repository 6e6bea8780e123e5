"""Reads what the page shows of the news: per share, per industry, most mentioned, the next day.

Source: the marts of the news. Only what counts (`is_counted`) is shown: that a page showed a
headline beside a share says little about the share.
"""

from collections.abc import Sequence
from datetime import date

from report import model
from report.model_news import Headline, Mentioned, News, NextDay, SectorTone, Told, Tone
from report.source import Marts

WINDOWS = (1, 5, 21)  # sessions of the table by industry; the second is of the most mentioned
MENTIONED = 20
HEADLINES = 8  # of a share
HEADLINE_SESSIONS = 60
EXACT = "decimal(38, 12)"  # sums that are the same in whatever order threads add
TITLE_LENGTH = 300  # signs; the page cuts what is longer


def read_news(marts: Marts, day: date, history: model.History) -> News:
    """The news up to the session `day`, and the newest headlines of the shares to pick."""
    days = _sessions(marts, day)
    shares = [one.security_sk for one in history.shares]
    [told] = marts.rows(
        "select coalesce(sum(items), 0)::bigint as items, "
        "coalesce(sum(items_mapped), 0)::bigint as items_mapped "
        "from rpt_news_mapping_quality where scope like 'news\\_%' escape '\\'"
    )
    [later] = marts.rows(
        "select count(*) as items from fct_news_articles where trade_date > ?", day
    )
    return News(
        windows=tuple(days[-length:] for length in WINDOWS),
        headlines=_headlines(marts, days[-HEADLINE_SESSIONS:], shares),
        tones=_tones(marts, history.share_days, shares),
        sectors=_sectors(marts, days),
        mentioned=_mentioned(marts, days[-WINDOWS[1] :]),
        next_day=_next_day(marts),
        items=told["items"],
        items_mapped=told["items_mapped"],
        later=later["items"],
    )


def no_news() -> News:
    """The news of marts that hold no session."""
    return News((), (), (), (), (), (), 0, 0, 0)


def _sessions(marts: Marts, day: date) -> tuple[date, ...]:
    """The sessions of the calendar up to the page's, oldest first."""
    rows = marts.rows(
        "select calendar_date from dim_dates where is_session and calendar_date <= ? "
        "order by calendar_date desc limit ?",
        day,
        max(*WINDOWS, HEADLINE_SESSIONS),
    )
    return tuple(row["calendar_date"] for row in reversed(rows)) or (day,)


def _headlines(
    marts: Marts, days: Sequence[date], shares: Sequence[object]
) -> tuple[Headline, ...]:
    """The newest stories of each share: of near-duplicates the first, with their number."""
    return marts.all(
        Headline,
        f"""
        with counted as (
            select b.security_sk, a.published_ist, a.published_precision, a.published_flag,
                a.trade_date, left(a.headline, {TITLE_LENGTH + 1}) as headline,
                coalesce(a.publisher, a.site) as publisher, a.link, b.mapping_method,
                b.matched_text, b.sentiment_score, a.news_key,
                count(*) over (partition by b.security_sk, a.cluster_key) as copies,
                row_number() over (
                    partition by b.security_sk, a.cluster_key order by a.published_at, a.news_key
                ) as copy_no
            from bridge_news_securities as b
            inner join fct_news_articles as a on a.news_key = b.news_key
            where b.is_counted and list_contains($2, b.security_sk)
                and (a.trade_date is null or a.trade_date >= $1)
        ),
        placed as (
            select *, row_number() over (
                partition by security_sk order by published_ist desc, news_key
            ) as place
            from counted where copy_no = 1
        )
        select * exclude (news_key, copy_no, place) from placed where place <= {HEADLINES}
        order by security_sk, place
        """,
        days[0],
        list(shares),
    )


def _tones(marts: Marts, days: Sequence[date], shares: Sequence[object]) -> tuple[Tone, ...]:
    if not days:
        return ()
    return marts.all(
        Tone,
        """
        select security_sk, trade_date, news_count_unique as stories, sentiment_mean
        from fct_news_sentiment_daily
        where trade_date between $1 and $2 and list_contains($3, security_sk)
        order by security_sk, trade_date
        """,
        days[0],
        days[-1],
        list(shares),
    )


def _sectors(marts: Marts, days: Sequence[date]) -> tuple[SectorTone, ...]:
    """The industries with news in the longest window, most stories first."""
    starts = [days[-length:][0] for length in WINDOWS]
    sums = ", ".join(
        f"sum(news_count_unique) filter (trade_date >= ${number})::bigint as stories_{number}, "
        f"sum((sentiment_mean * toned_count)::{EXACT}) filter (trade_date >= ${number})::double "
        f"/ nullif(sum(toned_count) filter (trade_date >= ${number}), 0) as tone_{number}"
        for number in range(1, len(WINDOWS) + 1)
    )
    last = len(WINDOWS)
    rows = marts.rows(
        f"""
        with told as (
            select s.industry, count(distinct d.security_sk) as securities
            from fct_news_sentiment_daily as d
            inner join dim_securities as s on s.security_sk = d.security_sk
            where d.trade_date between ${last} and ${last + 1} group by s.industry
        )
        select r.industry, any_value(coalesce(told.securities, 0)) as securities, {sums}
        from rpt_news_sectors_daily as r left join told on told.industry = r.industry
        where trade_date between ${last} and ${last + 1}
        group by r.industry order by stories_{last} desc, r.industry
        """,
        *starts,
        days[-1],
    )
    return tuple(
        SectorTone(
            row["industry"],
            row["securities"],
            tuple(
                Told(row[f"stories_{number}"], row[f"tone_{number}"])
                if row[f"stories_{number}"]
                else None
                for number in range(1, len(WINDOWS) + 1)
            ),
        )
        for row in rows
    )


def _mentioned(marts: Marts, days: Sequence[date]) -> tuple[Mentioned, ...]:
    return marts.all(
        Mentioned,
        f"""
        with stories as (
            select b.security_sk, a.cluster_key, count(*) as news,
                (sum(b.sentiment_score::{EXACT}) / count(b.sentiment_score))::double as tone
            from bridge_news_securities as b
            inner join fct_news_articles as a on a.news_key = b.news_key
            where b.is_counted and b.trade_date between $1 and $2
            group by b.security_sk, a.cluster_key
        ),
        publishers as (
            select b.security_sk, count(distinct coalesce(a.publisher, a.site)) as publishers
            from bridge_news_securities as b
            inner join fct_news_articles as a on a.news_key = b.news_key
            where b.is_counted and b.trade_date between $1 and $2 group by b.security_sk
        )
        select s.symbol, s.company_name, count(*) as stories, sum(news)::bigint as news,
            any_value(publishers) as publishers, count(*) filter (tone >= 0.15) as positive,
            count(*) filter (tone <= -0.15) as negative,
            (sum(tone::{EXACT}) / count(tone))::double as sentiment_mean
        from stories
        inner join publishers using (security_sk)
        inner join dim_securities as s using (security_sk)
        group by security_sk, s.symbol, s.company_name
        order by stories desc, news desc, s.symbol limit $3
        """,
        days[0],
        days[-1],
        MENTIONED,
    )


def _next_day(marts: Marts) -> tuple[NextDay, ...]:
    """All sessions together by bucket, and each month as a whole, newest first."""
    return marts.all(
        NextDay,
        """
        select period, sentiment_bucket, n, sessions, sentiment_mean, next_return_mean, hit_rate,
            rank_ic
        from rpt_sentiment_next_day
        where period = 'all' or sentiment_bucket = 'all'
        order by period desc, sentiment_mean desc nulls last, sentiment_bucket
        """,
    )
