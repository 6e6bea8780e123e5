with source as (

    select * from {{ source('operator', 'adjustment_corrections') }}

),

final as (

    select
        {{ surrogate_key(['source_key', 'record_no']) }} as record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        upper(trim(symbol)) as symbol,
        {{ try_iso_date('ex_date') }} as ex_date,
        ex_date as ex_date_text,
        share_factor as share_factor_text,
        cast(nullif(greatest({{ try_decimal('share_factor', 18, 9) }}, 0), 0) as double precision)
            as share_factor,
        evidence
    from source

)

select * from final
