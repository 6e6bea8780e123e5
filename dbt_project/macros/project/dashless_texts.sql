{#- Members of an opened JSON object as text columns <member>_text; an empty text and a dash, which the
    exchange writes for "nothing", are NULL. Example: dashless_texts('fields', ['isin']) -#}
{% macro dashless_texts(record, members) -%}
  {%- set columns = [] -%}
  {%- for member in members -%}
    {%- set value = 'trim(' ~ json_text(record ~ '."' ~ member ~ '"') ~ ')' -%}
    {%- do columns.append("nullif(nullif(" ~ value ~ ", ''), '-') as " ~ member ~ '_text') -%}
  {%- endfor -%}
  {{ columns | join(',\n        ') }}
{%- endmacro %}
