{{ session_config('int_market__sessions') }}

with {{ sessions_to_build(ref('int_market__sessions')) }},

moves as (

    select
        market.*,
        sessions.session_version as content_version
    from {{ ref('int_market__moves') }} as market
    inner join sessions on market.trade_date = sessions.trade_date

),

universes as (

    select 'all' as universe
    union all
    select 'equity' as universe

),

final as (

    select
        moves.trade_date,
        universes.universe,
        count(*) as securities_traded,
        count(case when moves.return_1d > 0 then 1 end) as advances,
        count(case when moves.return_1d < 0 then 1 end) as declines,
        count(case when moves.return_1d = 0 then 1 end) as unchanged,
        count(case when moves.return_1d >= 0.04 then 1 end) as up4,
        count(case when moves.return_1d <= -0.04 then 1 end) as down4,
        {{ exact_sum('case when moves.return_1d > 0 then moves.traded_volume else 0 end') }}
            as up_volume,
        {{ exact_sum('case when moves.return_1d < 0 then moves.traded_volume else 0 end') }}
            as down_volume,
        count(case when moves.above_sma_50 then 1 end) as above_50dma,
        count(moves.above_sma_50) as with_50dma,
        count(case when moves.above_sma_200 then 1 end) as above_200dma,
        count(moves.above_sma_200) as with_200dma,
        count(case when moves.is_52w_high then 1 end) as new_highs_52w,
        count(case when moves.is_52w_low then 1 end) as new_lows_52w,
        count(case when moves.is_20d_high then 1 end) as new_highs_20d,
        count(case when moves.is_20d_low then 1 end) as new_lows_20d,
        {{ exact_sum('moves.turnover_inr', 2) }} as turnover_inr,
        max(moves.content_version) as session_version
    from moves
    inner join universes
        on universes.universe = 'all' or moves.security_type = 'equity'
    group by moves.trade_date, universes.universe

)

select * from final
