{#- What an incremental model by security and session must forget before it goes on. A session is
    stale when its session_version differs from upstream's, a security when its `security_version`
    does (or the column named; none: the table knows no securities). `sessions` and `securities` are
    where to read the versions, where that is not upstream itself; `session_version` is what the
    former is called there.

    onwards=true, for values that hang on the bars before (moving averages, running highs): of each
    security all rows from its first stale one on are deleted, so that {{ this }} keeps the beginning
    of its history and the model goes on after the last kept bar. onwards=false, for rows that stand
    alone: stale sessions and stale securities are deleted, nothing else. A table by week or month
    names its own `day` column, and how upstream's day falls into it (`upstream_day`).
    Example: pre_hook="{{ forget_stale(ref('fct_prices_daily'), 'share_version') }}" -#}
{% macro forget_stale(
  upstream, security_version='security_version', onwards=true, sessions=none, securities=none,
  session_version='session_version', day='trade_date', upstream_day='trade_date'
) -%}
  {%- if is_incremental() -%}
  {%- set version = security_version or 'no_column' -%}
  with sessions_now as (
    select {{ upstream_day }} as trade_date, max({{ session_version }}) as version
    from {{ sessions or upstream }} group by {{ upstream_day }}
  ),

  sessions_built as (
    select {{ day }} as trade_date, max(session_version) as version
    from {{ this }} group by {{ day }}
  ),

  stale_sessions as (
    select sessions_built.trade_date
    from sessions_built
    left join sessions_now on sessions_built.trade_date = sessions_now.trade_date
    where sessions_now.version is null or sessions_now.version <> sessions_built.version
    {%- if onwards %}
    union all
    select sessions_now.trade_date
    from sessions_now
    left join sessions_built on sessions_now.trade_date = sessions_built.trade_date
    where sessions_built.version is null
      and sessions_now.trade_date < (select max(newest.trade_date) from sessions_built as newest)
    {%- endif %}
  )

  {%- if security_version -%}
  ,

  securities_now as (
    select security_sk, max({{ version }}) as version
    from {{ securities or upstream }} group by security_sk
  ),

  securities_built as (
    select security_sk, max({{ version }}) as version from {{ this }} group by security_sk
  ),

  stale_securities as (
    select securities_built.security_sk
    from securities_built
    left join securities_now on securities_built.security_sk = securities_now.security_sk
    where securities_now.version is null or securities_now.version <> securities_built.version
  )
  {%- endif -%}
  {%- if onwards -%}
  ,

  stale_rows as (
    select security_sk, cast('1900-01-01' as date) as stale_from from stale_securities
    union all
    select built.security_sk, built.trade_date as stale_from
    from {{ this }} as built
    inner join stale_sessions on built.trade_date = stale_sessions.trade_date
    union all
    select arrived.security_sk, arrived.trade_date as stale_from
    from {{ upstream }} as arrived
    inner join stale_sessions on arrived.trade_date = stale_sessions.trade_date
  ),

  stale as (
    select security_sk, min(stale_from) as stale_from from stale_rows group by security_sk
  )

  {#- USING, not EXISTS: a hash join, where DuckDB takes a hundred times as long over the correlation. #}
  delete from {{ this }}
  using stale
  where stale.security_sk = {{ this.identifier }}.security_sk
    and stale.stale_from <= {{ this.identifier }}.trade_date
  {%- else %}

  delete from {{ this }}
  where {{ day }} in (select stale_sessions.trade_date from stale_sessions)
    {%- if security_version %}
    or security_sk in (select stale_securities.security_sk from stale_securities)
    {%- endif %}
  {%- endif -%}
  {%- endif -%}
{%- endmacro %}
