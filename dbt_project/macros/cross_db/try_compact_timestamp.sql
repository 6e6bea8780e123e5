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

{% macro redshift__try_compact_timestamp(text) -%}
  {%- set day = [] -%}
  {%- for start, length in [(1, 4), (5, 2), (7, 2)] -%}
    {%- do day.append('substring(trim(' ~ text ~ '), ' ~ start ~ ', ' ~ length ~ ')') -%}
  {%- endfor -%}
  {%- set clock = [] -%}
  {%- for start in [10, 12, 14] -%}
    {%- do clock.append('substring(trim(' ~ text ~ '), ' ~ start ~ ', 2)') -%}
  {%- endfor -%}
  case
    when trim({{ text }}) ~ '^[0-9]{8}T[0-9]{6}$'
      then {{ redshift__try_iso_timestamp(
        '(' ~ day | join(" || '-' || ") ~ " || ' ' || " ~ clock | join(" || ':' || ") ~ ')'
      ) }}
  end
{%- endmacro %}
