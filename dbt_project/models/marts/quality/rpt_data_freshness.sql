with dates as (

    select * from {{ ref('dim_dates') }}

),

asked as (

    -- No calendar for the day: no expectation, and the not_null test of this report says so.
    select
        {{ as_of_date() }} as as_of_date,
        max(case when is_session then calendar_date end) as expected_trade_date,
        max(session_number) as expected_session_number
    from dates
    where calendar_date <= {{ as_of_date() }}
    having max(calendar_date) = {{ as_of_date() }}

),

feed as (

    select
        max(asked_trade_date) as asked_trade_date,
        max(attempted_at) as latest_fetched_at
    from {{ ref('stg_ingestion__outcomes') }}
    where
        stage = 'fetch'
        and dataset_name = 'corporate_actions'
        and status in ('ok', 'unchanged', 'not_published')  -- no actions: an answer too

),

arrived as (

    select
        'quotes' as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_ohlc_daily') }}

    union all

    select
        'index_quotes' as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_index_daily') }}

    union all

    -- The exchange's own files and the news: only where there are any.
    select
        'official_prices' as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_prices_daily') }}
    where is_official
    having max(trade_date) is not null

    union all

    select
        'delivery' as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_prices_daily') }}
    where delivery_qty is not null
    having max(trade_date) is not null

    union all

    select
        'index_closes' as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_index_daily') }}
    where is_official
    having max(trade_date) is not null

    union all

    -- A feed has no session of its own: it stands for the last one up to the day it was asked for.
    select
        'corporate_actions' as dataset_name,
        max(dates.calendar_date) as latest_trade_date,
        max(feed.latest_fetched_at) as latest_fetched_at
    from feed
    inner join dates on feed.asked_trade_date >= dates.calendar_date and dates.is_session
    having max(dates.calendar_date) is not null

    union all

    -- They may belong to a session that is still to come.
    select
        case source_name when 'alpha_vantage' then 'alpha_vantage_news' else source_name end
            as dataset_name,
        max(trade_date) as latest_trade_date,
        max(fetched_at) as latest_fetched_at
    from {{ ref('fct_news_articles') }}
    group by source_name

),

final as (

    select
        cast(arrived.dataset_name as varchar(64)) as dataset_name,
        arrived.latest_trade_date,
        arrived.latest_fetched_at,
        asked.expected_trade_date,
        cast(
            case
                when dates.session_number >= asked.expected_session_number then 0
                else asked.expected_session_number - dates.session_number
            end as integer
        ) as sessions_behind,
        {{ as_of_date() }} as as_of_date
    from arrived
    left join asked on asked.as_of_date = {{ as_of_date() }}
    left join dates on arrived.latest_trade_date = dates.calendar_date

)

select * from final
