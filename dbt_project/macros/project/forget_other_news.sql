{#- Deletes the sessions of {{ this }} whose news upstream are not those it was built from, by the
    signature that upstream gives each session now (columns trade_date, news_signature). -#}
{% macro forget_other_news(signatures) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date in (
    select built.trade_date
    from (
      select trade_date, max(news_signature) as news_signature from {{ this }} group by trade_date
    ) as built
    left join {{ signatures }} as signatures on built.trade_date = signatures.trade_date
    where signatures.news_signature is null
      or signatures.news_signature <> built.news_signature
  )
  {%- endif -%}
{%- endmacro %}
