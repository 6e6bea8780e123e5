{%- set keys = [
    'title', 'url', 'time_published', 'summary', 'source', 'source_domain',
    'overall_sentiment_score', 'overall_sentiment_label'
] -%}

with source as (

    select * from {{ source('alpha_vantage', 'alpha_vantage_news') }}

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
        {{ dbt.hash(
            "coalesce(url_text, coalesce(title_text, '') || '|' || coalesce(time_published_text, ''))"
        ) }} as news_key,
        title_text as title,
        url_text as link,
        time_published_text as published_text,
        {{ try_compact_timestamp('time_published_text') }} as published_at,
        summary_text,
        source_text as publisher,
        source_domain_text as publisher_domain,
        cast({{ try_decimal('overall_sentiment_score_text', 12, 8) }} as double precision)
            as sentiment_score,
        overall_sentiment_label_text as sentiment_label
    from texts

)

select * from final
