with prices as (

    select * from {{ ref('fct_ohlc_daily') }}

),

securities as (

    select * from {{ ref('dim_securities') }}

),

placed as (

    select
        prices.trade_date,
        securities.industry,
        prices.symbol,
        prices.return_1d,
        prices.turnover_inr,
        row_number() over (
            partition by prices.trade_date, securities.industry
            order by
                case when prices.return_1d is null then 1 else 0 end asc,
                prices.return_1d desc,
                prices.symbol asc
        ) as rank_from_top,
        row_number() over (
            partition by prices.trade_date, securities.industry
            order by
                case when prices.return_1d is null then 1 else 0 end,
                prices.return_1d, prices.symbol
        ) as rank_from_bottom
    from prices
    inner join securities on prices.security_sk = securities.security_sk

),

final as (

    select
        trade_date,
        industry,
        count(*) as securities,
        count(case when return_1d > 0 then 1 end) as advances,
        count(case when return_1d < 0 then 1 end) as declines,
        count(case when return_1d = 0 then 1 end) as unchanged,
        avg(return_1d) as return_1d_equal_weight,
        {{ ratio(
            'sum(return_1d * turnover_inr)',
            'sum(case when return_1d is not null then turnover_inr end)'
        ) }} as return_1d_turnover_weight,
        cast(sum(turnover_inr) as decimal(24, 2)) as turnover_inr,
        {{ crore('sum(turnover_inr)') }} as turnover_cr,
        max(
            case when rank_from_top = 1 and return_1d is not null then symbol end
        ) as leader_symbol,
        max(case when rank_from_top = 1 then return_1d end) as leader_return_1d,
        max(
            case when rank_from_bottom = 1 and return_1d is not null then symbol end
        ) as laggard_symbol,
        max(case when rank_from_bottom = 1 then return_1d end) as laggard_return_1d
    from placed
    group by trade_date, industry

)

select * from final
