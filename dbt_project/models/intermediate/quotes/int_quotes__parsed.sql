{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='source_key',
        on_schema_change='fail',
        pre_hook="{{ forget_vanished_replies() }}"
    )
}}

-- Parsing JSON is the dear part, so each reply is parsed once. A reply is new when this table lacks
-- it or has an earlier load of it; asking per reply, and not for the newest loaded_at of all, also
-- finds one whose load was committed late.
{% if is_incremental() -%}
with present as (

    select
        source_key,
        max(loaded_at) as loaded_at
    from {{ this }}
    group by source_key

),

arrived as (

    select
        source_key,
        max(loaded_at) as loaded_at
    from {{ source('raw_data', 'rapidapi_quotes') }}
    group by source_key

),

pending as (

    select arrived.source_key
    from arrived
    left join present
        on
            arrived.source_key = present.source_key
            and arrived.loaded_at = present.loaded_at
    where present.source_key is null

),

quotes as (

    select stg.*
    from {{ ref('stg_rapidapi__quotes') }} as stg
    inner join pending on stg.source_key = pending.source_key

)
{%- else -%}
with quotes as (

    select * from {{ ref('stg_rapidapi__quotes') }}

)
{%- endif %}

select
    quotes.*,
    {{ surrogate_key(
        ['quoted_at_ist', 'company_name', 'industry', 'isin']
        + quote_numbers() | map(attribute='column') | list
    ) }} as values_hash
from quotes
