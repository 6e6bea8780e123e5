{#- The window of a security's bars from `first` before the current one to it, or to `last` before it.
    Example: avg(close_adj) {{ over_bars(19) }} -> the mean of 20 bars -#}
{% macro over_bars(first, last=none) -%}
  over (
            partition by security_sk order by trade_date
            rows between {{ first }} preceding
            and {{ last ~ ' preceding' if last else 'current row' }}
        )
{%- endmacro %}
