{#- Texts as a SQL list, quoted and escaped. Example: sql_list(['EQ', 'BE']) -> 'EQ', 'BE' -#}
{% macro sql_list(texts) -%}
  {%- for text in texts -%}
    '{{ text | string | replace("'", "''") }}'{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}
