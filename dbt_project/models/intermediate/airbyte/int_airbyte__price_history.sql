{{ config(materialized='view') }}

with parsed as (

    select * from {{ ref('int_airbyte__parsed') }}

),

disposed as (

    select * from {{ ref('int_airbyte__disposed') }}

),

final as (

    select
        parsed.record_sk,
        parsed.symbol,
        parsed.series,
        parsed.trade_date,
        parsed.open_price,
        parsed.high_price,
        parsed.low_price,
        parsed.close_price,
        parsed.last_price,
        parsed.previous_close_price,
        parsed.traded_volume,
        parsed.turnover_inr,
        parsed.trades,
        parsed.vwap,
        cast(null as bigint) as delivery_qty,
        'airbyte_sheets' as source_name,
        parsed.source_key,
        parsed.record_no,
        parsed.fetched_at,
        parsed.loaded_at
    from parsed
    inner join disposed on parsed.record_sk = disposed.record_sk
    where disposed.disposition = 'mart_prices'

)

select * from final
