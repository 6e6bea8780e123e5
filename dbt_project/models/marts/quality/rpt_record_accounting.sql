{#- What is already counted: the model, and which source and data set its rows are of. -#}
{%- set counted = [
    ('int_prices__accounting', "'nse'", 'dataset_name'),
    ('int_indices__accounting', "'nse'", "'index_closes'"),
    ('int_airbyte__accounting', "'airbyte'", "'records'"),
    ('int_reference__accounting', 'source_name', 'dataset_name'),
    ('int_news__accounting', 'source_name', 'dataset_name'),
] -%}
with disposed as (

    select * from {{ ref('int_quotes__disposed') }}

),

replaced as (

    select
        source_key,
        record_no
    from {{ ref('int_indices__levels') }}
    where not is_official and disposition = 'superseded'

),

quarantined as (

    select * from {{ ref('stg_ingestion__quarantined_records') }}

),

unioned as (

    select
        'rapidapi' as source_name,
        'quotes' as dataset_name,
        disposed.source_key,
        disposed.asked_trade_date,
        disposed.fetched_at,
        -- The exchange's own file takes the place of an index's quote.
        case
            when replaced.source_key is null then disposed.disposition else 'superseded'
        end as disposition,
        case
            when replaced.source_key is null then disposed.reason else 'official_close'
        end as reason,
        1 as records
    from disposed
    left join replaced
        on
            disposed.source_key = replaced.source_key
            and disposed.record_no = replaced.record_no

    union all

    {% for model, source_name, dataset_name in counted -%}
    select
        {{ source_name }} as source_name,
        {{ dataset_name }} as dataset_name,
        source_key,
        trade_date as asked_trade_date,
        fetched_at,
        disposition,
        reason,
        records
    from {{ ref(model) }}

    union all

    {% endfor -%}
    select
        source_name,
        dataset_name,
        source_key,
        asked_trade_date,
        fetched_at,
        'quarantined' as disposition,
        reason,
        1 as records
    from quarantined

),

final as (

    select
        cast(source_name as varchar(32)) as source_name,
        cast(dataset_name as varchar(64)) as dataset_name,
        cast(source_key as varchar(1024)) as source_key,
        asked_trade_date as trade_date,
        fetched_at,
        cast(disposition as varchar(16)) as disposition,
        cast(reason as varchar(64)) as reason,
        cast(sum(records) as bigint) as records
    from unioned
    group by
        source_name, dataset_name, source_key, asked_trade_date, fetched_at, disposition, reason

)

select * from final
