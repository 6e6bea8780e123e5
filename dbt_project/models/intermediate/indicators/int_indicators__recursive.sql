{{ indicator_config() }}

{#- Every number is the rule of TA-Lib: which bar is the seed, and the mean of which bars. -#}
{%- set mean = 'avg(case when bar_no between {} and {} then {} end)' %}
{%- set p = '(cast({} as double precision) / {})' %}
{%- set filters = [] %}
{%- for n in [12, 20, 26, 50, 100, 200] %}
{%- do filters.append({
    'name': 'ema_' ~ n, 'p': p.format(n - 1, n + 1), 'input': 'close_adj',
    'seed_bar': n, 'seed': mean.format(1, n, 'close_adj'),
}) %}
{%- endfor %}
{%- do filters.append({
    'name': 'macd_fast', 'p': p.format(11, 13), 'input': 'close_adj',
    'seed_bar': 26, 'seed': mean.format(15, 26, 'close_adj'),
}) %}
{%- set wilder = {'avg_gain_14': 'gain', 'avg_loss_14': 'loss', 'atr_14': 'true_range'} %}
{%- for name, input in wilder.items() %}
{%- do filters.append({
    'name': name, 'p': p.format(13, 14), 'input': input,
    'seed_bar': 15, 'seed': mean.format(2, 15, input),
}) %}
{%- endfor %}
{%- set signal = {
    'name': 'macd_signal', 'p': p.format(8, 10), 'input': 'macd',
    'seed_bar': 34, 'seed': mean.format(26, 34, 'macd'),
} %}
{%- set states = filters | map(attribute='name') | list + ['macd_signal'] %}
{%- set kept_states = [] %}
{%- for state in states %}{% do kept_states.append('kept_' ~ state) %}{% endfor %}
with recursive {{ indicator_bars(
    ['high_adj', 'low_adj', 'close_adj'], kept_bars='mod(spans.from_bar - 1, 253) + 1',
    states=states
) }},

with_previous as (

    select
        *,
        lag(close_adj) over (partition by security_sk order by trade_date) as previous_close
    from bars

),

ranged as (

    select
        *,
        greatest(close_adj - previous_close, 0) as gain,
        greatest(previous_close - close_adj, 0) as loss,
        greatest(high_adj, previous_close) - least(low_adj, previous_close) as true_range
    from with_previous

),

{{ linear_filters(
    'prices', 'ranged', filters,
    carried=['kept_macd_signal', 'session_version', 'share_version']
) }},

with_macd as (

    select
        *,
        macd_fast - ema_26 as macd
    from prices_filtered

),

-- The bar that hands its values on again, for the signal.
signal_input as (

    select
        security_sk,
        trade_date,
        bar_no,
        is_new,
        kept_macd_signal,
        macd
    from with_macd

    union all

    select
        security_sk,
        trade_date,
        bar_no,
        is_new,
        kept_macd_signal,
        cast(null as double precision) as macd
    from bars
    where not is_new and mod(bar_no, 253) = 0

),

{{ linear_filters('signal', 'signal_input', [signal]) }},

final as (

    select
        with_macd.security_sk,
        with_macd.trade_date,
        with_macd.bar_no,
        {% for n in [12, 20, 26, 50, 100, 200] -%}
        with_macd.ema_{{ n }},
        {% endfor -%}
        with_macd.macd_fast,
        with_macd.avg_gain_14,
        with_macd.avg_loss_14,
        with_macd.atr_14,
        with_macd.macd,
        signal_filtered.macd_signal,
        with_macd.session_version,
        with_macd.share_version
    from with_macd
    inner join signal_filtered
        on
            with_macd.security_sk = signal_filtered.security_sk
            and with_macd.trade_date = signal_filtered.trade_date
    where with_macd.is_new

)

select * from final
