{#- Every match of a POSIX regular expression replaced by a plain text (no back-references).
    Example: regexp_replace_all("'a  b'", '[[:space:]]+', ' ') -> a b -#}
{% macro regexp_replace_all(text, pattern, replacement) -%}
  {{ return(adapter.dispatch('regexp_replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(text, pattern, replacement) -%}
  {{ exceptions.raise_compiler_error('regexp_replace_all has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__regexp_replace_all(text, pattern, replacement) -%}
  regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro redshift__regexp_replace_all(text, pattern, replacement) -%}
  regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}
