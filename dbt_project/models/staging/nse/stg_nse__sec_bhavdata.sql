with source as (

    select * from {{ source('nse', 'nse_sec_bhavdata') }}

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
        {{ plain_decimal('open_price', 18, 4) }} as open_price,
        {{ plain_decimal('high_price', 18, 4) }} as high_price,
        {{ plain_decimal('low_price', 18, 4) }} as low_price,
        {{ plain_decimal('close_price', 18, 4) }} as close_price,
        nullif({{ plain_decimal('last_price', 18, 4) }}, 0) as last_price,
        nullif({{ plain_decimal('prev_close', 18, 4) }}, 0) as previous_close_price,
        {{ plain_decimal('avg_price', 18, 4) }} as vwap,
        {{ plain_bigint('ttl_trd_qnty') }} as traded_volume,
        -- Lakhs of rupees with two decimals: a trade below 500 rupees is printed as 0.00, so its
        -- value is the average price times the quantity. The exact rupees are in the bhavcopy.
        -- Cast before coalesce: decimals as wide as the product cost DuckDB a hundred times more.
        coalesce(
            cast(
                nullif({{ plain_decimal('turnover_lacs', 18, 2) }}, 0) * 100000 as decimal(18, 2)
            ),
            -- rounded, for Redshift may cut off what a cast to fewer decimals leaves over
            cast(
                round(
                    {{ plain_decimal('avg_price', 18, 4) }} * {{ plain_bigint('ttl_trd_qnty') }}, 2
                ) as decimal(18, 2)
            )
        ) as turnover_inr,
        {{ plain_bigint('no_of_trades') }} as trades,
        -- "-" where the exchange publishes no delivery (BE, BZ)
        {{ plain_bigint('deliv_qty') }} as delivery_qty
    from source

)

select * from final
