{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook=[
            "{{ forget_stale(ref('fct_prices_daily'), 'share_version') }}",
            "{{ forget_other_benchmark() }}",
            "{{ forget_other_ranks(ref('int_indicators__ranks'), 'rs_rank_252d') }}"
        ]
    )
}}

-- A hook reads it: depends_on: {{ ref('int_indicators__benchmark') }}
with windows as (

    select windows.*
    from {{ ref('int_indicators__windows') }} as windows
    {% if is_incremental() -%}
    left join (
        select
            security_sk,
            max(trade_date) as last_date
        from {{ this }}
        group by security_sk
    ) as kept on windows.security_sk = kept.security_sk
    where
        kept.last_date is null
        or windows.trade_date > kept.last_date
        or windows.trade_date not in (select built.trade_date from {{ this }} as built)
    {%- endif %}

),

calendar as (

    select * from {{ ref('int_indicators__calendar') }}

),

risk as (

    select * from {{ ref('int_indicators__risk') }}

),

recursive_averages as (

    select * from {{ ref('int_indicators__recursive') }}

),

drawdowns as (

    select * from {{ ref('int_indicators__drawdowns') }}

),

ranks as (

    select * from {{ ref('int_indicators__ranks') }}

),

final as (

    select
        -- identity
        windows.security_sk,
        windows.trade_date,
        windows.bar_no,
        windows.close_adj,

        -- returns: over sessions of the security, over calendar time, of the total
        risk.return_1d,
        {% for n in [5, 21, 63, 126, 252] -%}
        windows.return_{{ n }}d,
        {% endfor -%}
        {% for name in ['1w', '1m', '3m', '6m', '1y', 'ytd', 'fytd'] -%}
        calendar.return_{{ name }},
        {% endfor -%}
        risk.log_return_1d,
        calendar.total_return_1y,
        calendar.cagr_3y,
        calendar.cagr_5y,

        -- averages
        {% for n in [20, 50, 100, 200] -%}
        windows.sma_{{ n }},
        {% endfor -%}
        {% for n in [12, 20, 26, 50, 100, 200] -%}
        recursive_averages.ema_{{ n }},
        {% endfor -%}
        {# Means of the same prices may differ in the last digit. #}
        windows.close_adj - windows.sma_50 > 0.000000001 * windows.sma_50 as above_sma_50,
        windows.close_adj - windows.sma_200 > 0.000000001 * windows.sma_200 as above_sma_200,
        windows.golden_cross,
        windows.death_cross,

        -- momentum and bands
        {% set gain, loss = 'recursive_averages.avg_gain_14', 'recursive_averages.avg_loss_14' -%}
        case
            when {{ gain }} + {{ loss }} < 0.00000000000001 then 0
            else 100 * ({{ gain }} / ({{ gain }} + {{ loss }}))
        end as rsi_14,
        case
            when recursive_averages.macd_signal is not null then recursive_averages.macd
        end as macd,
        recursive_averages.macd_signal,
        recursive_averages.macd - recursive_averages.macd_signal as macd_hist,
        recursive_averages.atr_14,
        recursive_averages.atr_14 / windows.close_adj as atr_pct,
        windows.sma_20 + 2 * windows.bb_deviation_20 as bb_upper_20_2,
        windows.sma_20 as bb_mid_20_2,
        windows.sma_20 - 2 * windows.bb_deviation_20 as bb_lower_20_2,
        (windows.close_adj - windows.sma_20 + 2 * windows.bb_deviation_20)
        / nullif(4 * windows.bb_deviation_20, 0) as bb_pct_b,
        4 * windows.bb_deviation_20 / windows.sma_20 as bb_width,

        -- 52 weeks
        calendar.high_52w,
        calendar.low_52w,
        {{ ratio('windows.close_adj', 'calendar.high_52w') }} - 1 as pct_from_52w_high,
        {{ ratio('windows.close_adj', 'calendar.low_52w') }} - 1 as pct_from_52w_low,
        calendar.is_52w_high,
        calendar.is_52w_low,
        cast(calendar.days_since_52w_high as integer) as days_since_52w_high,

        -- risk
        {% for name in [
            'volatility_21d', 'volatility_63d', 'volatility_252d', 'downside_vol_252d',
            'sharpe_252d', 'sortino_252d', 'beta_252d', 'alpha_252d', 'corr_252d',
        ] -%}
        risk.{{ name }},
        {% endfor -%}
        drawdowns.max_drawdown_252d,
        drawdowns.max_drawdown_all,
        drawdowns.drawdown_current,

        -- trade
        windows.vwap,
        windows.turnover_inr,
        {{ crore('windows.turnover_inr') }} as turnover_cr,
        windows.avg_turnover_20d,
        windows.trades,
        {{ ratio('windows.turnover_inr', 'windows.trades') }} as avg_trade_size,
        windows.delivery_qty,
        windows.delivery_pct,
        windows.delivery_pct_avg_20d,
        windows.delivery_pct
        > {{ var('delivery_spike_times') }} * windows.delivery_pct_avg_20d as delivery_spike,
        windows.traded_volume,
        windows.volume_avg_20d,
        windows.relative_volume,
        windows.volume_zscore_20d,
        case
            when windows.relative_volume is not null
                then
                    windows.relative_volume > {{ var('volume_shocker_times') }}
                    and {{ crore('windows.turnover_inr') }} >= {{ var('movers_min_turnover_cr') }}
        end as is_volume_shocker,

        -- the bar
        windows.gap_pct,
        windows.gap_pct >= {{ var('gap_min_pct') }} as is_gap_up,
        windows.gap_pct <= -{{ var('gap_min_pct') }} as is_gap_down,
        windows.gap_filled,
        windows.is_upper_circuit,
        windows.is_lower_circuit,
        cast(
            case when windows.is_upper_circuit is not null then 'inferred' end as varchar(16)
        ) as band_source,
        windows.range_pct,
        windows.close_location_value,
        windows.nr7,
        windows.is_20d_high,
        windows.is_20d_low,
        windows.inside_day,

        -- strength
        ranks.rs_rank_252d,
        risk.rs_vs_nifty_63d,
        risk.benchmark_close,
        risk.benchmark_return_1d,

        -- versions
        windows.session_version,
        windows.share_version
    from windows
    {% for part in ['calendar', 'risk', 'recursive_averages', 'drawdowns'] -%}
    inner join {{ part }}
        on
            windows.security_sk = {{ part }}.security_sk
            and windows.trade_date = {{ part }}.trade_date
            and windows.session_version = {{ part }}.session_version
            and windows.share_version = {{ part }}.share_version
    {% endfor -%}
    left join ranks
        on
            windows.security_sk = ranks.security_sk
            and windows.trade_date = ranks.trade_date

)

select * from final
