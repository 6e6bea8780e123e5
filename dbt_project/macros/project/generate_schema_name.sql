{#- The schema of a node is its `+schema`, without dbt's usual "<target schema>_" before it: marts
    are read by people and tools, and `marts.fct_ohlc_daily` is what they should type.
    var('schema_prefix') keeps a scratch copy apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ var('schema_prefix', '') ~ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
