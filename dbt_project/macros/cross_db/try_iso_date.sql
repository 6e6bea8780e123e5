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

{#- to_date rolls 31-Feb over into March: what it made must print as what it read. -#}
{% macro redshift__try_iso_date(text) -%}
  case
    when trim({{ text }}) ~ '^[0-9]{4}-[01][0-9]-[0-3][0-9]$'
      then case
        when to_char(to_date(trim({{ text }}), 'YYYY-MM-DD'), 'YYYY-MM-DD') = trim({{ text }})
          then to_date(trim({{ text }}), 'YYYY-MM-DD')
      end
  end
{%- endmacro %}
