-- A table: topics are of Alpha Vantage only, some thousand articles a day at most.
with articles as (

    select * from {{ ref('fct_news_articles') }}
    where trade_date is not null

),

topics as (

    select
        source_key,
        record_no,
        topic,
        max(relevance_score) as relevance
    from {{ ref('int_news__article_topics') }}
    group by source_key, record_no, topic

),

stories as (

    select
        topics.topic,
        articles.trade_date,
        articles.cluster_key,
        count(*) as news_count,
        avg(topics.relevance) as relevance,
        avg(articles.sentiment_score) as sentiment_score
    from articles
    inner join topics
        on articles.source_key = topics.source_key and articles.record_no = topics.record_no
    where topics.topic is not null
    group by topics.topic, articles.trade_date, articles.cluster_key

),

summed as (

    select
        topic,
        trade_date,
        sum(news_count) as news_count,
        count(*) as news_count_unique,
        avg(sentiment_score) as sentiment_mean,
        {{ ratio(
            'sum(relevance * sentiment_score)',
            'sum(case when sentiment_score is not null then relevance end)'
        ) }} as sentiment_relevance_wtd
    from stories
    group by topic, trade_date

),

final as (

    select
        cast(topic as varchar(128)) as topic,
        trade_date,
        cast(news_count as integer) as news_count,
        cast(news_count_unique as integer) as news_count_unique,
        sentiment_mean,
        sentiment_relevance_wtd,
        cast({{ sentiment_label('sentiment_mean') }} as varchar(32)) as sentiment_label
    from summed

)

select * from final
