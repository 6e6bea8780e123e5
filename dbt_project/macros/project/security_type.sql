{#- What a security of the equity series is: equity, etf, rights_entitlement or other. The ISIN says
    it (INF: a fund; INE…20: an entitlement); where none is known, the symbol does.
    Example: security_type("'GOLDBEES'", 'null') -> etf -#}
{% macro security_type(symbol, isin) -%}
  cast(
    case
      when {{ text_matches(symbol, '.+-RE[0-9]?') }} or substring({{ isin }}, 8, 2) = '20'
        then 'rights_entitlement'
      when {{ isin }} like 'INF%' then 'etf'
      when {{ isin }} like 'INE%' or {{ isin }} like 'IN9%' then 'equity'
      when {{ isin }} is not null then 'other'
      when {{ text_matches(symbol, '.*(BEES|ETF|ETF.*)') }} then 'etf'
      else 'equity'
    end as varchar(32)
  )
{%- endmacro %}
