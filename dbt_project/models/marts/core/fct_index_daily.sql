with quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'index'

),

final as (

    select
        -- identity
        cast(instrument_sk as varchar(32)) as index_sk,
        trade_date,
        cast(symbol as varchar(128)) as index_name,

        -- levels, in points
        open_price,
        high_price,
        low_price,
        close_price,
        previous_close_price,
        cast(close_price - previous_close_price as decimal(18, 4)) as change_points,
        {{ ratio('close_price', 'previous_close_price') }} - 1 as return_1d,

        -- trade in the constituents
        traded_volume,
        turnover_inr,
        {{ crore('turnover_inr') }} as turnover_cr,

        -- the vendor's own figures
        high_52w,
        low_52w,

        -- lineage
        quoted_at_ist,
        quoted_at_utc,
        cast('rapidapi' as varchar(32)) as source_name,
        cast(source_key as varchar(1024)) as source_key,
        record_no,
        fetched_at
    from quotes

)

select * from final
