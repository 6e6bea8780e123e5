with listed as (

    select * from {{ ref('nse_trading_calendar') }}

),

-- A file of the exchange that exists makes a session, listed or not.
archived as (

    select
        trade_date,
        extract(year from trade_date) as archive_year
    from {{ ref('int_prices__objects') }}
    where rows_loaded > 0
    group by trade_date

),

seeded as (

    select
        min(extract(year from calendar_date)) as first_year,
        max(extract(year from calendar_date)) as last_year
    from listed

),

archive_years as (

    select
        min(archive_year) as first_year,
        max(archive_year) as last_year
    from archived

),

covered as (

    select
        least(seeded.first_year, coalesce(archive_years.first_year, seeded.first_year))
            as first_year,
        greatest(seeded.last_year, coalesce(archive_years.last_year, seeded.last_year))
            as last_year,
        seeded.first_year as first_listed_year,
        seeded.last_year as last_listed_year
    from seeded
    cross join archive_years

),

-- Numbers instead of dbt.date_spine, which asks the warehouse for a count while compiling.
numbers as (

    {{ dbt.generate_series(36525) }}

),

spine as (

    select
        cast(
            {{ dbt.dateadd(
                'day', 'cast(generated_number as integer) - 1', "cast('1990-01-01' as date)"
            ) }} as date
        ) as calendar_date
    from numbers

),

days as (

    select
        spine.calendar_date,
        -- 1900-01-01 was a Monday; both engines count days alike, but number weekdays differently.
        mod({{ dbt.datediff("cast('1900-01-01' as date)", 'spine.calendar_date', 'day') }}, 7) + 1
            as iso_day_of_week,
        extract(year from spine.calendar_date)
        between covered.first_listed_year and covered.last_listed_year as is_seeded
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

expected as (

    -- Years without a list of holidays expect nothing: their sessions are those of the archives.
    select
        days.calendar_date,
        days.iso_day_of_week,
        days.is_seeded,
        coalesce(listed.is_session, days.is_seeded and days.iso_day_of_week <= 5)
            as is_listed_session,
        listed.session_type as listed_type,
        listed.description,
        archived.trade_date is not null as is_archived,
        coalesce(traded.shares, 0) >= {{ var('unplanned_session_min_shares') }} as is_quoted
    from days
    left join listed on days.calendar_date = listed.calendar_date
    left join archived on days.calendar_date = archived.trade_date
    left join traded on days.calendar_date = traded.trade_date

),

final as (

    select
        calendar_date,
        iso_day_of_week,
        is_listed_session,
        is_listed_session or is_archived or is_quoted as is_session,
        case
            when is_listed_session then coalesce(listed_type, 'regular')
            when is_archived and not is_seeded and iso_day_of_week <= 5 then 'regular'
            when is_archived or is_quoted then 'unplanned'
        end as session_type,
        description
    from expected

)

select * from final
