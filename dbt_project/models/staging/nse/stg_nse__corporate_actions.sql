{% set keys = [
    'symbol', 'series', 'comp', 'isin', 'subject', 'face_val', 'ex_date', 'rec_date',
    'ca_broadcast_date'
] -%}

with source as (

    select * from {{ source('nse', 'nse_corporate_actions') }}

),

opened as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        {{ json_fields('payload', keys) }} as payload_fields
    from source

),

texts as (

    -- A dash stands for nothing in every column.
    select
        opened.source_key,
        opened.record_no,
        opened.fetched_at,
        opened.loaded_at,
        {{ dashless_texts('opened.payload_fields', keys) }}
    from opened

),

final as (

    select
        {{ surrogate_key(['source_key', 'record_no']) }} as record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        upper(symbol_text) as symbol,
        upper(series_text) as series,
        comp_text as company_name,
        isin_text as isin,
        subject_text as subject,
        {{ try_decimal('face_val_text', 18, 4) }} as face_value_inr,
        ex_date_text,
        cast({{ try_ist_timestamp("ex_date_text || ' 00:00:00'") }} as date) as ex_date,
        cast({{ try_ist_timestamp("rec_date_text || ' 00:00:00'") }} as date) as record_date,
        coalesce(
            {{ try_ist_timestamp('ca_broadcast_date_text') }},
            {{ try_ist_timestamp("ca_broadcast_date_text || ' 00:00:00'") }}
        ) as announced_at
    from texts

)

select * from final
