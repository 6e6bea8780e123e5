with quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'share'

),

aliases as (

    select * from {{ ref('int_securities__aliases') }}

),

identified as (

    select
        quotes.*,
        aliases.security_sk
    from quotes
    inner join aliases
        on
            quotes.symbol = aliases.symbol
            and quotes.trade_date between aliases.valid_from and aliases.valid_to

),

final as (

    select
        -- identity
        security_sk,
        trade_date,
        cast(symbol as varchar(64)) as symbol,
        cast(series as varchar(8)) as series,

        -- prices as quoted, in rupees
        open_price,
        high_price,
        low_price,
        close_price,
        previous_close_price,

        -- change against the raw previous close: not adjusted for splits and bonuses
        cast(close_price - previous_close_price as decimal(18, 4)) as change_inr,
        {{ ratio('close_price', 'previous_close_price') }} - 1 as return_1d,
        {{ ratio('open_price', 'previous_close_price') }} - 1 as gap_pct,

        -- the shape of the day
        {{ ratio('high_price - low_price', 'low_price') }} as range_pct,
        {{ ratio('2 * close_price - low_price - high_price', 'high_price - low_price') }}
            as close_location_value,

        -- trade
        traded_volume,
        turnover_inr,
        {{ crore('turnover_inr') }} as turnover_cr,
        {{ average_price('turnover_inr', 'traded_volume') }} as vwap,

        -- the vendor's own figures
        high_52w,
        low_52w,
        {{ ratio('close_price', 'high_52w') }} - 1 as pct_from_52w_high,
        {{ ratio('close_price', 'low_52w') }} - 1 as pct_from_52w_low,
        {{ ratio('vendor_change_pct_30d', '100') }} as vendor_change_pct_30d,
        {{ ratio('vendor_change_pct_365d', '100') }} as vendor_change_pct_365d,

        -- lineage
        quoted_at_ist,
        quoted_at_utc,
        false as is_official,
        cast('rapidapi' as varchar(32)) as source_name,
        cast(source_key as varchar(1024)) as source_key,
        record_no,
        fetched_at
    from identified

)

select * from final
