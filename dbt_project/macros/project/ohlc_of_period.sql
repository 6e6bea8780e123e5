{#- The bars of weeks or months from the daily ones, on adjusted prices: a raw high across a split means
    nothing. period: 'week' (Monday to Sunday) or 'month'; its first day becomes <period>_start. -#}
{% macro ohlc_of_period(period) %}
{%- set start = period ~ '_start' -%}
with prices as (

    select
        *,
        cast(date_trunc('{{ period }}', trade_date) as date) as {{ start }}
    from {{ ref('fct_prices_daily') }}

),

{% if is_incremental() -%}
{#- After forget_stale: the periods that are not here, and the securities that are not. #}
periods_built as (

    select distinct {{ start }} from {{ this }}

),

securities_built as (

    select distinct security_sk from {{ this }}

),

days as (

    select *
    from prices
    where
        {{ start }} not in (select periods_built.{{ start }} from periods_built)
        or security_sk not in (select securities_built.security_sk from securities_built)

),
{%- else -%}
days as (

    select * from prices

),
{%- endif %}

periods as (

    select
        security_sk,
        {{ start }},
        min(trade_date) as first_trade_date,
        max(trade_date) as last_trade_date,
        count(*) as sessions,
        max(high_adj) as high_adj,
        min(low_adj) as low_adj,
        sum(volume_adj) as volume_adj,
        cast(sum(turnover_inr) as decimal(24, 2)) as turnover_inr,
        sum(trades) as trades,
        sum(delivery_qty) as delivery_qty,
        max(session_version) as session_version,
        max(security_version) as security_version
    from days
    group by security_sk, {{ start }}

),

final as (

    select
        periods.security_sk,
        periods.{{ start }},
        periods.first_trade_date,
        periods.last_trade_date,
        cast(periods.sessions as integer) as sessions,
        closing.symbol,
        opening.open_adj,
        periods.high_adj,
        periods.low_adj,
        closing.close_adj,
        closing.close_tr,
        closing.close_price,
        periods.volume_adj,
        periods.turnover_inr,
        cast(periods.trades as bigint) as trades,
        cast(periods.delivery_qty as bigint) as delivery_qty,
        periods.session_version,
        periods.security_version
    from periods
    inner join days as opening
        on
            periods.security_sk = opening.security_sk
            and periods.first_trade_date = opening.trade_date
    inner join days as closing
        on
            periods.security_sk = closing.security_sk
            and periods.last_trade_date = closing.trade_date

)

select * from final
{% endmacro %}
