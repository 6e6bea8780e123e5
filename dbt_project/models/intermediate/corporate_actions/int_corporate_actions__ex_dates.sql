{#- Which sessions to look at for the ex-dates: the first of the market on or after each, under
    every symbol that the security bore. -#}

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

firsts as (

    select
        symbol,
        min(trade_date) as first_bar_date
    from {{ ref('int_prices__bars') }}
    group by symbol

),

history as (

    select min(first_bar_date) as history_from from firsts

),

days as (

    select
        ex_date as calendar_date,
        cast(null as date) as session_date
    from dates
    union all
    select distinct
        trade_date as calendar_date,
        trade_date as session_date
    from {{ ref('int_prices__bars') }}

),

sessions as (

    -- The first session of the market from each day on.
    select distinct
        calendar_date,
        session_date
    from (
        select
            calendar_date,
            min(session_date) over (
                order by calendar_date, case when session_date is null then 0 else 1 end
                rows between current row and unbounded following
            ) as session_date
        from days
    ) as followed

),

final as (

    -- Under which symbols the securities traded, and from which session on.
    select
        dates.security_sk,
        dates.ex_date,
        sessions.session_date,
        history.history_from,
        spells.symbol,
        spells.valid_from,
        spells.valid_to,
        coalesce(
            firsts.first_bar_date < dates.ex_date and spells.valid_from < dates.ex_date, false
        ) as has_earlier_bar
    from dates
    cross join history
    inner join sessions on dates.ex_date = sessions.calendar_date
    inner join {{ ref('int_securities__symbols') }} as spells
        on dates.security_sk = spells.security_sk
    left join firsts on spells.symbol = firsts.symbol

)

select * from final
