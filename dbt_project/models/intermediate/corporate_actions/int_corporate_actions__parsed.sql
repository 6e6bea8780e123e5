{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='source_key',
        on_schema_change='fail',
        pre_hook="{{ forget_vanished_replies(source('nse', 'nse_corporate_actions')) }}"
    )
}}

-- The same months are fetched day after day: each reply is opened once, as int_quotes__parsed does.
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
    from {{ source('nse', 'nse_corporate_actions') }}
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

records as (

    select stg.*
    from {{ ref('stg_nse__corporate_actions') }} as stg
    inner join pending on stg.source_key = pending.source_key

),
{%- else -%}
with records as (

    select * from {{ ref('stg_nse__corporate_actions') }}

),
{%- endif %}

lowered as (

    select
        *,
        lower(replace(replace(subject, '|', ' '), '{{ "\u00a0" }}', ' ')) as lower_subject,
        coalesce(series in ({{ sql_list(var('equity_series')) }}), true) as is_equity
    from records

),

final as (

    select
        *,
        trim({{ regexp_replace_all('lower_subject', '[[:space:]]+', ' ') }}) as subject_text
    from lowered

)

select * from final
