{{ config(materialized='view') }}

{#- The parsed rows are named twice, not once in a CTE: DuckDB would write that out whole, at every
    reading of this view, and no filter would reach the table. -#}

with sessions_official as (

    select distinct trade_date
    from {{ ref('int_prices__parsed') }}
    where disposition = 'mart_prices'

),

-- Sessions without a file of the exchange are filled from people's sheets, then from the quotes of
-- the day, until the file arrives.
sheets as (

    select * from {{ ref('int_airbyte__price_history') }}
    where trade_date not in (select official.trade_date from sessions_official as official)

),

quotes as (

    select accepted.*
    from {{ ref('int_quotes__accepted') }} as accepted
    left join sheets
        on accepted.symbol = sheets.symbol and accepted.trade_date = sheets.trade_date
    where
        accepted.instrument_type = 'share'
        and accepted.trade_date
        not in (select official.trade_date from sessions_official as official)
        and sheets.symbol is null

),

sessions as (

    select * from {{ ref('int_prices__sessions') }}

),

unioned as (

    select
        symbol,
        series,
        trade_date,
        isin,
        fin_instrument_name,
        open_price,
        high_price,
        low_price,
        close_price,
        last_price,
        previous_close_price,
        traded_volume,
        cast(turnover_inr as decimal(24, 2)) as turnover_inr,
        trades,
        coalesce(vwap, {{ average_price('turnover_inr', 'traded_volume') }}) as vwap,
        delivery_qty,
        true as is_official,
        source_name,
        source_key,
        record_no,
        fetched_at,
        session_version
    from {{ ref('int_prices__parsed') }}
    where disposition = 'mart_prices'

    union all

    select
        sheets.symbol,
        sheets.series,
        sheets.trade_date,
        cast(null as varchar) as isin,
        cast(null as varchar) as fin_instrument_name,
        sheets.open_price,
        sheets.high_price,
        sheets.low_price,
        sheets.close_price,
        sheets.last_price,
        sheets.previous_close_price,
        sheets.traded_volume,
        sheets.turnover_inr,
        sheets.trades,
        sheets.vwap,
        sheets.delivery_qty,
        false as is_official,
        'airbyte_sheets' as source_name,
        sheets.source_key,
        sheets.record_no,
        sheets.fetched_at,
        sessions.session_version
    from sheets
    inner join sessions on sheets.trade_date = sessions.trade_date

    union all

    select
        quotes.symbol,
        quotes.series,
        quotes.trade_date,
        quotes.isin,
        cast(null as varchar) as fin_instrument_name,
        quotes.open_price,
        quotes.high_price,
        quotes.low_price,
        quotes.close_price,
        quotes.close_price as last_price,
        quotes.previous_close_price,
        quotes.traded_volume,
        quotes.turnover_inr,
        cast(null as bigint) as trades,
        {{ average_price('quotes.turnover_inr', 'quotes.traded_volume') }} as vwap,
        cast(null as bigint) as delivery_qty,
        false as is_official,
        'rapidapi' as source_name,
        quotes.source_key,
        quotes.record_no,
        quotes.fetched_at,
        sessions.session_version
    from quotes
    inner join sessions on quotes.trade_date = sessions.trade_date

)

select * from unioned
