{#- dbt's own macro, with one word more: `where: __recent__` in the config of a data test stands for the
    newest sessions of its table, var('audit_sessions_days') days of them. A daily run must not pay for
    looking at twenty years again; `--vars 'audit_sessions_days: 36500'` looks at all.

    `where: __recent_sessions__`, for views over prices: they are not read to find their newest session,
    int_prices__sessions tells it, and as a plain date, so that the filter reaches the tables below.

    `where: __recent_loads__`, for views over JSON that is dear to parse: what was loaded in the last two
    days of loading, again as a plain date. -#}
{% macro get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if where -%}
    {%- set recent -%}
      trade_date >= (
        select {{ dbt.dateadd('day', -1 * var('audit_sessions_days'), 'max(newest.trade_date)') }}
        from {{ relation }} as newest
      )
    {%- endset -%}
    {%- if '__recent_sessions__' in where -%}
      {%- set where = where | replace('__recent_sessions__', recent_sessions()) -%}
    {%- endif -%}
    {%- if '__recent_loads__' in where -%}
      {%- set where = where | replace('__recent_loads__', recent_loads()) -%}
    {%- endif -%}
    (select * from {{ relation }} where {{ where | replace('__recent__', recent) }}) dbt_subquery
  {%- else -%}
    {{ relation }}
  {%- endif -%}
{%- endmacro %}

{#- The views that ask are built after int_prices__sessions. A data test cannot ref() it: it is seen
    before its config is known, and then without a ref. #}
{% macro recent_sessions() -%}
  {%- set since = [] -%}
  {%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- set sessions = graph.nodes['model.investiq.int_prices__sessions'].relation_name -%}
    {%- set back = dbt.dateadd('day', -1 * var('audit_sessions_days'), 'max(trade_date)') -%}
    {%- set since = run_query('select ' ~ back ~ ' as since from ' ~ sessions).columns[0].values() -%}
  {%- endif -%}
  trade_date >= cast('{{ ((since | first) or '1900-01-01') | string | truncate(10, true, '', 0) }}' as date)
{%- endmacro %}

{% macro recent_loads() -%}
  {%- set since = [] -%}
  {%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- set receipts = graph.sources['source.investiq.ingestion.load_receipts'].relation_name -%}
    {%- set back = dbt.dateadd('day', -2, 'max(loaded_at)') -%}
    {%- set since = run_query('select ' ~ back ~ ' as since from ' ~ receipts).columns[0].values() -%}
  {%- endif -%}
  loaded_at >= cast('{{ ((since | first) or '1900-01-01') | string | truncate(10, true, '', 0) }}' as date)
{%- endmacro %}
