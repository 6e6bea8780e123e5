{#- The config of a model whose sessions stand alone: built once each, again where the session_version of
    `upstream` (the name of a model) has changed, or what it is called there (`version`). more_hooks: what else must be forgotten
    before. -#}
{% macro session_config(upstream, more_hooks=[], version='session_version') -%}
  {%- set arguments = "ref('" ~ upstream ~ "'), none, onwards=false, session_version='" ~ version ~ "'" -%}
  {%- set hook = '{{ forget_stale(' ~ arguments ~ ') }}' -%}
  {{ return(config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='trade_date',
    on_schema_change='fail',
    pre_hook=[hook] + more_hooks
  )) }}
{%- endmacro %}
