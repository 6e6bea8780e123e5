-- The newest load of what the levels of a day are made from: the exchange's file and the quotes.
with archives as (

    select
        cast(
            split_part(split_part(object_key, 'trade_date=', 2), '/', 1) as date
        ) as trade_date,
        loaded_at
    from {{ ref('stg_ingestion__load_receipts') }}
    where table_name = 'nse_index_closes'

),

quotes as (

    select
        trade_date,
        loaded_at
    from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'index'

),

unioned as (

    select * from archives

    union all

    select * from quotes

)

select
    trade_date,
    max(loaded_at) as session_version
from unioned
group by trade_date
