{#- A text YYYY-MM-DD HH:MM:SS as a timestamp without zone, or NULL when it is no such time.
    Example: try_iso_timestamp("'2024-04-28 13:18:00'") ; '2024-02-31 00:00:00' and '' -> NULL. -#}
{% macro try_iso_timestamp(text) -%}
  {{ return(adapter.dispatch('try_iso_timestamp')(text)) }}
{%- endmacro %}

{% macro default__try_iso_timestamp(text) -%}
  {{ exceptions.raise_compiler_error('try_iso_timestamp has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_iso_timestamp(text) -%}
  try_strptime(trim({{ text }}), '%Y-%m-%d %H:%M:%S')
{%- endmacro %}

{% macro redshift__try_iso_timestamp(text) -%}
  case
    when trim({{ text }}) ~ '^[^ ]+ {{ date_patterns().clock }}$'
      and {{ redshift__try_iso_date('left(trim(' ~ text ~ '), 10)') }} is not null
      then cast(trim({{ text }}) as timestamp)
  end
{%- endmacro %}
