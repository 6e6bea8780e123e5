{#- Whether the whole text matches a regular expression (POSIX: classes, groups, {m,n}; no \d).
    Example: text_matches('symbol', '[A-Z]+') ; NULL for NULL. -#}
{% macro text_matches(text, pattern) -%}
  {{ return(adapter.dispatch('text_matches')(text, pattern)) }}
{%- endmacro %}

{% macro default__text_matches(text, pattern) -%}
  {{ exceptions.raise_compiler_error('text_matches has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__text_matches(text, pattern) -%}
  regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro redshift__text_matches(text, pattern) -%}
  {{ text }} ~ '^({{ pattern }})$'
{%- endmacro %}
