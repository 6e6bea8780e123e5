{#- The sessions of an index table that no longer are as it has them: loaded again, come late (new=true)
    or gone, or with an index that was found to be another's earlier name. -#}
{% macro stale_index_sessions(new) -%}
  {%- set sessions, known = ref('int_indices__sessions'), ref('int_indices__names') -%}
  select built.trade_date
  from (
    select trade_date, max(session_version) as session_version from {{ this }} group by trade_date
  ) as built
  left join {{ sessions }} as now on built.trade_date = now.trade_date
  where now.session_version is null or now.session_version <> built.session_version
  union all
  select built.trade_date
  from {{ this }} as built
  left join {{ known }} as known
    on {{ index_name_key('built.printed_name') }} = known.name_key
  where built.index_sk is not null
    and (known.index_sk is null or known.index_sk <> built.index_sk)
  {%- if new %}
  union all
  select now.trade_date
  from {{ sessions }} as now
  where now.trade_date not in (select built.trade_date from {{ this }} as built)
  {%- endif -%}
{%- endmacro %}

{#- What int_indices__levels must forget before it goes on: its stale sessions. -#}
{% macro forget_stale_levels() -%}
  {%- set stale = stale_index_sessions(new=false) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date in (select stale.trade_date from ({{ stale }}) as stale)
  {%- endif -%}
{%- endmacro %}

{#- What fct_index_daily must forget: everything from the first stale or new session on, since the year's
    high and low hang on the days before. -#}
{% macro forget_stale_indices() -%}
  {%- set stale = stale_index_sessions(new=true) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date >= (select min(stale.trade_date) from ({{ stale }}) as stale)
  {%- endif -%}
{%- endmacro %}
