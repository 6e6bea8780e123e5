with sessions as (

    select
        *,
        row_number() over (partition by universe order by trade_date) as session_no,
        1000 * {{ ratio('advances - declines', 'advances + declines') }} as net_advances
    from {{ ref('int_market__breadth') }}

),

-- Exponential averages of 19 and 39 sessions, seeded with the mean of the first 19 and 39: the
-- weight of a session 700 sessions ago is 0.95^700, which is nothing in double precision.
seeded as (

    select
        universe,
        avg(case when session_no <= 19 then net_advances end) as seed_19,
        avg(case when session_no <= 39 then net_advances end) as seed_39
    from sessions
    group by universe

),

weighed as (

    select
        recent.universe,
        recent.trade_date,
        past.session_no,
        coalesce(past.net_advances, 0) as net_advances,
        0.1 * power(0.9, recent.session_no - past.session_no) as weight_19,
        0.05 * power(0.95, recent.session_no - past.session_no) as weight_39
    from sessions as recent
    inner join sessions as past
        on
            recent.universe = past.universe
            and past.session_no between recent.session_no - 700 and recent.session_no

),

averaged as (

    select
        universe,
        trade_date,
        sum(case when session_no > 19 then weight_19 * net_advances end) as tail_19,
        sum(case when session_no > 39 then weight_39 * net_advances end) as tail_39
    from weighed
    group by universe, trade_date

),

final as (

    select
        sessions.trade_date,
        cast(sessions.universe as varchar(16)) as universe,
        sessions.securities_traded,
        sessions.advances,
        sessions.declines,
        sessions.unchanged,
        {{ ratio('sessions.advances', 'sessions.declines') }} as ad_ratio,
        cast(sum(sessions.advances - sessions.declines) over (
            partition by sessions.universe order by sessions.trade_date
            rows between unbounded preceding and current row
        ) as bigint) as ad_line,
        cast(sessions.up_volume as bigint) as up_volume,
        cast(sessions.down_volume as bigint) as down_volume,
        {{ ratio('sessions.up_volume', 'sessions.down_volume') }} as up_down_volume_ratio,
        {{ ratio('sessions.above_50dma', 'sessions.with_50dma') }} as pct_above_50dma,
        {{ ratio('sessions.above_200dma', 'sessions.with_200dma') }} as pct_above_200dma,
        sessions.new_highs_52w,
        sessions.new_lows_52w,
        sessions.new_highs_20d,
        sessions.new_lows_20d,
        sessions.up4,
        sessions.down4,
        {{ ratio('sessions.up4', 'sessions.down4') }} as up4_down4,
        case
            when sessions.session_no >= 39
                then
                    seeded.seed_19 * power(0.9, sessions.session_no - 19)
                    + coalesce(averaged.tail_19, 0)
                    - seeded.seed_39 * power(0.95, sessions.session_no - 39)
                    - coalesce(averaged.tail_39, 0)
        end as mcclellan_osc,
        {{ ratio('sessions.advances', 'sessions.declines') }}
        / nullif({{ ratio('sessions.up_volume', 'sessions.down_volume') }}, 0) as trin,
        cast(sessions.turnover_inr as decimal(24, 2)) as turnover_inr,
        {{ crore('sessions.turnover_inr') }} as turnover_cr
    from sessions
    inner join seeded on sessions.universe = seeded.universe
    inner join averaged
        on
            sessions.universe = averaged.universe
            and sessions.trade_date = averaged.trade_date

)

select * from final
