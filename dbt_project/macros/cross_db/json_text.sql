{#- The text of a JSON value: a string without its quotes, anything else as it is written.
    Example: json_text('fields."symbol"') -> RELIANCE ; json_text('fields."open"') -> 2907.15 -#}
{% macro json_text(value) -%}
  {{ return(adapter.dispatch('json_text')(value)) }}
{%- endmacro %}

{% macro default__json_text(value) -%}
  {{ exceptions.raise_compiler_error('json_text has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_text(value) -%}
  ({{ value }} ->> '$')
{%- endmacro %}

{% macro redshift__json_text(value) -%}
  case
    when json_typeof({{ value }}) = 'string' then cast({{ value }} as varchar(65535))
    when json_typeof({{ value }}) <> 'null' then json_serialize({{ value }})
  end
{%- endmacro %}
