{#- What a JSON value is: string, number, boolean, object, array; NULL for null and for nothing.
    Example: json_kind('fields."open"') = 'number' -#}
{% macro json_kind(value) -%}
  {{ return(adapter.dispatch('json_kind')(value)) }}
{%- endmacro %}

{% macro default__json_kind(value) -%}
  {{ exceptions.raise_compiler_error('json_kind has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_kind(value) -%}
  case
    when json_type({{ value }}) is null or json_type({{ value }}) = 'NULL' then null
    when json_type({{ value }}) = 'VARCHAR' then 'string'
    when json_type({{ value }}) in ('BOOLEAN', 'OBJECT', 'ARRAY') then lower(json_type({{ value }}))
    else 'number'
  end
{%- endmacro %}

{% macro redshift__json_kind(value) -%}
  nullif(json_typeof({{ value }}), 'null')
{%- endmacro %}
