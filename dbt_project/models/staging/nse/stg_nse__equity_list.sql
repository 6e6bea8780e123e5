-- Each share from the newest snapshot that has it: who was delisted since is still described.
with source as (

    select * from {{ source('nse', 'nse_equity_list') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by symbol order by fetched_at desc, source_key desc, record_no desc
        ) as newest_first,
        max(fetched_at) over () as newest_fetched_at
    from source
    where symbol is not null

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
        {{ plain_decimal('face_value', 18, 4) }} as face_value,
        fetched_at = newest_fetched_at as is_listed
    from ranked
    where newest_first = 1

)

select * from final
