with prices as (

    select * from {{ ref('fct_ohlc_daily') }}

),

counted as (

    select
        trade_date,
        count(*) as securities_traded,
        count(case when change_inr > 0 then 1 end) as advances,
        count(case when change_inr < 0 then 1 end) as declines,
        count(case when change_inr = 0 then 1 end) as unchanged,
        cast(sum(case when change_inr > 0 then traded_volume else 0 end) as bigint) as up_volume,
        cast(sum(case when change_inr < 0 then traded_volume else 0 end) as bigint) as down_volume,
        count(case when high_price >= high_52w then 1 end) as new_highs_52w,
        count(case when low_price <= low_52w then 1 end) as new_lows_52w,
        cast(sum(turnover_inr) as decimal(24, 2)) as turnover_inr
    from prices
    group by trade_date

),

final as (

    select
        trade_date,
        securities_traded,
        advances,
        declines,
        unchanged,
        {{ ratio('advances', 'declines') }} as ad_ratio,
        up_volume,
        down_volume,
        {{ ratio('up_volume', 'down_volume') }} as up_down_volume_ratio,
        new_highs_52w,
        new_lows_52w,
        turnover_inr,
        {{ crore('turnover_inr') }} as turnover_cr
    from counted

)

select * from final
