{#- Members of an opened JSON object as text columns <member>_text; an empty text is NULL.
    Example: json_texts('fields', ['title']) -> nullif(trim(...), '') as title_text -#}
{% macro json_texts(record, members) -%}
  {%- set columns = [] -%}
  {%- for member in members -%}
    {%- set value = json_text(record ~ '."' ~ member ~ '"') -%}
    {%- do columns.append("nullif(trim(" ~ value ~ "), '') as " ~ member ~ '_text') -%}
  {%- endfor -%}
  {{ columns | join(',\n        ') }}
{%- endmacro %}
