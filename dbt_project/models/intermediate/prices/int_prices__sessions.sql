-- What a session's bars are made from changes with every object loaded for it, every quote accepted
-- for it and every sheet that holds it: the newest of these loads is the session's version.
with archives as (

    select
        trade_date,
        loaded_at,
        rows_loaded,
        table_name
    from {{ ref('int_prices__objects') }}

),

quotes as (

    select
        trade_date,
        loaded_at
    from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'share'

),

sheets as (

    select
        trade_date,
        loaded_at
    from {{ ref('int_airbyte__price_history') }}

),

unioned as (

    select
        trade_date,
        loaded_at,
        case when table_name = 'nse_bhavcopy_udiff' then rows_loaded else 0 end as udiff_rows,
        case when table_name = 'nse_bhavcopy_legacy' then rows_loaded else 0 end as legacy_rows,
        0 as loose_rows
    from archives

    union all

    select
        trade_date,
        loaded_at,
        0 as udiff_rows,
        0 as legacy_rows,
        1 as loose_rows
    from quotes

    union all

    select
        trade_date,
        loaded_at,
        0 as udiff_rows,
        0 as legacy_rows,
        1 as loose_rows
    from sheets

),

final as (

    select
        trade_date,
        -- A quote or a line of a sheet may vanish (its reply was refused after all) and leave the
        -- newest load as it was: their number shows in the microseconds.
        {{ dbt.dateadd(
            'microsecond', 'cast(mod(sum(loose_rows), 1000000) as integer)', 'max(loaded_at)'
        ) }} as session_version,
        -- Of a day that exists in both formats one is the bhavcopy; they are equal.
        case
            when sum(udiff_rows) > 0 then 'nse_bhavcopy_udiff'
            when sum(legacy_rows) > 0 then 'nse_bhavcopy_legacy'
        end as bhavcopy_table
    from unioned
    group by trade_date

)

select * from final
