{#- numerator / denominator in double precision; NULL when either is NULL or the denominator is 0.
    Never an integer division, and the same digits on both engines.
    Example: ratio('close_price', 'previous_close_price') -#}
{% macro ratio(numerator, denominator) -%}
  cast({{ numerator }} as double precision)
  / nullif(cast({{ denominator }} as double precision), 0)
{%- endmacro %}
