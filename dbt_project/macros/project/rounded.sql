{#- A number that is not negative, rounded to so many decimals, halves up, as double precision: the same
    digits on both engines, whose round() and whose casts to decimal treat halves differently.
    Example: rounded('exp(log_shares)', 12) -#}
{% macro rounded(value, scale) -%}
  floor({{ value }} * {{ 10 ** scale }} + 0.5) / {{ 10 ** scale }}
{%- endmacro %}

{#- A number as the nearest whole one, halves up. Example: nearest_bigint('score * 1000000') -#}
{% macro nearest_bigint(value) -%}
  cast(floor({{ value }} + 0.5) as bigint)
{%- endmacro %}
