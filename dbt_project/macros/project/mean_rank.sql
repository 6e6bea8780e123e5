{#- The rank of a value within a partition, as double precision; equal values share the mean of their
    ranks. Example: mean_rank('return_1d', 'period') -#}
{% macro mean_rank(value, partition) -%}
  cast(rank() over (partition by {{ partition }} order by {{ value }}) as double precision)
  + cast(count(*) over (partition by {{ partition }}, {{ value }}) - 1 as double precision) / 2
{%- endmacro %}

{#- The sum of products of two ranks about their mean; needs period_n, how many ranks there are. -#}
{% macro rank_product(one, other) -%}
  sum(({{ one }} - (period_n + 1) / 2.0) * ({{ other }} - (period_n + 1) / 2.0))
{%- endmacro %}
