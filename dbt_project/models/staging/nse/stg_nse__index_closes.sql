with source as (

    select * from {{ source('nse', 'nse_index_closes') }}

),

-- A dash stands for: does not apply.
final as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date,
        index_name,
        {{ plain_decimal('open_index_value', 18, 4) }} as open_price,
        {{ plain_decimal('high_index_value', 18, 4) }} as high_price,
        {{ plain_decimal('low_index_value', 18, 4) }} as low_price,
        {{ plain_decimal('closing_index_value', 18, 4) }} as close_price,
        {{ plain_decimal('points_change', 18, 4) }} as change_points,
        {{ plain_bigint('volume') }} as traded_volume,
        cast(
            {{ plain_decimal('turnover_rs_cr', 18, 2) }} * 10000000 as decimal(24, 2)
        ) as turnover_inr,
        {{ plain_decimal('p_e', 18, 4) }} as price_to_earnings,
        {{ plain_decimal('p_b', 18, 4) }} as price_to_book,
        {{ plain_decimal('div_yield', 18, 4) }} as dividend_yield_pct
    from source

)

select * from final
