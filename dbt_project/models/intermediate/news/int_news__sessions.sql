-- What the daily figures of a session are made from, as one number: it changes with any of it.
with bridge as (

    select * from {{ ref('bridge_news_securities') }}

),

final as (

    select
        trade_date,
        count(*) as mentions,
        cast(sum(mod(row_hash, 1000000007)) as bigint) as news_signature
    from bridge
    where is_counted and trade_date is not null
    group by trade_date

)

select * from final
