{#- A query of the share factors that corporate actions usually have: ratio_name, factor. -#}
{% macro simple_share_ratios() -%}
  {%- set ratios = [
    ['bonus 1:5', 1.2], ['bonus 1:4', 1.25], ['bonus 1:3', 4.0 / 3], ['bonus 2:5', 1.4],
    ['bonus 1:2', 1.5], ['bonus 3:5', 1.6], ['bonus 2:3', 5.0 / 3], ['bonus 3:4', 1.75],
    ['bonus 1:1 or split in 2', 2], ['bonus 3:2 or split 5 to 2', 2.5], ['bonus 2:1', 3],
    ['bonus 3:1 or split in 4', 4], ['split in 5 or bonus 4:1', 5], ['bonus 5:1', 6], ['bonus 7:1', 8],
    ['split in 10', 10], ['split in 20', 20], ['split in 50', 50], ['split in 100', 100],
    ['consolidation of 2', 0.5], ['consolidation of 5', 0.2], ['consolidation of 10', 0.1],
    ['consolidation of 100', 0.01],
  ] -%}
  {%- for ratio_name, factor in ratios -%}
    select '{{ ratio_name }}' as ratio_name, cast({{ factor }} as double precision) as factor
    {%- if not loop.last %} union all {% endif -%}
  {%- endfor -%}
{%- endmacro %}
