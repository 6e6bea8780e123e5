with source as (

    select * from {{ source('ingestion', 'ingestion_outcomes') }}

),

final as (

    select
        stage,
        source_name,
        dataset_name,
        trade_date as asked_trade_date,
        status,
        attempted_at,
        object_key,
        source_key,
        http_status,
        records_in,
        records_promoted,
        records_quarantined,
        detail,
        loaded_at
    from source

)

select * from final
