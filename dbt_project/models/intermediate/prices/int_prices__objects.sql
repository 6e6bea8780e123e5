with receipts as (

    select * from {{ ref('stg_ingestion__load_receipts') }}

),

final as (

    select
        table_name,
        object_key,
        cast(
            split_part(split_part(object_key, 'trade_date=', 2), '/', 1) as date
        ) as trade_date,
        split_part(split_part(object_key, 'fetched_at=', 2), '/', 1) as fetched_at_stamp,
        rows_loaded,
        loaded_at
    from receipts
    where
        table_name in ('nse_bhavcopy_legacy', 'nse_bhavcopy_udiff', 'nse_sec_bhavdata')

)

select * from final
