{#- The n-th match of a POSIX regular expression in a text, or NULL when there are fewer. A whole match,
    never a group: Redshift and PostgreSQL name groups differently.
    Example: regexp_nth("'From Rs 10/- To Re 1/-'", '[0-9]+', 2) -> 1 -#}
{% macro regexp_nth(text, pattern, n) -%}
  {{ return(adapter.dispatch('regexp_nth')(text, pattern, n)) }}
{%- endmacro %}

{% macro default__regexp_nth(text, pattern, n) -%}
  {{ exceptions.raise_compiler_error('regexp_nth has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__regexp_nth(text, pattern, n) -%}
  regexp_extract_all({{ text }}, '{{ pattern }}')[{{ n }}]
{%- endmacro %}

{% macro redshift__regexp_nth(text, pattern, n) -%}
  nullif(regexp_substr({{ text }}, '{{ pattern }}', 1, {{ n }}), '')
{%- endmacro %}
