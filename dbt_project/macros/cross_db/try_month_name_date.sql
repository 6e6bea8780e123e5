{#- The exchange's day-month-year text with the month's short name as a date, or NULL when it is no
    such day. Example: try_month_name_date("'06-OCT-2008'") -> 2008-10-06; '6-Oct-2008' too;
    '31-FEB-2008', '06-10-2008' and '-' -> NULL. -#}
{% macro try_month_name_date(text) -%}
  {{ return(adapter.dispatch('try_month_name_date')(text)) }}
{%- endmacro %}

{% macro default__try_month_name_date(text) -%}
  {{ exceptions.raise_compiler_error('try_month_name_date has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__try_month_name_date(text) -%}
  cast(try_strptime(trim({{ text }}), '%d-%b-%Y') as date)
{%- endmacro %}

{% macro redshift__try_month_name_date(text) -%}
  {%- set padded = 'lpad(trim(' ~ text ~ "), 11, '0')" -%}
  {%- set first_day = "to_date('01' || substring(" ~ padded ~ ", 3), 'DD-Mon-YYYY')" -%}
  case
    when lower({{ padded }}) ~ '^[0-9]{2}-{{ date_patterns().name }}-[0-9]{4}$'
      then {{ day_of_month(first_day, 'left(' ~ padded ~ ', 2)') }}
  end
{%- endmacro %}
