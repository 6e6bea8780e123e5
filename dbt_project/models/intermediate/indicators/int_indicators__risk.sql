{{ indicator_config(benchmark=true) }}

with {{ indicator_bars(['close_adj'], kept_bars=253) }},

benchmark as (

    select * from {{ ref('int_indicators__benchmark') }}

),

compared as (

    select
        bars.*,
        benchmark.benchmark_close,
        benchmark.benchmark_return_1d
    from bars
    left join benchmark on bars.trade_date = benchmark.trade_date

),

{% set before = 'over (partition by security_sk order by trade_date)' -%}
stepped as (

    select
        *,
        {{ ratio('close_adj', 'lag(close_adj) ' ~ before) }} - 1 as return_1d,
        {{ ratio('close_adj', 'lag(close_adj, 63) ' ~ before) }}
        / nullif(benchmark_close / lag(benchmark_close, 63) {{ before }}, 0) as rs_vs_nifty_63d
    from compared

),

{% set rf = var('risk_free_per_session') -%}
paired as (

    select
        *,
        ln(1 + return_1d) as log_return_1d,
        case when return_1d < {{ rf }} then power(return_1d - {{ rf }}, 2) else 0 end as shortfall,
        case when benchmark_return_1d is not null then return_1d end as x,
        case when return_1d is not null then benchmark_return_1d end as y
    from stepped

),

summed as (

    select
        *,
        {% for n in [21, 63, 252] -%}
        stddev_samp(log_return_1d) {{ over_bars(n - 1) }} as deviation_{{ n }},
        {% endfor -%}
        avg(return_1d) {{ over_bars(251) }} as mean_return,
        stddev_samp(return_1d) {{ over_bars(251) }} as return_deviation,
        avg(shortfall) {{ over_bars(251) }} as mean_shortfall,
        cast(count(x) {{ over_bars(251) }} as double precision) as pairs,
        sum(x) {{ over_bars(251) }} as sum_x,
        sum(y) {{ over_bars(251) }} as sum_y,
        sum(x * y) {{ over_bars(251) }} as sum_xy,
        sum(x * x) {{ over_bars(251) }} as sum_xx,
        sum(y * y) {{ over_bars(251) }} as sum_yy
    from paired

),

-- Returns are small against their spread: nothing cancels in these differences.
covered as (

    select
        *,
        (sum_xy - sum_x * sum_y / nullif(pairs, 0)) as co_xy,
        (sum_xx - sum_x * sum_x / nullif(pairs, 0)) as co_xx,
        (sum_yy - sum_y * sum_y / nullif(pairs, 0)) as co_yy,
        bar_no >= 253 and pairs >= 120 as is_paired
    from summed

),

measured as (

    select
        *,
        case when is_paired and co_yy > 1e-12 then co_xy / co_yy end as beta_252d,
        case
            when is_paired and co_yy > 1e-12 and co_xx > 1e-12
                then co_xy / sqrt(co_xx) / sqrt(co_yy)
        end as corr_252d
    from covered

),

final as (

    select
        security_sk,
        trade_date,
        bar_no,
        return_1d,
        log_return_1d,
        {% for n in [21, 63, 252] -%}
        case when bar_no > {{ n }} then deviation_{{ n }} * sqrt(252) end as volatility_{{ n }}d,
        {% endfor -%}
        case when bar_no > 252 then sqrt(mean_shortfall) * sqrt(252) end as downside_vol_252d,
        case
            when bar_no > 252 and return_deviation > 1e-12
                then (mean_return - {{ rf }}) / return_deviation * sqrt(252)
        end as sharpe_252d,
        case
            when bar_no > 252
                then
                    (mean_return - {{ rf }}) * 252
                    / nullif(sqrt(mean_shortfall) * sqrt(252), 0)
        end as sortino_252d,
        beta_252d,
        power(
            1 + (sum_x / pairs - {{ rf }}) - beta_252d * (sum_y / pairs - {{ rf }}), 252
        ) - 1 as alpha_252d,
        corr_252d,
        rs_vs_nifty_63d,
        benchmark_close,
        benchmark_return_1d,
        session_version,
        share_version
    from measured
    where is_new

)

select * from final
