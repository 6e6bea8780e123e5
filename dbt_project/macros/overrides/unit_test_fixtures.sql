{#- dbt refuses on Redshift a fixture whose first row has a NULL, for fear of its type. Here every value
    and every NULL is cast to the type of its column, so there is nothing to refuse. -#}
{% macro redshift__validate_fixture_rows(rows, row_number) -%}
{%- endmacro %}

{#- A text in a fixture of a SUPER column is JSON, as it is on DuckDB; a plain cast would make a JSON
    string of it. -#}
{% macro redshift__safe_cast(field, type) -%}
  {%- if type | lower == 'super' and field is string and field | trim != 'null' -%}
    json_parse({{ field }})
  {%- else -%}
    cast({{ field }} as {{ type }})
  {%- endif -%}
{%- endmacro %}
