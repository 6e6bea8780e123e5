{%- set keys = [
    'news_key', 'site', 'channel', 'ticker', 'query', 'position', 'title', 'headline', 'publisher',
    'link', 'guid', 'published_text', 'published_at', 'published_precision', 'kind', 'summary',
    'extractor'
] -%}

with source as (

    select * from {{ source('india_news', 'india_news_headlines') }}

),

opened as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date as asked_trade_date,
        {{ json_fields('payload', keys) }} as payload_fields
    from source

),

texts as (

    select
        opened.source_key,
        opened.record_no,
        opened.fetched_at,
        opened.loaded_at,
        opened.asked_trade_date,
        {{ json_texts('opened.payload_fields', keys) }}
    from opened

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        news_key_text as news_key,
        site_text as site,
        channel_text as channel,
        upper(ticker_text) as asked_symbol,
        query_text as query_asked,
        {{ try_bigint('position_text') }} as position_no,
        title_text as title,
        coalesce(headline_text, title_text) as headline,
        publisher_text as publisher,
        link_text as link,
        guid_text as guid,
        published_text_text as published_text,
        {{ try_iso_timestamp('published_at_text') }} as published_at,
        published_precision_text as published_precision,
        kind_text as kind,
        summary_text,
        extractor_text as extractor
    from texts

)

select * from final
