{#- Deletes the mentions of news that came again, moved to another session or vanished, and those of
    securities that have other symbols now or are somebody else, to be found anew. -#}
{% macro forget_other_mentions() -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where news_key in (
    select built.news_key
    from {{ this }} as built
    left join {{ ref('fct_news_articles') }} as articles on built.news_key = articles.news_key
    left join {{ ref('int_securities__versions') }} as versions
      on built.security_sk = versions.security_sk
    where articles.news_key is null
      or built.records_version <> articles.records_version
      or built.tone_version <> coalesce(articles.enrichment_version, articles.records_version)
      or coalesce(built.trade_date, cast('1900-01-01' as date))
        <> coalesce(articles.trade_date, cast('1900-01-01' as date))
      or (
        built.security_sk is not null
        and coalesce(built.identity_version, -1) <> coalesce(versions.identity_version, -2)
      )
  )
  {%- endif -%}
{%- endmacro %}
