{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='source_key',
        on_schema_change='fail',
        pre_hook="{{ forget_vanished_objects([source('alpha_vantage', 'alpha_vantage_news')]) }}"
    )
}}

-- An article without any leaves no row here, and is looked at again: that is cheap and rare.
with pending as (

    {{ pending_objects([source('alpha_vantage', 'alpha_vantage_news')]) }}

),

final as (

    select stg.*
    from {{ ref('stg_alpha_vantage__article_tickers') }} as stg
    inner join pending on stg.source_key = pending.source_key

)

select * from final
