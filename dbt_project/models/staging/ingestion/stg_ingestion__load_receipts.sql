with source as (

    select * from {{ source('ingestion', 'load_receipts') }}

),

final as (

    select
        table_name,
        object_key,
        etag,
        sha256,
        rows_loaded,
        loaded_at
    from source

)

select * from final
