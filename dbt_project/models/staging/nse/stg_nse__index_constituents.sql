-- A share that has left an index keeps what the last list with it said of its industry.
with newest as (

    {{ newest_snapshot(source('nse', 'nse_index_constituents'), per=['list_name', 'symbol']) }}

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        list_name,
        company_name,
        industry,
        symbol,
        series,
        isin_code as isin
    from newest

)

select * from final
