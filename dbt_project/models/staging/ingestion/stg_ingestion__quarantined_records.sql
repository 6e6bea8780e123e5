with source as (

    select * from {{ source('ingestion', 'quarantined_records') }}

),

final as (

    select
        {{ surrogate_key(['source_key', 'record_no']) }} as record_sk,
        source_name,
        dataset_name,
        source_key,
        record_no,
        reason,
        detail,
        payload,
        fetched_at,
        trade_date as asked_trade_date,
        loaded_at
    from source

)

select * from final
