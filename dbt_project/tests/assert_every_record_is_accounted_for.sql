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
    where stage = 'promote'

),

expected as (

    -- An object that was refused whole held no readable record; it counts as one.
    select
        source_key,
        status,
        case when status = 'quarantined' and records_in = 0 then 1 else records_in end
            as records_in
    from promoted
    where newest_first = 1

),

accounted as (

    select
        source_key,
        sum(records) as records
    from {{ ref('rpt_record_accounting') }}
    group by source_key

)

select
    expected.source_key,
    expected.status,
    expected.records_in,
    accounted.records as records_accounted
from expected
left join accounted on expected.source_key = accounted.source_key
where expected.records_in <> coalesce(accounted.records, 0)
