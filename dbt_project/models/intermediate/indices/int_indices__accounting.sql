with closes as (

    select * from {{ ref('stg_nse__index_closes') }}

),

levels as (

    select * from {{ ref('int_indices__levels') }}
    where is_official

),

judged as (

    select
        closes.source_key,
        closes.trade_date,
        closes.fetched_at,
        case
            when coalesce(closes.close_price, 0) <= 0 then 'quarantined'
            when levels.level_rank = 1 then 'mart_index'
            else 'superseded'
        end as disposition,
        case
            when coalesce(closes.close_price, 0) <= 0 then 'missing_price'
            when levels.level_rank = 1 then 'latest'
            when levels.level_rank > 1 then 'other_name'
            else 'newer_snapshot'
        end as reason
    from closes
    left join levels
        on closes.source_key = levels.source_key and closes.record_no = levels.record_no

)

select
    source_key,
    trade_date,
    fetched_at,
    disposition,
    reason,
    count(*) as records
from judged
group by source_key, trade_date, fetched_at, disposition, reason
