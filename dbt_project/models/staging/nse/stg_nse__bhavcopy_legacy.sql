with source as (

    select * from {{ source('nse', 'nse_bhavcopy_legacy') }}

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date,
        symbol,
        series,
        isin,
        {{ plain_decimal('open_price', 18, 4) }} as open_price,
        {{ plain_decimal('high_price', 18, 4) }} as high_price,
        {{ plain_decimal('low_price', 18, 4) }} as low_price,
        {{ plain_decimal('close_price', 18, 4) }} as close_price,
        -- 0 stands for: no last trade
        nullif({{ plain_decimal('last_price', 18, 4) }}, 0) as last_price,
        nullif({{ plain_decimal('prevclose', 18, 4) }}, 0) as previous_close_price,
        {{ plain_bigint('tottrdqty') }} as traded_volume,
        {{ plain_decimal('tottrdval', 18, 2) }} as turnover_inr,
        {{ plain_bigint('totaltrades') }} as trades
    from source

)

select * from final
