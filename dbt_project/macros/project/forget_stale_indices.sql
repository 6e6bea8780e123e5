{#- What fct_index_daily must forget before it goes on: everything from the first session on that was
    loaded again, came late or went, since the year's high and low hang on the days before; and all,
    when an index was found to be another's earlier name. -#}
{% macro forget_stale_indices() -%}
  {%- set sessions, known = ref('int_indices__sessions'), ref('int_indices__names') -%}
  {%- if is_incremental() -%}
  with sessions_now as (
    select trade_date, session_version from {{ sessions }}
  ),

  sessions_built as (
    select trade_date, max(session_version) as session_version from {{ this }} group by trade_date
  ),

  stale as (
    select sessions_built.trade_date
    from sessions_built
    left join sessions_now on sessions_built.trade_date = sessions_now.trade_date
    where sessions_now.session_version is null
      or sessions_now.session_version <> sessions_built.session_version
    union all
    select sessions_now.trade_date
    from sessions_now
    left join sessions_built on sessions_now.trade_date = sessions_built.trade_date
    where sessions_built.session_version is null
    union all
    select built.trade_date
    from {{ this }} as built
    left join {{ known }} as names
      on {{ index_name_key('built.printed_name') }} = names.name_key
    where names.index_sk is null or names.index_sk <> built.index_sk
      or names.index_name <> built.index_name
  )

  delete from {{ this }}
  where trade_date >= (select min(stale.trade_date) from stale)
  {%- endif -%}
{%- endmacro %}
