-- The master lists the current year only, so each year has a newest snapshot of its own.
with source as (

    select
        *,
        {{ json_fields('payload', ['segment', 'trading_date', 'description']) }} as payload_fields
    from {{ source('nse', 'nse_holidays') }}

),

typed as (

    select
        opened.source_key,
        opened.record_no,
        opened.fetched_at,
        {{ json_text('opened.payload_fields."segment"') }} as segment,
        {{ try_month_name_date(json_text('opened.payload_fields."trading_date"')) }}
            as holiday_date,
        {{ json_text('opened.payload_fields."description"') }} as description
    from source as opened

),

dated as (

    select
        *,
        extract(year from holiday_date) as holiday_year
    from typed
    where holiday_date is not null

),

final as (

    {{ newest_snapshot('dated', per=['holiday_year']) }}

)

select
    source_key,
    record_no,
    fetched_at,
    segment,
    holiday_date,
    description
from final
