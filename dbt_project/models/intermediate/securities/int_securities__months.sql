{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='month_start',
        on_schema_change='fail',
        pre_hook="{{ forget_stale_months() }}"
    )
}}

-- The only model that looks at every price for identity, and only at the months that changed.
with months as (

    select *
    from (
        {{ session_months() }}
    ) as months_now
    {% if is_incremental() -%}
    where months_now.month_start not in (select built.month_start from {{ this }} as built)
    {%- endif %}

),

sessions as (

    select
        session_dates.trade_date,
        months.month_start,
        months.month_version
    from {{ ref('int_prices__sessions') }} as session_dates
    inner join months
        on
            months.month_start
            = cast({{ dbt.date_trunc('month', 'session_dates.trade_date') }} as date)

),

bars as (

    select
        prices.symbol,
        {{ valid_isin('prices.isin') }} as isin,
        prices.series,
        prices.trade_date,
        prices.previous_close_price,
        prices.close_price,
        sessions.month_start,
        sessions.month_version,
        false as is_quoted_only
    from {{ ref('int_prices__bars') }} as prices
    inner join sessions on prices.trade_date = sessions.trade_date
    where prices.trade_date >= (select min(earliest.trade_date) from sessions as earliest)

),

-- Quotes of a day that has a bhavcopy are no bars; a symbol known by them alone is still somebody.
quotes as (

    select
        quoted.symbol,
        {{ valid_isin('quoted.isin') }} as isin,
        quoted.series,
        quoted.trade_date,
        quoted.previous_close_price,
        quoted.close_price,
        sessions.month_start,
        sessions.month_version,
        true as is_quoted_only
    from {{ ref('int_quotes__accepted') }} as quoted
    inner join sessions on quoted.trade_date = sessions.trade_date
    left join bars on quoted.symbol = bars.symbol and quoted.trade_date = bars.trade_date
    where quoted.instrument_type = 'share' and bars.symbol is null

),

unioned as (

    select * from bars
    union all
    select * from quotes

),

grouped as (

    select
        symbol,
        isin,
        month_start,
        month_version,
        is_quoted_only,
        min(trade_date) as first_trade_date,
        max(trade_date) as last_trade_date,
        count(*) as sessions
    from unioned
    group by symbol, isin, month_start, month_version, is_quoted_only

),

final as (

    select
        grouped.symbol,
        grouped.isin,
        grouped.month_start,
        grouped.month_version,
        grouped.is_quoted_only,
        grouped.first_trade_date,
        grouped.last_trade_date,
        grouped.sessions,
        opening.previous_close_price as first_previous_close_price,
        opening.series as first_series,
        closing.close_price as last_close_price,
        closing.series as last_series
    from grouped
    inner join unioned as opening
        on
            grouped.symbol = opening.symbol
            and grouped.first_trade_date = opening.trade_date
    inner join unioned as closing
        on
            grouped.symbol = closing.symbol
            and grouped.last_trade_date = closing.trade_date

)

select * from final
