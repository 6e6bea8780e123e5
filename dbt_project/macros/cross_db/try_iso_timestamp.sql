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

{#- to_timestamp rolls 31-Feb over into March: what it made must print as what it read. -#}
{% macro redshift__try_iso_timestamp(text) -%}
  {%- set read = "cast(to_timestamp(trim(" ~ text ~ "), 'YYYY-MM-DD HH24:MI:SS') as timestamp)" -%}
  case
    when trim({{ text }}) ~ '^[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]$'
      then case
        when to_char({{ read }}, 'YYYY-MM-DD HH24:MI:SS') = trim({{ text }}) then {{ read }}
      end
  end
{%- endmacro %}
