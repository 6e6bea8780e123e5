{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['index_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook="{{ forget_stale_indices() }}"
    )
}}

-- Gated by the audit like every mart: depends_on {{ ref('int_quotes__disposed') }}
with sessions as (

    select * from {{ ref('int_indices__sessions') }}
    {% if is_incremental() -%}
    where trade_date > (
        select coalesce(max(built.trade_date), cast('1900-01-01' as date)) from {{ this }} as built
    )
    {%- endif %}

),

levels as (

    select * from {{ ref('int_indices__levels') }}
    where
        level_rank = 1
        and trade_date >= (
            select {{ dbt.dateadd('day', -364, 'min(sessions.trade_date)') }} from sessions
        )

),

fresh as (

    select
        levels.*,
        sessions.session_version
    from levels
    inner join sessions on levels.trade_date = sessions.trade_date

),

years as (

    select
        fresh.index_sk,
        fresh.trade_date,
        max(coalesce(levels.high_price, levels.close_price)) as high_52w,
        min(coalesce(levels.low_price, levels.close_price)) as low_52w
    from fresh
    inner join levels
        on
            fresh.index_sk = levels.index_sk
            and levels.trade_date between {{ dbt.dateadd('day', -364, 'fresh.trade_date') }}
            and fresh.trade_date
    group by fresh.index_sk, fresh.trade_date

),

final as (

    select
        -- identity
        fresh.index_sk,
        fresh.trade_date,
        cast(fresh.index_name as varchar(128)) as index_name,
        cast(fresh.printed_name as varchar(128)) as printed_name,

        -- levels, in points
        fresh.open_price,
        fresh.high_price,
        fresh.low_price,
        fresh.close_price,
        fresh.previous_close_price,
        cast(fresh.close_price - fresh.previous_close_price as decimal(18, 4))
            as change_points,
        {{ ratio('fresh.close_price', 'fresh.previous_close_price') }} - 1 as return_1d,
        coalesce(fresh.vendor_high_52w, years.high_52w) as high_52w,
        coalesce(fresh.vendor_low_52w, years.low_52w) as low_52w,

        -- trade in the constituents
        fresh.traded_volume,
        fresh.turnover_inr,
        {{ crore('fresh.turnover_inr') }} as turnover_cr,

        -- valuation, by the exchange
        fresh.price_to_earnings,
        fresh.price_to_book,
        fresh.dividend_yield_pct,

        -- lineage
        fresh.is_official,
        fresh.quoted_at_ist,
        fresh.quoted_at_utc,
        cast(fresh.source_name as varchar(32)) as source_name,
        cast(fresh.source_key as varchar(1024)) as source_key,
        fresh.record_no,
        fresh.fetched_at,
        fresh.session_version
    from fresh
    inner join years
        on fresh.index_sk = years.index_sk and fresh.trade_date = years.trade_date

)

select * from final
