with newest as (

    {{ newest_snapshot(source('nse', 'nse_index_constituents'), per=['list_name']) }}

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
