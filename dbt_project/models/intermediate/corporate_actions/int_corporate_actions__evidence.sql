{#- What the prices say about the ex-dates: the bar of the ex-date, or the first one after it. -#}

with dates as (

    select distinct
        security_sk,
        ex_date
    from {{ ref('int_corporate_actions__events') }}
    where
        security_sk is not null
        and ex_date is not null
        and coalesce(status, 'needs_review') = 'needs_review'

    union

    select
        security_sk,
        ex_date
    from {{ ref('int_corporate_actions__corrections') }}
    where security_sk is not null and ex_date is not null

),

history as (

    select min(trade_date) as history_from from {{ ref('int_prices__bars') }}

),

spells as (

    -- Under which symbols the securities concerned traded, and when.
    select
        symbols.security_sk,
        symbols.symbol,
        symbols.valid_from,
        symbols.valid_to
    from {{ ref('int_securities__symbols') }} as symbols
    where symbols.security_sk in (select dates.security_sk from dates)

),

bars as (

    select
        spells.security_sk,
        bars.trade_date,
        bars.symbol,
        bars.open_price,
        bars.previous_close_price
    from {{ ref('int_prices__bars') }} as bars
    inner join spells
        on
            bars.symbol = spells.symbol
            and bars.trade_date between spells.valid_from and spells.valid_to

),

firsts as (

    select
        security_sk,
        min(trade_date) as first_bar_date
    from bars
    group by security_sk

),

on_the_day as (

    select
        dates.security_sk,
        dates.ex_date,
        bars.trade_date as evidence_date
    from dates
    inner join bars on dates.security_sk = bars.security_sk and dates.ex_date = bars.trade_date

),

after_the_day as (

    select
        dates.security_sk,
        dates.ex_date,
        min(bars.trade_date) as evidence_date
    from dates
    inner join history on dates.ex_date >= history.history_from
    inner join bars on dates.security_sk = bars.security_sk and dates.ex_date < bars.trade_date
    left join on_the_day
        on dates.security_sk = on_the_day.security_sk and dates.ex_date = on_the_day.ex_date
    where on_the_day.security_sk is null
    group by dates.security_sk, dates.ex_date

),

found as (

    select * from on_the_day
    union all
    select * from after_the_day

),

ranked as (

    -- One bar, even if two symbols of a security should have traded that day.
    select
        dates.security_sk,
        dates.ex_date,
        found.evidence_date,
        bars.symbol as traded_symbol,
        cast(bars.open_price as double precision) as open_price,
        nullif(cast(bars.previous_close_price as double precision), 0) as previous_close_price,
        history.history_from,
        coalesce(firsts.first_bar_date < dates.ex_date, false) as has_earlier_bar,
        row_number() over (
            partition by dates.security_sk, dates.ex_date order by bars.symbol
        ) as nth
    from dates
    cross join history
    left join firsts on dates.security_sk = firsts.security_sk
    left join found on dates.security_sk = found.security_sk and dates.ex_date = found.ex_date
    left join bars
        on found.security_sk = bars.security_sk and found.evidence_date = bars.trade_date

),

final as (

    select
        security_sk,
        ex_date,
        evidence_date,
        traded_symbol,
        open_price,
        previous_close_price,
        history_from,
        has_earlier_bar
    from ranked
    where nth = 1

)

select * from final
