{#- An index's name as it is compared: upper case, single blanks. The archives write Nifty 50, the
    quotes NIFTY 50. Example: index_name_key("' Nifty  50'") -> NIFTY 50 -#}
{% macro index_name_key(text) -%}
  upper(trim({{ regexp_replace_all(text, '[[:space:]]+', ' ') }}))
{%- endmacro %}
