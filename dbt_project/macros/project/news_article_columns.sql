{#- The columns of fct_news_articles, typed, from CTE `joined` and `dates`; SELECT included. -#}
{% macro news_article_columns() %}
    select
        -- what it is
        cast(joined.news_key as varchar(32)) as news_key,
        cast(joined.source_name as varchar(32)) as source_name,
        cast(joined.site as varchar(32)) as site,
        cast(joined.channel as varchar(16)) as channel,
        cast(left(joined.title, 1024) as varchar(4096)) as title,
        cast(left(joined.headline, 1024) as varchar(4096)) as headline,
        cast(left(joined.publisher, 128) as varchar(512)) as publisher,
        cast(left(joined.link, 2048) as varchar(8192)) as link,

        -- when
        joined.published_known_at as published_at,
        joined.published_ist,
        cast(joined.published_flag as varchar(16)) as published_flag,
        cast(joined.published_precision as varchar(16)) as published_precision,
        cast({{ news_trade_date('joined.published_ist', 'dates') }} as date) as trade_date,
        joined.first_seen_at,

        -- the same story elsewhere
        cast(joined.cluster_key as varchar(32)) as cluster_key,
        joined.cluster_key = joined.news_key as is_cluster_leader,
        joined.cluster_similarity,
        cast(joined.cluster_version as varchar(32)) as cluster_version,

        -- its tone
        joined.tone as sentiment_score,
        cast({{ sentiment_label('joined.tone') }} as varchar(32)) as sentiment_label,
        cast(joined.tone_model as varchar(32)) as sentiment_model,
        cast(joined.tone_version as varchar(64)) as sentiment_version,

        -- where it came from
        cast(joined.versions_count as integer) as versions_count,
        joined.fetched_at,
        cast(joined.source_key as varchar(1024)) as source_key,
        joined.record_no,
        joined.records_version,
        joined.enrichment_version
{% endmacro %}
