{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='row_hash',
        on_schema_change='fail',
        pre_hook="{{ forget_remapped_news() }}"
    )
}}

with mentions as (

    select * from {{ ref('int_news__mentions') }}
    where security_sk is not null
    {% if is_incremental() -%}
        and row_hash not in (select built.row_hash from {{ this }} as built)
    {%- endif %}

),

final as (

    select
        cast(news_key as varchar(32)) as news_key,
        security_sk,
        trade_date,
        cast(mapping_method as varchar(16)) as mapping_method,
        confidence,
        cast(left(matched_text, 128) as varchar(512)) as matched_text,
        relevance,
        sentiment_score,
        confidence >= {{ var('news_min_confidence') }} as is_counted,
        row_hash
    from mentions

)

select * from final
