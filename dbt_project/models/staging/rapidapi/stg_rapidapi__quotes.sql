{% set keys = quote_texts() + quote_numbers() | map(attribute='key') | list -%}

with source as (

    select * from {{ source('raw_data', 'rapidapi_quotes') }}

),

opened as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date as asked_trade_date,
        {{ json_fields('payload', keys, {'meta': quote_meta()}) }} as payload_fields
    from source

),

texts as (

    select
        opened.source_key,
        opened.record_no,
        opened.fetched_at,
        opened.loaded_at,
        opened.asked_trade_date,
        {{ quote_text_columns('opened.payload_fields') }}
    from opened

),

numbers as (

    select
        *,
        {{ try_ist_timestamp('last_update_time_text') }} as quoted_at_ist,
        {{ quote_read_columns() }}
    from texts

),

final as (

    select
        {{ surrogate_key(['source_key', 'record_no']) }} as record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        identifier_text as identifier,
        symbol_text as symbol,
        company_name,
        industry,
        isin,
        last_update_time_text,
        quoted_at_ist,
        {{ dbt.dateadd('minute', -330, 'quoted_at_ist') }} as quoted_at_utc,
        cast(quoted_at_ist as date) as trade_date,
        {{ quote_typed_columns() }}
    from numbers

)

select * from final
