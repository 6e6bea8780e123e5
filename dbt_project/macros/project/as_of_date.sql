{#- The day up to which sessions are expected, as a SQL date: var('as_of'), else today in India; a
    session is expected from 17:00 IST on, so the night and the morning still ask for the last one. -#}
{% macro as_of_date() -%}
  {%- set days = modules.datetime.timedelta(hours=5.5 - 17) -%}
  cast('{{ var("as_of", "") or (run_started_at + days).strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}
