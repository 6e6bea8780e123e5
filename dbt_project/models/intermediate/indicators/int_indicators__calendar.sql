{{ indicator_config() }}

{# 270 bars hold any 365 days, and the last session of any year before. -#}
with {{ indicator_bars(
    ['close_adj', 'close_tr', 'high_adj', 'low_adj'], kept_bars=270, anchor_years=[3, 5],
    first_date=true
) }},

looked_back as (

    {{ calendar_windows('bars') }}

),

{% set before = 'over (partition by security_sk order by trade_date)' -%}
with_previous as (

    select
        *,
        lag(trade_date) {{ before }} as previous_date,
        lag(close_adj) {{ before }} as previous_close
    from looked_back

),

with_year_starts as (

    select
        *,
        {% set fiscal = "date_trunc('year', " ~ dbt.dateadd('month', -3, '{}') ~ ")" -%}
        case
            when date_trunc('year', trade_date) <> date_trunc('year', previous_date)
                then previous_close
        end as close_before_year,
        case
            when
                {{ fiscal.format('trade_date') }} <> {{ fiscal.format('previous_date') }}
                then previous_close
        end as close_before_fiscal_year
    from with_previous

),

{% set since_start -%}
    over (
            partition by security_sk order by trade_date
            rows between unbounded preceding and current row
        )
{%- endset -%}
with_years as (

    select
        *,
        last_value(close_before_year ignore nulls) {{ since_start }} as year_base,
        last_value(close_before_fiscal_year ignore nulls) {{ since_start }} as fiscal_year_base
    from with_year_starts

),

final as (

    select
        security_sk,
        trade_date,
        bar_no,

        -- against the last session on or before the same date so long ago
        {% for name in ['1w', '1m', '3m', '6m', '1y'] -%}
        {{ ratio('close_adj', 'close_adj_' ~ name) }} - 1 as return_{{ name }},
        {% endfor -%}
        {{ ratio('close_adj', 'year_base') }} - 1 as return_ytd,
        {{ ratio('close_adj', 'fiscal_year_base') }} - 1 as return_fytd,
        {{ ratio('close_tr', 'close_tr_1y') }} - 1 as total_return_1y,
        {% for years in [3, 5] -%}
        power({{ ratio('close_adj', 'close_adj_' ~ years ~ 'y') }}, {{ ratio(1, years) }}) - 1
            as cagr_{{ years }}y,
        {% endfor %}

        -- 365 days including today, once there are so many
        {% set is_full = 'first_date <= ' ~ dbt.dateadd('day', -364, 'trade_date') -%}
        case when {{ is_full }} then high_52w end as high_52w,
        case when {{ is_full }} then low_52w end as low_52w,
        case when {{ is_full }} then high_adj >= high_52w end as is_52w_high,
        case when {{ is_full }} then low_adj <= low_52w end as is_52w_low,
        case
            when {{ is_full }} then {{ dbt.datediff('high_52w_date', 'trade_date', 'day') }}
        end as days_since_52w_high,

        session_version,
        share_version
    from with_years
    where is_new

)

select * from final
