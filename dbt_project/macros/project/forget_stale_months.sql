{#- What int_securities__months must forget before it goes on: months of which a session was loaded
    again, came late or went. Asks int_prices__sessions, not the prices. -#}
{% macro session_months() -%}
  select
    cast({{ dbt.date_trunc('month', 'trade_date') }} as date) as month_start,
    cast(
      sum({{ hash_bigint("cast(trade_date as varchar(32)) || cast(session_version as varchar(32))") }})
      as bigint
    ) as month_version
  from {{ ref('int_prices__sessions') }}
  group by cast({{ dbt.date_trunc('month', 'trade_date') }} as date)
{%- endmacro %}

{% macro forget_stale_months() -%}
  {%- set months = session_months() -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where not exists (
    select 1 from ({{ months }}) as months_now
    where months_now.month_start = {{ this.identifier }}.month_start
      and months_now.month_version = {{ this.identifier }}.month_version
  )
  {%- endif -%}
{%- endmacro %}
