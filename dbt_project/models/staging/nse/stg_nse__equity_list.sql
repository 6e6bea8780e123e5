with newest as (

    {{ newest_snapshot(source('nse', 'nse_equity_list')) }}

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        symbol,
        name_of_company as company_name,
        series,
        {{ try_month_name_date('date_of_listing') }} as listed_on,
        {{ plain_decimal('paid_up_value', 18, 4) }} as paid_up_value,
        {{ plain_bigint('market_lot') }} as market_lot,
        isin_number as isin,
        {{ plain_decimal('face_value', 18, 4) }} as face_value
    from newest

)

select * from final
