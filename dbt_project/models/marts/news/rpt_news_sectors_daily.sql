-- A table: some thirty rows a session. Every story weighs the same, whichever share it is about.
with daily as (

    select * from {{ ref('fct_news_sentiment_daily') }}

),

securities as (

    select * from {{ ref('dim_securities') }}

),

placed as (

    select
        daily.*,
        coalesce(securities.industry, 'UNCLASSIFIED') as industry,
        daily.pos_count + daily.neg_count + daily.neutral_count as toned_count
    from daily
    left join securities on daily.security_sk = securities.security_sk

),

summed as (

    select
        industry,
        trade_date,
        count(*) as securities_count,
        sum(news_count) as news_count,
        sum(news_count_unique) as news_count_unique,
        sum(toned_count) as toned_count,
        sum(pos_count) as pos_count,
        sum(neg_count) as neg_count,
        {{ ratio('sum(sentiment_mean * toned_count)', 'sum(toned_count)') }} as sentiment_mean
    from placed
    group by industry, trade_date

),

final as (

    select
        cast(industry as varchar(128)) as industry,
        trade_date,
        cast(securities_count as integer) as securities_count,
        cast(news_count as integer) as news_count,
        cast(news_count_unique as integer) as news_count_unique,
        cast(toned_count as integer) as toned_count,
        cast(pos_count as integer) as pos_count,
        cast(neg_count as integer) as neg_count,
        sentiment_mean,
        cast({{ sentiment_label('sentiment_mean') }} as varchar(32)) as sentiment_label
    from summed

)

select * from final
