-- What the daily figures of a session are made from, as one number: it changes with any of it.
with counted as (

    select
        bridge.trade_date,
        {{ hash_bigint(
            "bridge.news_key || cast(bridge.security_sk as varchar(20)) || articles.cluster_key"
            ~ " || cast(round(bridge.relevance * 1000000) as varchar(20))"
            ~ " || coalesce(cast(round(bridge.sentiment_score * 1000000) as varchar(20)), '')"
        ) }} as row_hash
    from {{ ref('bridge_news_securities') }} as bridge
    inner join {{ ref('fct_news_articles') }} as articles on bridge.news_key = articles.news_key
    where bridge.is_counted and bridge.trade_date is not null

),

final as (

    select
        trade_date,
        count(*) as mentions,
        cast(sum(mod(row_hash, 1000000007)) as bigint) as news_signature
    from counted
    group by trade_date

)

select * from final
