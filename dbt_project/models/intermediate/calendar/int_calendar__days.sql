with listed as (

    select * from {{ ref('nse_trading_calendar') }}

),

covered as (

    select
        min(extract(year from calendar_date)) as first_year,
        max(extract(year from calendar_date)) as last_year
    from listed

),

-- Numbers instead of dbt.date_spine, which asks the warehouse for a count while compiling.
numbers as (

    {{ dbt.generate_series(36525) }}

),

spine as (

    select
        cast(
            {{ dbt.dateadd('day', 'generated_number - 1', "cast('1990-01-01' as date)") }} as date
        ) as calendar_date
    from numbers

),

days as (

    select
        spine.calendar_date,
        -- 1900-01-01 was a Monday; both engines count days alike, but number weekdays differently.
        mod({{ dbt.datediff("cast('1900-01-01' as date)", 'spine.calendar_date', 'day') }}, 7) + 1
            as iso_day_of_week
    from spine
    inner join covered
        on extract(year from spine.calendar_date) between covered.first_year and covered.last_year

),

traded as (

    select
        trade_date,
        count(distinct symbol) as shares
    from {{ ref('int_quotes__checked') }}
    where instrument_type = 'share' and quarantine_reason is null
    group by trade_date

),

final as (

    select
        days.calendar_date,
        days.iso_day_of_week,
        coalesce(listed.is_session, days.iso_day_of_week <= 5) as is_listed_session,
        coalesce(listed.is_session, days.iso_day_of_week <= 5)
        or coalesce(traded.shares, 0) >= {{ var('unplanned_session_min_shares') }} as is_session,
        case
            when listed.is_session then listed.session_type
            when listed.is_session is null and days.iso_day_of_week <= 5 then 'regular'
            when traded.shares >= {{ var('unplanned_session_min_shares') }} then 'unplanned'
        end as session_type,
        listed.description
    from days
    left join listed on days.calendar_date = listed.calendar_date
    left join traded on days.calendar_date = traded.trade_date

)

select * from final
