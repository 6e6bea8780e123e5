with parsed as (

    select * from {{ ref('int_airbyte__parsed') }}

),

disposed as (

    select * from {{ ref('int_airbyte__disposed') }}

),

official as (

    select distinct trade_date from {{ ref('int_prices__parsed') }}

),

judged as (

    select
        parsed.source_key,
        parsed.synced_on,
        parsed.fetched_at,
        disposed.disposition = 'mart_prices' and official.trade_date is not null
            as is_replaced,
        disposed.disposition,
        disposed.reason
    from parsed
    inner join disposed on parsed.record_sk = disposed.record_sk
    left join official on parsed.trade_date = official.trade_date

),

final as (

    select
        source_key,
        synced_on as trade_date,
        fetched_at,
        case when is_replaced then 'superseded' else disposition end as disposition,
        case when is_replaced then 'official_price' else reason end as reason,
        count(*) as records
    from judged
    group by
        source_key,
        synced_on,
        fetched_at,
        case when is_replaced then 'superseded' else disposition end,
        case when is_replaced then 'official_price' else reason end

)

select * from final
