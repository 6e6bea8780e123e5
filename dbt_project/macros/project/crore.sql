{#- Rupees as crore rupees (10 million), decimal(24, 4); multiplied, because the engines divide
    decimals differently. Example: crore('turnover_inr') -#}
{% macro crore(rupees) -%}
  cast(cast({{ rupees }} as decimal(24, 2)) * 0.0000001 as decimal(24, 4))
{%- endmacro %}
