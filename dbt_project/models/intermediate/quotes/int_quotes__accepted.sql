{{ config(materialized='view') }}

with quotes as (

    select * from {{ ref('int_quotes__parsed') }}

),

disposed as (

    select * from {{ ref('int_quotes__disposed') }}

),

final as (

    select
        quotes.*,
        disposed.instrument_type,
        disposed.series
    from quotes
    inner join disposed on quotes.record_sk = disposed.record_sk
    where disposed.disposition in ('mart_ohlc', 'mart_index')

)

select * from final
