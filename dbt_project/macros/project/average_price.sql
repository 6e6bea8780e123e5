{#- Rupees per share, decimal(18, 4), halves up; NULL when either is NULL or there are no shares. By way
    of whole paise, so that a half is a half in double precision and both engines round it up.
    Example: average_price('turnover_inr', 'traded_volume') -#}
{% macro average_price(turnover, volume) -%}
  {%- set paise = 'floor(cast(' ~ turnover ~ ' as double precision) * 100 + 0.5)' -%}
  cast(floor({{ ratio(paise ~ ' * 100', volume) }} + 0.5) / 10000 as decimal(18, 4))
{%- endmacro %}
