{#- The day up to which sessions are expected, as a SQL date: var('as_of'), else INVESTIQ_AS_OF (which
    does not have dbt parse the project anew), else today in India; a session is expected from 17:00 IST
    on, so the night and the morning still ask for the last one. -#}
{% macro as_of_date() -%}
  {%- set days = modules.datetime.timedelta(hours=5.5 - 17) -%}
  {%- set asked = var("as_of", "") or env_var("INVESTIQ_AS_OF", "") -%}
  cast('{{ asked or (run_started_at + days).strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}
