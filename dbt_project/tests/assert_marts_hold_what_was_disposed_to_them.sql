-- One row per mart whose row count differs from the quotes that were disposed to it. The exchange's
-- own file takes the place of an index's quote.
with replaced as (

    select
        source_key,
        record_no
    from {{ ref('int_indices__levels') }}
    where not is_official and disposition = 'superseded'

),

disposed as (

    select
        quotes.disposition,
        count(*) as records
    from {{ ref('int_quotes__disposed') }} as quotes
    left join replaced
        on quotes.source_key = replaced.source_key and quotes.record_no = replaced.record_no
    where quotes.disposition in ('mart_ohlc', 'mart_index') and replaced.source_key is null
    group by quotes.disposition

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
    where not is_official

)

select
    held.disposition,
    held.records as records_in_mart,
    disposed.records as records_disposed
from held
left join disposed on held.disposition = disposed.disposition
where held.records <> coalesce(disposed.records, 0)
