-- A table: narrow rows, and what is dear about them is kept in int_news__mentions.
with mentions as (

    select * from {{ ref('int_news__mentions') }}

),

articles as (

    select * from {{ ref('fct_news_articles') }}

),

final as (

    select
        articles.news_key,
        mentions.security_sk,
        articles.trade_date,
        cast(mentions.mapping_method as varchar(16)) as mapping_method,
        mentions.confidence,
        cast(left(mentions.matched_text, 128) as varchar(512)) as matched_text,
        -- How much it is about the share, as Alpha Vantage says; else how sure the mapping is.
        coalesce(mentions.relevance_score, mentions.confidence) as relevance,
        coalesce(mentions.sentiment_score, articles.sentiment_score) as sentiment_score,
        mentions.confidence >= {{ var('news_min_confidence') }} as is_counted
    from mentions
    inner join articles on mentions.news_key = articles.news_key
    where mentions.security_sk is not null

)

select * from final
