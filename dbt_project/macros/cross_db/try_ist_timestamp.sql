{#- The exchange's clock text as a timestamp without zone, or NULL when it is no such time.
    Example: try_ist_timestamp("'26-Apr-2024 15:59:52'") -> 2024-04-26 15:59:52 (Indian time);
    '31-Feb-2024 10:00:00', '2024-04-26' and '-' -> NULL. -#}
{% macro try_ist_timestamp(text) -%}
  {{ return(adapter.dispatch('try_ist_timestamp')(text)) }}
{%- endmacro %}

{% macro default__try_ist_timestamp(text) -%}
  {{ exceptions.raise_compiler_error('try_ist_timestamp has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_ist_timestamp(text) -%}
  try_strptime(trim({{ text }}), '%d-%b-%Y %H:%M:%S')
{%- endmacro %}

{#- to_timestamp rolls 31-Feb over into March: what it made must print as what it read. -#}
{% macro redshift__try_ist_timestamp(text) -%}
  {%- set read = "cast(to_timestamp(trim(" ~ text ~ "), 'DD-Mon-YYYY HH24:MI:SS') as timestamp)" -%}
  case
    when trim({{ text }}) ~ '^[0-3][0-9]-[A-Za-z]{3}-[0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]$'
      then case
        when lower(to_char({{ read }}, 'DD-Mon-YYYY HH24:MI:SS')) = lower(trim({{ text }}))
          then {{ read }}
      end
  end
{%- endmacro %}
