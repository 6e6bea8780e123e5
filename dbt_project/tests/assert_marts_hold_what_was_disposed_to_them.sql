-- One row per mart whose row count differs from the records that were disposed to it.
with disposed as (

    select
        disposition,
        count(*) as records
    from {{ ref('int_quotes__disposed') }}
    where disposition in ('mart_ohlc', 'mart_index')
    group by disposition

),

held as (

    select
        'mart_ohlc' as disposition,
        count(*) as records
    from {{ ref('fct_ohlc_daily') }}

    union all

    select
        'mart_index' as disposition,
        count(*) as records
    from {{ ref('fct_index_daily') }}

)

select
    held.disposition,
    held.records as records_in_mart,
    disposed.records as records_disposed
from held
left join disposed on held.disposition = disposed.disposition
where held.records <> coalesce(disposed.records, 0)
