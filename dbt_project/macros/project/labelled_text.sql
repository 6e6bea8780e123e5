{#- Columns as one text for people: "open_price=12.0000 low_price=?"; ? stands for NULL. -#}
{% macro labelled_text(columns) -%}
  {%- set parts = [] -%}
  {%- for column in columns -%}
    {%- do parts.append("'" ~ (' ' if not loop.first else '') ~ column ~ "='") -%}
    {%- do parts.append('coalesce(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ "), '?')") -%}
  {%- endfor -%}
  {{ dbt.concat(parts) }}
{%- endmacro %}
