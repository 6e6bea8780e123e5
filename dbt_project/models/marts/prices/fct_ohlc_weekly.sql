{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'week_start'],
        on_schema_change='fail',
        pre_hook="{{ forget_stale(
            ref('fct_prices_daily'), onwards=false, day='week_start',
            upstream_day=\"cast(date_trunc('week', trade_date) as date)\"
        ) }}"
    )
}}

{{ ohlc_of_period('week') }}
