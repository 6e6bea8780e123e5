{#- Deletes the sessions that hold a security whose version is now another, or which is not there any
    more: what is built by whole sessions must be forgotten by whole sessions.
    Example: forget_sessions_of(ref('int_prices__versions')) -#}
{% macro forget_sessions_of(versions) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date in (
    select built.trade_date
    from {{ this }} as built
    left join {{ versions }} as versions_now on built.security_sk = versions_now.security_sk
    where versions_now.security_sk is null
      or versions_now.security_version <> built.security_version
  )
  {%- endif -%}
{%- endmacro %}
