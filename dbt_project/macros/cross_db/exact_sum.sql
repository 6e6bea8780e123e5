{#- The sum of whole numbers or decimals, with as many decimals as they have. Redshift makes it
    decimal(38, scale); there the type is said, for a catalog that types nothing computed (the stand-in's)
    would leave the expectations of unit tests without one. Example: exact_sum('turnover_inr', 2) -#}
{% macro exact_sum(value, scale=0) -%}
  {{ return(adapter.dispatch('exact_sum')(value, scale)) }}
{%- endmacro %}

{% macro default__exact_sum(value, scale) -%}
  {{ exceptions.raise_compiler_error('exact_sum has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__exact_sum(value, scale) -%}
  sum({{ value }})
{%- endmacro %}

{% macro redshift__exact_sum(value, scale) -%}
  cast(sum({{ value }}) as decimal(38, {{ scale }}))
{%- endmacro %}
