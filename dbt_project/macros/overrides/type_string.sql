{#- What dbt.type_string() is on Redshift, where dbt says TEXT, which is another word for varchar(256):
    a key made of a longer text would be made of its beginning. DuckDB's stays as it is. -#}
{% macro redshift__type_string() -%}
  varchar(65535)
{%- endmacro %}
