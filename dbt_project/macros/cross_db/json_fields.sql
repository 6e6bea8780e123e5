{#- Opens a JSON object once, so that its members can be named as <alias>."<member>".
    column: a JSON (DuckDB) or SUPER (Redshift) column; members: names; nested: {member: [names]}.
    Example: json_fields('payload', ['open'], {'meta': ['isin']}) as fields -> fields."meta"."isin"
    A missing member, a JSON null and a member of another shape are NULL. -#}
{% macro json_fields(column, members, nested={}) -%}
  {{ return(adapter.dispatch('json_fields')(column, members, nested)) }}
{%- endmacro %}

{% macro default__json_fields(column, members, nested) -%}
  {{ exceptions.raise_compiler_error('json_fields has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_fields(column, members, nested) -%}
  {%- set shape = {} -%}
  {%- for member in members -%}{%- do shape.update({member: 'JSON'}) -%}{%- endfor -%}
  {%- for member, names in nested.items() -%}
    {%- set inner = {} -%}
    {%- for name in names -%}{%- do inner.update({name: 'JSON'}) -%}{%- endfor -%}
    {%- do shape.update({member: inner}) -%}
  {%- endfor -%}
  from_json({{ column }}, '{{ tojson(shape) }}')
{%- endmacro %}

{% macro redshift__json_fields(column, members, nested) -%}
  {{ column }}
{%- endmacro %}
