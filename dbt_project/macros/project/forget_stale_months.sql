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
  where month_start in (
    select built.month_start
    from (select distinct month_start, month_version from {{ this }}) as built
    left join ({{ months }}) as months_now
      on built.month_start = months_now.month_start
        and built.month_version = months_now.month_version
    where months_now.month_start is null
  )
  {%- endif -%}
{%- endmacro %}
