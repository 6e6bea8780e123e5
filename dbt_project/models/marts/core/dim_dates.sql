-- Gated by the audit like every mart: depends_on {{ ref('int_quotes__disposed') }}
with days as (

    select * from {{ ref('int_calendar__days') }}

),

numbered as (

    select
        *,
        extract(year from calendar_date) as calendar_year,
        extract(month from calendar_date) as calendar_month,
        sum(case when is_session then 1 else 0 end) over (
            order by calendar_date rows between unbounded preceding and current row
        ) as sessions_so_far,
        max(case when is_session then calendar_date end) over (
            order by calendar_date rows between unbounded preceding and 1 preceding
        ) as previous_session_date,
        min(case when is_session then calendar_date end) over (
            order by calendar_date rows between 1 following and unbounded following
        ) as next_session_date
    from days

),

fiscal as (

    select
        *,
        calendar_year - case when calendar_month < 4 then 1 else 0 end as fiscal_start_year
    from numbered

),

final as (

    select
        calendar_date,
        cast(calendar_year as integer) as calendar_year,
        cast(extract(quarter from calendar_date) as integer) as calendar_quarter,
        cast(calendar_month as integer) as calendar_month,
        cast(
            'FY' || cast(fiscal_start_year as varchar(4))
            || '-' || right(cast(fiscal_start_year + 1 as varchar(4)), 2) as varchar(9)
        ) as fiscal_year,
        cast(iso_day_of_week as integer) as iso_day_of_week,
        cast(
            case iso_day_of_week
                when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday'
                when 4 then 'Thursday' when 5 then 'Friday' when 6 then 'Saturday'
                else 'Sunday'
            end as varchar(9)
        ) as day_name,
        iso_day_of_week >= 6 as is_weekend,
        is_session,
        cast(session_type as varchar(16)) as session_type,
        cast(description as varchar(256)) as description,
        previous_session_date,
        next_session_date,
        cast(case when is_session then sessions_so_far end as integer) as session_number
    from fiscal

)

select * from final
