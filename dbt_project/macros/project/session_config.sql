{#- The config of a model whose sessions stand alone: built once each, again where the session_version of
    `upstream` (the name of a model) has changed. more_hooks: what else must be forgotten before. version: what it is called there. -#}
{% macro session_config(upstream, more_hooks=[], version='session_version') -%}
  {%- set hook -%}
    {% raw %}{{ forget_stale(ref('{% endraw %}{{ upstream }}{% raw %}'), none, onwards=false, session_version='{% endraw %}{{ version }}{% raw %}') }}{% endraw %}
  {%- endset -%}
  {{ return(config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='trade_date',
    on_schema_change='fail',
    pre_hook=[hook] + more_hooks
  )) }}
{%- endmacro %}
