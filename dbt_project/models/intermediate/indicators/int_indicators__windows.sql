{{ indicator_config() }}

{%- set columns = [
    'open_adj', 'high_adj', 'low_adj', 'close_adj', 'volume_adj', 'high_price', 'low_price',
    'close_price', 'share_factor', 'vwap', 'turnover_inr', 'trades', 'traded_volume',
    'delivery_qty', 'delivery_pct',
] %}
with {{ indicator_bars(columns, kept_bars=253) }},

{% set before = 'over (partition by security_sk order by trade_date)' -%}
windowed as (

    select
        *,
        lag(close_adj, 1) {{ before }} as previous_close,
        lag(high_adj, 1) {{ before }} as previous_high,
        lag(low_adj, 1) {{ before }} as previous_low,
        {% for n in [5, 21, 63, 126, 252] -%}
        lag(close_adj, {{ n }}) {{ before }} as close_{{ n }}d,
        {% endfor -%}
        {% for n in [20, 50, 100, 200] -%}
        avg(close_adj) {{ over_bars(n - 1) }} as mean_{{ n }},
        {% endfor -%}
        avg(close_adj) {{ over_bars(50, 1) }} as mean_50_before,
        avg(close_adj) {{ over_bars(200, 1) }} as mean_200_before,
        -- averages of the same prices may differ in the last digit
        0.000000001 * avg(close_adj) {{ over_bars(199) }} as margin,
        stddev_pop(close_adj) {{ over_bars(19) }} as deviation_20,
        min(high_adj - low_adj) {{ over_bars(6) }} as narrowest_7,
        max(high_adj) {{ over_bars(19) }} as highest_20,
        min(low_adj) {{ over_bars(19) }} as lowest_20,
        avg(volume_adj) {{ over_bars(20, 1) }} as mean_volume,
        stddev_samp(volume_adj) {{ over_bars(20, 1) }} as volume_deviation,
        avg(cast(turnover_inr as double precision)) {{ over_bars(19) }} as mean_turnover,
        avg(delivery_pct) {{ over_bars(19) }} as mean_delivery,
        count(turnover_inr) {{ over_bars(19) }} as turnovers,
        count(delivery_pct) {{ over_bars(19) }} as deliveries
    from bars

),

final as (

    select
        security_sk,
        trade_date,
        bar_no,
        close_adj,

        -- against so many sessions of the security before
        {% for n in [5, 21, 63, 126, 252] -%}
        {{ ratio('close_adj', 'close_' ~ n ~ 'd') }} - 1 as return_{{ n }}d,
        {% endfor %}
        -- averages
        {% for n in [20, 50, 100, 200] -%}
        case when bar_no >= {{ n }} then mean_{{ n }} end as sma_{{ n }},
        {% endfor -%}
        case when bar_no >= 20 then deviation_20 end as bb_deviation_20,
        {% for direction, cross in [(1, 'golden_cross'), (-1, 'death_cross')] -%}
        case
            when bar_no >= 201
                then
                    {{ direction }} * (mean_50 - mean_200) > margin
                    and {{ direction }} * (mean_50_before - mean_200_before) <= margin
        end as {{ cross }},
        {% endfor %}

        -- trade
        vwap,
        turnover_inr,
        trades,
        traded_volume,
        delivery_qty,
        delivery_pct,
        case when bar_no >= 20 and turnovers = 20 then mean_turnover end as avg_turnover_20d,
        case when bar_no >= 20 and deliveries = 20 then mean_delivery end as delivery_pct_avg_20d,
        case when bar_no >= 21 then mean_volume end as volume_avg_20d,
        case when bar_no >= 21 then {{ ratio('volume_adj', 'mean_volume') }} end as relative_volume,
        case
            when bar_no >= 21
                then {{ ratio('volume_adj - mean_volume', 'volume_deviation') }}
        end as volume_zscore_20d,

        -- the bar itself, and against the one before
        previous_close,
        {{ ratio('open_adj', 'previous_close') }} - 1 as gap_pct,
        case
            when open_adj > previous_close then low_adj <= previous_close
            when open_adj < previous_close then high_adj >= previous_close
        end as gap_filled,
        {{ ratio('high_adj - low_adj', 'close_adj') }} as range_pct,
        {{ ratio('2 * close_price - high_price - low_price', 'high_price - low_price') }}
            as close_location_value,
        case
            when bar_no >= 7 then high_adj - low_adj <= narrowest_7 * 1.000000001
        end as nr7,
        case when bar_no >= 20 then high_adj >= highest_20 end as is_20d_high,
        case when bar_no >= 20 then low_adj <= lowest_20 end as is_20d_low,
        high_adj < previous_high and low_adj > previous_low as inside_day,
        {{ is_circuit('close_price', 'high_price', 'previous_close * share_factor', 1) }}
            as is_upper_circuit,
        {{ is_circuit('close_price', 'low_price', 'previous_close * share_factor', -1) }}
            as is_lower_circuit,

        session_version,
        share_version
    from windowed
    where is_new

)

select * from final
