-- One row per promoted object whose records do not add up: what promotion read must be what the
-- accounting shows. Next step: `investiq load`, then build again; if the row stays, compare the raw
-- object with raw_data by its source_key.
with promoted as (

    select
        *,
        row_number() over (
            partition by source_key order by attempted_at desc, object_key desc
        ) as newest_first
    from {{ ref('stg_ingestion__outcomes') }}
    where stage = 'promote' and records_in > 0

),

accounted as (

    select
        source_key,
        sum(records) as records
    from {{ ref('rpt_record_accounting') }}
    group by source_key

)

select
    promoted.source_key,
    promoted.status,
    promoted.records_in,
    accounted.records as records_accounted
from promoted
left join accounted on promoted.source_key = accounted.source_key
where
    promoted.newest_first = 1
    and promoted.records_in <> coalesce(accounted.records, 0)
