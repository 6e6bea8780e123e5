{#- A text YYYYMMDDTHHMMSS as a timestamp without zone, or NULL when it is no such time.
    Example: try_compact_timestamp("'20240428T131800'") -> 2024-04-28 13:18:00 ; '20240231T000000' -> NULL. -#}
{% macro try_compact_timestamp(text) -%}
  {{ return(adapter.dispatch('try_compact_timestamp')(text)) }}
{%- endmacro %}

{% macro default__try_compact_timestamp(text) -%}
  {{ exceptions.raise_compiler_error('try_compact_timestamp has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_compact_timestamp(text) -%}
  try_strptime(trim({{ text }}), '%Y%m%dT%H%M%S')
{%- endmacro %}

{#- to_timestamp rolls 31-Feb over into March: what it made must print as what it read. -#}
{% macro redshift__try_compact_timestamp(text) -%}
  {%- set digits = "replace(trim(" ~ text ~ "), 'T', '')" -%}
  {%- set read = "cast(to_timestamp(" ~ digits ~ ", 'YYYYMMDDHH24MISS') as timestamp)" -%}
  case
    when trim({{ text }}) ~ '^[0-9]{4}[01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-5][0-9]$'
      then case when to_char({{ read }}, 'YYYYMMDDHH24MISS') = {{ digits }} then {{ read }} end
  end
{%- endmacro %}
