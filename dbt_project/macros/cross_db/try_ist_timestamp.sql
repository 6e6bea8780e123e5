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

{% macro redshift__try_ist_timestamp(text) -%}
  {%- set day = redshift__try_month_name_date("split_part(trim(" ~ text ~ "), ' ', 1)") -%}
  case
    when trim({{ text }}) ~ '^[^ ]+ {{ date_patterns().clock }}$'
      then cast(
        to_char({{ day }}, 'YYYY-MM-DD') || ' ' || split_part(trim({{ text }}), ' ', 2) as timestamp
      )
  end
{%- endmacro %}
