{{ config(materialized='view') }}
{#- A filter on the session reaches the tables: no window, no aggregate in here, and no CTE that is
    read twice, which DuckDB would write out whole. -#}

-- The first bar that is known of a security has no bar before it; what the exchange or the feed
-- printed as its previous close serves for the day's move, and for nothing longer.
with first_bars as (

    select
        earliest.security_sk,
        earliest.trade_date,
        {{ ratio('prices.close_price', 'prices.previous_close_price') }} - 1 as return_1d
    from {{ ref('fct_indicators_daily') }} as earliest
    inner join {{ ref('fct_prices_daily') }} as prices
        on
            earliest.security_sk = prices.security_sk
            and earliest.trade_date = prices.trade_date
    where earliest.bar_no = 1

),

securities as (

    select * from {{ ref('dim_securities') }}

),

final as (

    select
        indicators.security_sk,
        indicators.trade_date,
        securities.security_type,
        securities.industry,
        coalesce(indicators.return_1d, first_bars.return_1d) as return_1d,
        indicators.return_1m,
        indicators.return_3m,
        indicators.turnover_inr,
        indicators.traded_volume,
        indicators.delivery_pct,
        indicators.is_volume_shocker,
        indicators.relative_volume,
        indicators.above_sma_50,
        indicators.above_sma_200,
        indicators.is_52w_high,
        indicators.is_52w_low,
        indicators.is_20d_high,
        indicators.is_20d_low,
        indicators.session_version
    from {{ ref('fct_indicators_daily') }} as indicators
    inner join securities on indicators.security_sk = securities.security_sk
    left join first_bars
        on
            indicators.security_sk = first_bars.security_sk
            and indicators.trade_date = first_bars.trade_date

)

select * from final
