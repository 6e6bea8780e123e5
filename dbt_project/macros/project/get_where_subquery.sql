{#- dbt's own macro, with one word more: `where: __recent__` in the config of a data test stands for the
    newest sessions of its table, var('audit_sessions_days') days of them. A daily run must not pay for
    looking at twenty years again; `--vars 'audit_sessions_days: 36500'` looks at all. -#}
{% macro get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if where -%}
    {%- set recent -%}
      trade_date >= (
        select {{ dbt.dateadd('day', -1 * var('audit_sessions_days'), 'max(newest.trade_date)') }}
        from {{ relation }} as newest
      )
    {%- endset -%}
    (select * from {{ relation }} where {{ where | replace('__recent__', recent) }}) dbt_subquery
  {%- else -%}
    {{ relation }}
  {%- endif -%}
{%- endmacro %}
