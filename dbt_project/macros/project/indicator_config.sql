{#- The config of a model by security and bar that builds on the bars before. benchmark=true: it holds
    the index as well, in benchmark_close and benchmark_return_1d, and whatever lies on or after the
    first day on which that is now another is stale too (a late file of the index). -#}
{% macro indicator_config(benchmark=false) -%}
  {%- set hooks = ["{{ forget_stale_bars() }}"] -%}
  {%- if benchmark -%}{%- do hooks.append("{{ forget_other_benchmark() }}") -%}{%- endif -%}
  {{ return(config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['security_sk', 'trade_date'],
    on_schema_change='fail',
    pre_hook=hooks
  )) }}
{%- endmacro %}

{#- The versions are those of fct_prices_daily, read where there are fewer rows of them. -#}
{% macro forget_stale_bars() -%}
  {{ forget_stale(
    ref('fct_prices_daily'), 'share_version',
    sessions=ref('int_prices__sessions'), securities=ref('int_prices__versions')
  ) }}
{%- endmacro %}
