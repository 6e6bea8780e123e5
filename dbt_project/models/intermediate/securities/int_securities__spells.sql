with months as (

    select
        *,
        min(case when is_quoted_only then 1 else 0 end) over (partition by symbol) as is_by_quotes
    from {{ ref('int_securities__months') }}

),

{% set before = 'over (partition by symbol order by first_trade_date
            rows between unbounded preceding and 1 preceding)' -%}

-- Where a symbol has bars, they alone tell its story.
compared as (

    select
        *,
        max(last_trade_date) {{ before }} as ended_before,
        last_value(isin ignore nulls) {{ before }} as isin_before
    from months
    where not is_quoted_only or is_by_quotes = 1

),

-- An unknown ISIN ends no spell: sources with and without it alternate.
numbered as (

    select
        *,
        sum(
            case
                when
                    ended_before is null
                    or isin <> isin_before
                    or {{ dbt.datediff('ended_before', 'first_trade_date', 'day') }}
                    > {{ var('identity_gap_days') }}
                    then 1
                else 0
            end
        ) over (
            partition by symbol order by first_trade_date
            rows between unbounded preceding and current row
        ) as spell_no
    from compared

),

bounded as (

    select
        symbol,
        spell_no,
        max(isin) as isin,
        min(first_trade_date) as first_trade_date,
        max(last_trade_date) as last_trade_date,
        sum(sessions) as sessions
    from numbered
    group by symbol, spell_no

),

followed as (

    select
        *,
        lead(first_trade_date) over (
            partition by symbol order by spell_no
        ) as next_first_trade_date,
        last_value(isin ignore nulls) over (
            partition by symbol order by spell_no
            rows between unbounded preceding and current row
        ) as isin_until,
        first_value(isin ignore nulls) over (
            partition by symbol order by spell_no
            rows between current row and unbounded following
        ) as isin_from
    from bounded

),

final as (

    select
        followed.symbol || '@' || cast(followed.first_trade_date as varchar(10)) as spell_key,
        followed.symbol,
        cast(followed.spell_no as integer) as spell_no,
        followed.isin,
        followed.isin_until,
        followed.isin_from,
        followed.first_trade_date,
        -- Sources that alternate can make two spells overlap; the later one has the day.
        case
            when followed.last_trade_date >= followed.next_first_trade_date
                then cast({{ dbt.dateadd('day', -1, 'followed.next_first_trade_date') }} as date)
            else followed.last_trade_date
        end as last_trade_date,
        coalesce(
            followed.last_trade_date >= followed.next_first_trade_date, false
        ) as is_interleaved,
        followed.sessions,
        opening.first_previous_close_price,
        opening.first_series,
        case
            when
                followed.last_trade_date < followed.next_first_trade_date
                or followed.next_first_trade_date is null
                then closing.last_close_price
        end as last_close_price,
        closing.last_series
    from followed
    inner join numbered as opening
        on
            followed.symbol = opening.symbol
            and followed.first_trade_date = opening.first_trade_date
    inner join numbered as closing
        on
            followed.symbol = closing.symbol
            and followed.spell_no = closing.spell_no
            and followed.last_trade_date = closing.last_trade_date

)

select * from final
