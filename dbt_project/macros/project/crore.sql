{#- Rupees as crore rupees (10 million), decimal(24, 4). Exact: halves of the last digit are multiples of
    500 rupees, which a double divides by 1000 without a rest; up to 10 million crore. By floor, because
    round() of a half differs between the engines. Not in decimals: these they divide differently, and
    DuckDB takes 25 times as long over numbers of that width. Turnover is never negative.
    Example: crore('turnover_inr') -#}
{% macro crore(rupees) -%}
  cast(floor(cast({{ rupees }} as double precision) / 1000 + 0.5) / 10000 as decimal(24, 4))
{%- endmacro %}
