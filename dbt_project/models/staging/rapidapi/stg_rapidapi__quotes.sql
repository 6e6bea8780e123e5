{%- set numbers = quote_numbers() -%}
{%- set keys = quote_texts() + numbers | map(attribute='key') | list -%}

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
        {{ json_fields('payload', keys, {'meta': quote_meta()}) }} as fields
    from source

),

texts as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        {%- for name in quote_texts() %}
        nullif(trim({{ json_text('fields."' ~ name ~ '"') }}), '') as {{ name }}_text,
        {%- endfor %}
        {%- for name in quote_meta() %}
        nullif(nullif(trim({{ json_text('fields."meta"."' ~ name ~ '"') }}), ''), '-') as {{ name }},
        {%- endfor %}
        {%- for number in numbers %}
        {{ json_text('fields."' ~ number.key ~ '"') }} as {{ number.column }}_text,
        {{ json_kind('fields."' ~ number.key ~ '"') }} as {{ number.column }}_kind{{ ',' if not loop.last }}
        {%- endfor %}
    from opened

),

typed as (

    select
        *,
        {{ try_ist_timestamp('last_update_time_text') }} as quoted_at_ist,
        {%- for number in numbers %}
        {%- set text = number.column ~ '_text' %}
        {% if number.scale == 0 %}{{ try_bigint(text) }}
        {%- else %}{{ try_decimal(text, 24 if number.scale == 2 else 18, number.scale) }}
        {%- endif %} as {{ number.column }}_read{{ ',' if not loop.last }}
        {%- endfor %}
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
        {%- for number in numbers %}
        {%- set read = number.column ~ '_read' %}
        {{ 'nullif(' ~ read ~ ', 0)' if number.zero_unknown else read }} as {{ number.column }},
        {{ value_flaw(number.column ~ '_text', number.column ~ '_kind', read, number.zero_unknown) }}
            as {{ number.column }}_flaw{{ ',' if not loop.last }}
        {%- endfor %}
    from typed

)

select * from final
