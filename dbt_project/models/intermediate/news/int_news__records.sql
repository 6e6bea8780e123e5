{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='source_key',
        on_schema_change='fail',
        pre_hook="{{ forget_vanished_objects([
            source('alpha_vantage', 'alpha_vantage_news'),
            source('india_news', 'india_news_headlines')
        ]) }}"
    )
}}

-- Parsing JSON is the dear part, so each object is parsed once.
with pending as (

    {{ pending_objects([
        source('alpha_vantage', 'alpha_vantage_news'),
        source('india_news', 'india_news_headlines')
    ]) }}

),

articles as (

    select stg.*
    from {{ ref('stg_alpha_vantage__articles') }} as stg
    inner join pending on stg.source_key = pending.source_key

),

headlines as (

    select stg.*
    from {{ ref('stg_india_news__headlines') }} as stg
    inner join pending on stg.source_key = pending.source_key

),

unioned as (

    select
        'alpha_vantage' as source_name,
        'alpha_vantage' as site,
        'api' as channel,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        cast(null as varchar(64)) as asked_symbol,
        news_key,
        'news' as kind,
        title,
        title as headline,
        publisher,
        publisher_domain,
        link,
        published_at,
        'second' as published_precision,
        sentiment_score
    from articles

    union all

    select
        'india_news' as source_name,
        site,
        channel,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        asked_symbol,
        news_key,
        kind,
        title,
        headline,
        publisher,
        cast(null as varchar(256)) as publisher_domain,
        link,
        published_at,
        published_precision,
        cast(null as double precision) as sentiment_score
    from headlines

),

final as (

    select
        *,
        split_part(split_part(source_key, '/dataset=', 2), '/', 1) as dataset_name,
        kind = 'news' and headline is not null as is_news
    from unioned

)

select * from final
