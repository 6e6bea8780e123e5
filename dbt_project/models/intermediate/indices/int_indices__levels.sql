{{ config(materialized='view') }}

with files as (

    select
        trade_date,
        source_key,
        row_number() over (
            partition by trade_date order by max(fetched_at) desc, source_key desc
        ) as newest_first
    from {{ ref('stg_nse__index_closes') }}
    group by trade_date, source_key

),

closes as (

    select printed.*
    from {{ ref('stg_nse__index_closes') }} as printed
    inner join files
        on printed.trade_date = files.trade_date and printed.source_key = files.source_key
    where files.newest_first = 1 and printed.close_price > 0

),

quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'index'

),

-- The file gives the change in points, from which the level before follows; a quote states it.
unioned as (

    select
        {{ index_name_key('index_name') }} as name_key,
        index_name as printed_name,
        trade_date,
        open_price,
        high_price,
        low_price,
        close_price,
        cast(close_price - change_points as decimal(18, 4)) as previous_close_price,
        traded_volume,
        turnover_inr,
        price_to_earnings,
        price_to_book,
        dividend_yield_pct,
        cast(null as decimal(18, 4)) as vendor_high_52w,
        cast(null as decimal(18, 4)) as vendor_low_52w,
        cast(null as timestamp) as quoted_at_ist,
        cast(null as timestamp) as quoted_at_utc,
        true as is_official,
        'nse_index_closes' as source_name,
        source_key,
        record_no,
        fetched_at
    from closes

    union all

    select
        {{ index_name_key('symbol') }} as name_key,
        symbol as printed_name,
        trade_date,
        open_price,
        high_price,
        low_price,
        close_price,
        previous_close_price,
        traded_volume,
        turnover_inr,
        cast(null as decimal(18, 4)) as price_to_earnings,
        cast(null as decimal(18, 4)) as price_to_book,
        cast(null as decimal(18, 4)) as dividend_yield_pct,
        high_52w as vendor_high_52w,
        low_52w as vendor_low_52w,
        quoted_at_ist,
        quoted_at_utc,
        false as is_official,
        'rapidapi' as source_name,
        source_key,
        record_no,
        fetched_at
    from quotes

),

-- The exchange's newest file over the quote. On 2016-07-07 a file had an index under two names.
ranked as (

    select
        unioned.*,
        known.index_sk,
        known.index_name,
        row_number() over (
            partition by known.index_sk, unioned.trade_date
            order by case when unioned.is_official then 0 else 1 end, unioned.record_no
        ) as level_rank
    from unioned
    inner join {{ ref('int_indices__names') }} as known on unioned.name_key = known.name_key

)

select * from ranked
