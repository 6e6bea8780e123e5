{% set columns = [
    'symbol', 'date', 'series', 'open', 'high', 'low', 'prev_close', 'ltp', 'close', 'vwap',
    'volume', 'value', 'no_of_trades'
] -%}

with source as (

    select * from {{ source('airbyte', 'airbyte_records') }}

),

opened as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date,
        namespace,
        stream_name,
        airbyte_raw_id,
        extracted_at,
        generation_id,
        {{ json_fields('payload', columns, {'_airbyte_meta': ['changes']}) }} as payload_fields
    from source

),

final as (

    select
        {{ surrogate_key(['opened.source_key', 'opened.record_no']) }} as record_sk,
        opened.source_key,
        opened.record_no,
        opened.fetched_at,
        opened.loaded_at,
        opened.trade_date as synced_on,
        opened.namespace,
        opened.stream_name,
        opened.airbyte_raw_id,
        opened.extracted_at,
        opened.generation_id,
        nullif({{ json_text('opened.payload_fields."_airbyte_meta"."changes"') }}, '[]')
            as sync_changes,
        {{ dashless_texts('opened.payload_fields', columns) }}
    from opened

)

select * from final
