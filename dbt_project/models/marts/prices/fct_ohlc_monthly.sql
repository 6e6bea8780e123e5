{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'month_start'],
        on_schema_change='fail',
        pre_hook="{{ forget_stale(
            ref('fct_prices_daily'), onwards=false, day='month_start',
            upstream_day=\"cast(date_trunc('month', trade_date) as date)\"
        ) }}"
    )
}}

{{ ohlc_of_period('month') }}
