{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='trade_date',
        on_schema_change='fail',
        pre_hook="{{ forget_stale_levels() }}"
    )
}}

{% set figures = [
    'open_price', 'high_price', 'low_price', 'close_price', 'previous_close_price',
    'traded_volume', 'turnover_inr'
] | join(', ') -%}
{%- set lineage = ['source_key', 'record_no', 'fetched_at', 'session_version'] | join(', ') -%}

with {{ sessions_to_build(ref('int_indices__sessions')) }},

-- The file gives the change in points, from which the level before follows; a quote states it.
closes as (

    select
        printed.*,
        cast(printed.close_price - printed.change_points as decimal(18, 4))
            as previous_close_price,
        sessions.session_version,
        max(printed.fetched_at) over (partition by printed.trade_date) as newest_fetched_at
    from {{ ref('stg_nse__index_closes') }} as printed
    inner join sessions on printed.trade_date = sessions.trade_date

),

quotes as (

    select
        quoted.*,
        sessions.session_version
    from {{ ref('int_quotes__accepted') }} as quoted
    inner join sessions on quoted.trade_date = sessions.trade_date
    where quoted.instrument_type = 'index'

),

unioned as (

    select
        index_name as printed_name,
        trade_date,
        {{ figures }},
        price_to_earnings,
        price_to_book,
        dividend_yield_pct,
        cast(null as decimal(18, 4)) as vendor_high_52w,
        cast(null as decimal(18, 4)) as vendor_low_52w,
        cast(null as timestamp) as quoted_at_ist,
        cast(null as timestamp) as quoted_at_utc,
        true as is_official,
        'nse_index_closes' as source_name,
        {{ lineage }},
        case
            when fetched_at < newest_fetched_at then 'newer_snapshot'
            when index_name is null then 'missing_symbol'
            when coalesce(close_price, 0) <= 0 then 'missing_price'
        end as flaw
    from closes

    union all

    select
        symbol as printed_name,
        trade_date,
        {{ figures }},
        cast(null as decimal(18, 4)) as price_to_earnings,
        cast(null as decimal(18, 4)) as price_to_book,
        cast(null as decimal(18, 4)) as dividend_yield_pct,
        high_52w as vendor_high_52w,
        low_52w as vendor_low_52w,
        quoted_at_ist,
        quoted_at_utc,
        false as is_official,
        'rapidapi' as source_name,
        {{ lineage }},
        cast(null as varchar) as flaw
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
            order by
                case when unioned.flaw is null then 0 else 1 end,
                case when unioned.is_official then 0 else 1 end,
                unioned.source_key, unioned.record_no
        ) as level_rank
    from unioned
    left join {{ ref('int_indices__names') }} as known
        on {{ index_name_key('unioned.printed_name') }} = known.name_key

),

final as (

    select
        *,
        case
            when flaw in ('missing_symbol', 'missing_price') then 'quarantined'
            when flaw is not null or level_rank > 1 then 'superseded'
            else 'mart_index'
        end as disposition,
        case
            when flaw is not null then flaw
            when level_rank = 1 then 'latest'
            when is_official then 'other_name'
            else 'official_close'
        end as reason
    from ranked

)

select * from final
