{%- set keys = [
    'ticker', 'relevance_score', 'ticker_sentiment_score', 'ticker_sentiment_label'
] -%}

with elements as (

    {{ json_elements(
        source('alpha_vantage', 'alpha_vantage_news'),
        ['source_key', 'record_no', 'loaded_at'], 'payload', 'ticker_sentiment'
    ) }}

),

opened as (

    select
        source_key,
        record_no,
        loaded_at,
        element_no,
        {{ json_fields('element', keys) }} as element_fields
    from elements

),

final as (

    select
        opened.source_key,
        opened.record_no,
        opened.loaded_at,
        cast(opened.element_no as integer) as ticker_no,
        {{ json_text('opened.element_fields."ticker"') }} as ticker,
        cast(
            {{ try_decimal(json_text('opened.element_fields."relevance_score"'), 12, 8) }}
            as double precision
        ) as relevance_score,
        cast(
            {{ try_decimal(json_text('opened.element_fields."ticker_sentiment_score"'), 12, 8) }}
            as double precision
        ) as sentiment_score,
        {{ json_text('opened.element_fields."ticker_sentiment_label"') }} as sentiment_label
    from opened

)

select * from final
