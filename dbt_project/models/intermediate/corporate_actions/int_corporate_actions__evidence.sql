{#- What the prices say about the ex-dates: the bar of the ex-date, or the first one after it. -#}

with asked as (

    select * from {{ ref('int_corporate_actions__ex_dates') }}

),

bars as (

    select
        symbol,
        trade_date,
        cast(open_price as double precision) as open_price,
        nullif(cast(previous_close_price as double precision), 0) as previous_close_price
    from {{ ref('int_prices__bars') }}

),

at_once as (

    select
        asked.security_sk,
        asked.ex_date,
        bars.*
    from asked
    inner join bars on asked.symbol = bars.symbol and asked.session_date = bars.trade_date
    where asked.session_date between asked.valid_from and asked.valid_to

),

missed as (

    -- Few: what did not trade in that session.
    select asked.*
    from asked
    left join at_once
        on asked.security_sk = at_once.security_sk and asked.ex_date = at_once.ex_date
    where at_once.security_sk is null and asked.ex_date >= asked.history_from

),

later as (

    select
        missed.security_sk,
        missed.ex_date,
        bars.*
    from missed
    inner join bars
        on
            missed.symbol = bars.symbol
            and missed.session_date < bars.trade_date
            and bars.trade_date between missed.valid_from and missed.valid_to

),

ranked as (

    -- One bar, even if two symbols of a security should have traded that day.
    select
        *,
        row_number() over (partition by security_sk, ex_date order by trade_date, symbol) as nth
    from (
        select * from at_once
        union all
        select * from later
    ) as found

),

dates as (

    select
        security_sk,
        ex_date,
        max(history_from) as history_from,
        max(case when has_earlier_bar then 1 else 0 end) = 1 as has_earlier_bar
    from asked
    group by security_sk, ex_date

),

final as (

    select
        dates.security_sk,
        dates.ex_date,
        dates.history_from,
        dates.has_earlier_bar,
        ranked.trade_date as evidence_date,
        ranked.symbol as traded_symbol,
        ranked.open_price,
        ranked.previous_close_price
    from dates
    left join ranked
        on
            dates.security_sk = ranked.security_sk
            and dates.ex_date = ranked.ex_date
            and ranked.nth = 1

)

select * from final
