{#- A text YYYY-MM-DD as a date, or NULL when it is no such day.
    Example: try_iso_date("'2021-08-05'") -> 2021-08-05 ; '2021-02-31' and '05-Aug-2021' -> NULL. -#}
{% macro try_iso_date(text) -%}
  {{ return(adapter.dispatch('try_iso_date')(text)) }}
{%- endmacro %}

{% macro default__try_iso_date(text) -%}
  {{ exceptions.raise_compiler_error('try_iso_date has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_iso_date(text) -%}
  cast(try_strptime(trim({{ text }}), '%Y-%m-%d') as date)
{%- endmacro %}

{% macro redshift__try_iso_date(text) -%}
  {%- set first_day = "to_date(left(trim(" ~ text ~ "), 7) || '-01', 'YYYY-MM-DD')" -%}
  case
    when trim({{ text }}) ~ '^[0-9]{4}-{{ date_patterns().month }}-[0-9]{2}$'
      then {{ day_of_month(first_day, 'right(trim(' ~ text ~ '), 2)') }}
  end
{%- endmacro %}
