with quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'index'

),

categories as (

    select * from {{ ref('index_categories') }}

),

lives as (

    select
        instrument_sk,
        symbol,
        min(trade_date) as first_trade_date,
        max(trade_date) as last_trade_date
    from quotes
    group by instrument_sk, symbol

),

final as (

    select
        cast(lives.instrument_sk as varchar(32)) as index_sk,
        cast(lives.symbol as varchar(128)) as index_name,
        cast(coalesce(categories.index_category, 'other') as varchar(16)) as index_category,
        lives.first_trade_date,
        lives.last_trade_date
    from lives
    left join categories on lives.symbol = categories.index_name

)

select * from final
