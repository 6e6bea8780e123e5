{#- The day (a text of two digits) of the month that begins on `first_day`, or NULL when that month has no
    such day. For Redshift's bodies: its to_date makes March of 31-Feb.
    Example: day_of_month("to_date('2024-02-01', 'YYYY-MM-DD')", "'31'") -> NULL -#}
{% macro day_of_month(first_day, day) -%}
  case
    when cast({{ day }} as integer) between 1 and extract(day from last_day({{ first_day }}))
      then cast(dateadd(day, cast({{ day }} as integer) - 1, {{ first_day }}) as date)
  end
{%- endmacro %}

{#- Patterns of parts of a date: two digits of a month and of a day, a month's short name, a clock. -#}
{% macro date_patterns() -%}
  {{ return({
    'month': '(0[1-9]|1[0-2])',
    'name': '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)',
    'clock': '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]',
  }) }}
{%- endmacro %}
