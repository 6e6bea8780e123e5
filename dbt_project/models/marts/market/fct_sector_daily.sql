{{ session_config('int_market__sessions', version='sector_version') }}

with {{ sessions_to_build(ref('int_market__sessions')) }},

moves as (

    select
        market.*,
        sessions.sector_version as content_version,
        case when market.return_1d is null then 1 else 0 end as is_unmoved
    from {{ ref('int_market__moves') }} as market
    inner join sessions on market.trade_date = sessions.trade_date
    where market.security_type <> 'rights_entitlement'

),

placed as (

    select
        *,
        row_number() over (
            partition by trade_date, industry
            order by is_unmoved asc, return_1d desc, security_sk asc
        ) as rank_from_top,
        row_number() over (
            partition by trade_date, industry order by is_unmoved, return_1d, security_sk
        ) as rank_from_bottom
    from moves

),

aggregated as (

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
        avg(return_1m) as return_1m,
        avg(return_3m) as return_3m,
        {{ ratio('count(case when above_sma_50 then 1 end)', 'count(above_sma_50)') }}
            as pct_above_50dma,
        avg(delivery_pct) as delivery_pct,
        sum(turnover_inr) as turnover_inr,
        max(case when rank_from_top = 1 and return_1d is not null then security_sk end)
            as leader_sk,
        max(case when rank_from_top = 1 then return_1d end) as leader_return_1d,
        max(case when rank_from_bottom = 1 and return_1d is not null then security_sk end)
            as laggard_sk,
        max(case when rank_from_bottom = 1 then return_1d end) as laggard_return_1d,
        max(content_version) as session_version
    from placed
    group by trade_date, industry

),

symbols as (

    select * from {{ ref('int_securities__symbols') }}

),

final as (

    select
        aggregated.trade_date,
        aggregated.industry,
        aggregated.securities,
        aggregated.advances,
        aggregated.declines,
        aggregated.unchanged,
        aggregated.return_1d_equal_weight,
        aggregated.return_1d_turnover_weight,
        aggregated.return_1m,
        aggregated.return_3m,
        {% for column, rank_name in [
            ('return_1d_equal_weight', 'rank_1d'), ('return_1m', 'rank_1m'), ('return_3m', 'rank_3m')
        ] -%}
        cast(
            case
                when aggregated.{{ column }} is not null
                    then rank() over (
                        partition by aggregated.trade_date
                        order by coalesce(aggregated.{{ column }}, -9) desc
                    )
            end as integer
        ) as {{ rank_name }},
        {% endfor -%}
        aggregated.pct_above_50dma,
        aggregated.delivery_pct,
        cast(aggregated.turnover_inr as decimal(24, 2)) as turnover_inr,
        {{ crore('aggregated.turnover_inr') }} as turnover_cr,
        cast(leaders.symbol as varchar(64)) as leader_symbol,
        aggregated.leader_return_1d,
        cast(laggards.symbol as varchar(64)) as laggard_symbol,
        aggregated.laggard_return_1d,
        aggregated.session_version
    from aggregated
    left join symbols as leaders
        on
            aggregated.leader_sk = leaders.security_sk
            and aggregated.trade_date between leaders.valid_from and leaders.valid_to
    left join symbols as laggards
        on
            aggregated.laggard_sk = laggards.security_sk
            and aggregated.trade_date between laggards.valid_from and laggards.valid_to

)

select * from final
