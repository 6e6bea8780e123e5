{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook=[
            "{{ forget_stale_bars() }}",
            "{{ forget_other_benchmark() }}"
        ],
        post_hook="{{ take_over_ranks(ref('int_indicators__ranks'), 'rs_rank_252d') }}"
    )
}}

{#- Which columns come as they are from which part (recursive is a word of SQL). -#}
{%- set parts = {
    'windows': [
        'security_sk', 'trade_date', 'bar_no', 'close_adj', 'session_version', 'share_version',
        'return_5d', 'return_21d', 'return_63d', 'return_126d', 'return_252d',
        'sma_20', 'sma_50', 'sma_100', 'sma_200', 'golden_cross', 'death_cross',
        'vwap', 'turnover_inr', 'avg_turnover_20d', 'trades', 'delivery_qty', 'delivery_pct',
        'delivery_pct_avg_20d', 'traded_volume', 'volume_avg_20d', 'relative_volume',
        'volume_zscore_20d', 'gap_pct', 'gap_filled', 'is_upper_circuit', 'is_lower_circuit',
        'range_pct', 'close_location_value', 'nr7', 'is_20d_high', 'is_20d_low', 'inside_day',
    ],
    'calendar': [
        'return_1w', 'return_1m', 'return_3m', 'return_6m', 'return_1y', 'return_ytd',
        'return_fytd', 'total_return_1y', 'cagr_3y', 'cagr_5y',
        'high_52w', 'low_52w', 'is_52w_high', 'is_52w_low',
    ],
    'risk': [
        'return_1d', 'log_return_1d', 'volatility_21d', 'volatility_63d', 'volatility_252d',
        'downside_vol_252d', 'sharpe_252d', 'sortino_252d', 'beta_252d', 'alpha_252d',
        'corr_252d', 'rs_vs_nifty_63d', 'benchmark_close', 'benchmark_return_1d',
    ],
    'averages': [
        'ema_12', 'ema_20', 'ema_26', 'ema_50', 'ema_100', 'ema_200', 'macd_signal', 'atr_14',
    ],
    'drawdowns': ['max_drawdown_252d', 'max_drawdown_all', 'drawdown_current'],
} -%}
{%- set gain, loss = 'averages.avg_gain_14', 'averages.avg_loss_14' %}

-- A hook reads it: depends_on: {{ ref('int_indicators__benchmark') }}
with {% if is_incremental() -%}
{{ bars_arrived(ref('int_indicators__windows')) }},

{% endif -%}
{#- Each part is cut to its new bars before anything is joined. -#}
{% for part in ['windows', 'calendar', 'risk', 'recursive', 'drawdowns', 'ranks'] -%}
{{ part | replace('recursive', 'averages') }} as (

    {% if is_incremental() -%}
    select part.*
    from {{ arrived_of(ref('int_indicators__' ~ part)) }} as part
    inner join arrived
        on part.security_sk = arrived.security_sk and part.trade_date = arrived.trade_date
    {%- else -%}
    select * from {{ ref('int_indicators__' ~ part) }}
    {%- endif %}

),

{% endfor -%}
final as (

    select
        {% for part, columns in parts.items() -%}
        {% for column in columns -%}
        {{ part }}.{{ column }},
        {% endfor -%}
        {% endfor -%}
        ranks.rs_rank_252d,

        -- averages: means of the same prices may differ in the last digit
        windows.close_adj - windows.sma_50 > 0.000000001 * windows.sma_50 as above_sma_50,
        windows.close_adj - windows.sma_200 > 0.000000001 * windows.sma_200 as above_sma_200,

        -- momentum and bands
        case
            when {{ gain }} + {{ loss }} < 0.00000000000001 then 0
            else 100 * ({{ gain }} / ({{ gain }} + {{ loss }}))
        end as rsi_14,
        case
            when averages.macd_signal is not null then averages.macd
        end as macd,
        averages.macd - averages.macd_signal as macd_hist,
        averages.atr_14 / windows.close_adj as atr_pct,
        windows.sma_20 + 2 * windows.bb_deviation_20 as bb_upper_20_2,
        windows.sma_20 as bb_mid_20_2,
        windows.sma_20 - 2 * windows.bb_deviation_20 as bb_lower_20_2,
        (windows.close_adj - windows.sma_20 + 2 * windows.bb_deviation_20)
        / nullif(4 * windows.bb_deviation_20, 0) as bb_pct_b,
        4 * windows.bb_deviation_20 / windows.sma_20 as bb_width,

        -- 52 weeks
        {{ ratio('windows.close_adj', 'calendar.high_52w') }} - 1 as pct_from_52w_high,
        {{ ratio('windows.close_adj', 'calendar.low_52w') }} - 1 as pct_from_52w_low,
        cast(calendar.days_since_52w_high as integer) as days_since_52w_high,

        -- trade
        {{ crore('windows.turnover_inr') }} as turnover_cr,
        {{ ratio('windows.turnover_inr', 'windows.trades') }} as avg_trade_size,
        windows.delivery_pct
        > {{ var('delivery_spike_times') }} * windows.delivery_pct_avg_20d as delivery_spike,
        case
            when windows.relative_volume is not null
                then
                    windows.relative_volume > {{ var('volume_shocker_times') }}
                    and {{ crore('windows.turnover_inr') }} >= {{ var('movers_min_turnover_cr') }}
        end as is_volume_shocker,

        -- the bar
        windows.gap_pct >= {{ var('gap_min_pct') }} as is_gap_up,
        windows.gap_pct <= -{{ var('gap_min_pct') }} as is_gap_down,
        cast(
            case when windows.is_upper_circuit is not null then 'inferred' end as varchar(16)
        ) as band_source
    from windows
    {% for part in parts if part != 'windows' -%}
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
