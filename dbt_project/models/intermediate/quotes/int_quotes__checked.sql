{{ config(materialized='view') }}

with quotes as (

    select * from {{ ref('int_quotes__parsed') }}

),

identified as (

    select
        *,
        case
            when
                identifier = symbol
                and company_name is null and industry is null and isin is null
                then 'index'
            when
                left(identifier, length(symbol)) = symbol
                and right(identifier, 1) = 'N'
                and length(identifier) between length(symbol) + 2 and length(symbol) + 4
                then 'share'
        end as instrument_type,
        substring(
            identifier, length(symbol) + 1, greatest(length(identifier) - length(symbol) - 1, 0)
        ) as series_text
    from quotes

),

judged as (

    select
        *,
        case when instrument_type = 'share' then series_text end as series,
        case
            when symbol is null or identifier is null then 'missing_symbol'
            when instrument_type is null then 'unknown_identifier'
            when
                instrument_type = 'share'
                and series_text not in ({{ sql_list(var('equity_series')) }})
                then 'series_not_covered'
        end as identity_reason,
        case
            when last_update_time_text is null then 'missing_time'
            when quoted_at_ist is null then 'unparseable_time'
            when
                quoted_at_utc > {{ dbt.dateadd('day', var('clock_skew_days'), 'fetched_at') }}
                then 'dated_after_fetch'
            when open_price + high_price + low_price + close_price is null then 'missing_price'
            when least(open_price, high_price, low_price, close_price) < 0 then 'negative_price'
            when least(open_price, high_price, low_price, close_price) = 0 then 'zero_price'
            when
                low_price > least(open_price, close_price)
                or high_price < greatest(open_price, close_price)
                then 'ohlc_broken'
            when least(traded_volume, turnover_inr) < 0 then 'negative_volume'
            when
                coalesce(traded_volume, 0) > 0 and coalesce(turnover_inr, 0) = 0
                then 'volume_without_value'
            when
                coalesce(turnover_inr, 0) > 0 and coalesce(traded_volume, 0) = 0
                then 'value_without_volume'
        end as value_reason
    from identified

),

final as (

    select
        *,
        coalesce(identity_reason, value_reason) as quarantine_reason,
        case
            when identity_reason is not null then 'identity'
            when value_reason is not null then 'values'
        end as quarantine_class
    from judged

)

select * from final
