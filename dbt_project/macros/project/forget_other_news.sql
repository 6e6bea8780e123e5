{#- All of a mention that the daily figures are made from, as one number, from `news` and `best`. -#}
{% macro news_row_hash() -%}
  {{ hash_bigint(
    "news.news_key || cast(best.security_sk as varchar(20)) || news.cluster_key"
    ~ " || cast(news.records_version as varchar(32)) || cast(news.tone_version as varchar(32))"
    ~ " || cast("
    ~ nearest_bigint("coalesce(best.relevance_score, best.confidence) * 1000000")
    ~ " as varchar(20)) || coalesce(cast("
    ~ nearest_bigint("coalesce(best.sentiment_score, news.sentiment_score) * 1000000")
    ~ " as varchar(20)), '')"
  ) }}
{%- endmacro %}

{#- Deletes the mentions that int_news__mentions has no more, or made anew. -#}
{% macro forget_remapped_news() -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where row_hash not in (
    select mentions.row_hash
    from {{ ref('int_news__mentions') }} as mentions
    where mentions.security_sk is not null
  )
  {%- endif -%}
{%- endmacro %}

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
