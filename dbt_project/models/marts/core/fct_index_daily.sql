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
        disposition = 'mart_index'
        and trade_date >= (
            select {{ dbt.dateadd('day', -364, 'min(sessions.trade_date)') }} from sessions
        )

),

years as (

    {{ year_extremes(
        'levels', 'index_sk',
        'coalesce(high_price, close_price)', 'coalesce(low_price, close_price)'
    ) }}

),

fresh as (

    select years.*
    from years
    inner join sessions on years.trade_date = sessions.trade_date

),

final as (

    select
        -- identity
        index_sk,
        trade_date,
        cast(index_name as varchar(128)) as index_name,
        cast(printed_name as varchar(128)) as printed_name,

        -- levels, in points
        open_price,
        high_price,
        low_price,
        close_price,
        previous_close_price,
        cast(close_price - previous_close_price as decimal(18, 4)) as change_points,
        {{ ratio('close_price', 'previous_close_price') }} - 1 as return_1d,
        cast(coalesce(vendor_high_52w, high_52w) as decimal(18, 4)) as high_52w,
        cast(coalesce(vendor_low_52w, low_52w) as decimal(18, 4)) as low_52w,

        -- trade in the constituents
        traded_volume,
        turnover_inr,
        {{ crore('turnover_inr') }} as turnover_cr,

        -- valuation, by the exchange
        price_to_earnings,
        price_to_book,
        dividend_yield_pct,

        -- lineage
        is_official,
        quoted_at_ist,
        quoted_at_utc,
        cast(source_name as varchar(32)) as source_name,
        cast(source_key as varchar(1024)) as source_key,
        record_no,
        fetched_at,
        session_version
    from fresh

)

select * from final
