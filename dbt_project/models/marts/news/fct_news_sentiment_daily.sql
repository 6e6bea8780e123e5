{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook="{{ forget_other_news(ref('int_news__sessions')) }}"
    )
}}

with {{ sessions_to_build(ref('int_news__sessions')) }},

counted as (

    select
        bridge.security_sk,
        bridge.trade_date,
        bridge.relevance,
        bridge.sentiment_score,
        articles.cluster_key,
        coalesce(articles.publisher, articles.site) as source_told,
        sessions.news_signature
    from {{ ref('bridge_news_securities') }} as bridge
    inner join sessions on bridge.trade_date = sessions.trade_date
    inner join {{ ref('fct_news_articles') }} as articles on bridge.news_key = articles.news_key
    where bridge.is_counted

),

-- The same story by ten publishers is one voice: each cluster counts once.
stories as (

    select
        security_sk,
        trade_date,
        cluster_key,
        count(*) as news_count,
        avg(relevance) as relevance,
        avg(sentiment_score) as sentiment_score,
        max(news_signature) as news_signature
    from counted
    group by security_sk, trade_date, cluster_key

),

told as (

    select
        security_sk,
        trade_date,
        count(distinct source_told) as source_count
    from counted
    group by security_sk, trade_date

),

summed as (

    select
        security_sk,
        trade_date,
        sum(news_count) as news_count,
        count(*) as news_count_unique,
        avg(sentiment_score) as sentiment_mean,
        {{ ratio(
            'sum(relevance * sentiment_score)',
            'sum(case when sentiment_score is not null then relevance end)'
        ) }} as sentiment_relevance_wtd,
        stddev_samp(sentiment_score) as sentiment_std,
        count(case when sentiment_score >= 0.15 then 1 end) as pos_count,
        count(case when sentiment_score <= -0.15 then 1 end) as neg_count,
        count(case when sentiment_score > -0.15 and sentiment_score < 0.15 then 1 end)
            as neutral_count,
        max(news_signature) as news_signature
    from stories
    group by security_sk, trade_date

),

final as (

    select
        summed.security_sk,
        summed.trade_date,
        cast(summed.news_count as integer) as news_count,
        cast(summed.news_count_unique as integer) as news_count_unique,
        cast(told.source_count as integer) as source_count,
        summed.sentiment_mean,
        summed.sentiment_relevance_wtd,
        summed.sentiment_std,
        cast(summed.pos_count as integer) as pos_count,
        cast(summed.neg_count as integer) as neg_count,
        cast(summed.neutral_count as integer) as neutral_count,
        cast({{ sentiment_label('summed.sentiment_mean') }} as varchar(32)) as sentiment_label,
        summed.news_signature
    from summed
    inner join told
        on summed.security_sk = told.security_sk and summed.trade_date = told.trade_date

)

select * from final
