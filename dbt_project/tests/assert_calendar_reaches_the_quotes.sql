-- One row per day that was quoted in good order but lies after the trading calendar. Next step: add
-- the exchange's holiday list of that year to dbt_project/seeds/nse_trading_calendar.csv.
select
    trade_date,
    count(*) as records
from {{ ref('int_quotes__disposed') }}
where
    reason = 'outside_calendar'
    and trade_date > (
        select max(days.calendar_date) from {{ ref('int_calendar__days') }} as days
    )
group by trade_date
