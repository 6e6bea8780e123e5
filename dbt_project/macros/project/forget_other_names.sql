{#- Deletes the dates on which a security bears another company name than `securities` gives it now, or
    is not there any more. A name is of today, also on rows of long ago: an incremental list that shows
    it would else keep the one of the day it was made. -#}
{% macro forget_other_names(securities) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date in (
    select listed.trade_date
    from {{ this }} as listed
    left join {{ securities }} as named on listed.security_sk = named.security_sk
    where named.security_sk is null
      or coalesce(listed.company_name, '') <> coalesce(named.company_name, '')
  )
  {%- endif -%}
{%- endmacro %}
