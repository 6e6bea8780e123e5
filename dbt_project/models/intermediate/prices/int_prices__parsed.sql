{{ session_config('int_prices__sessions') }}

with {{ sessions_to_build(ref('int_prices__sessions')) }},

legacy as (

    {{ official_rows(
        ref('stg_nse__bhavcopy_legacy'), 'nse_legacy', 'nse_bhavcopy_legacy',
        "sessions.bhavcopy_table = 'nse_bhavcopy_legacy'"
    ) }}

),

udiff as (

    {{ official_rows(
        ref('stg_nse__bhavcopy_udiff'), 'nse_udiff', 'nse_bhavcopy_udiff',
        "sessions.bhavcopy_table = 'nse_bhavcopy_udiff'"
    ) }}

),

deliveries as (

    {{ official_rows(ref('stg_nse__sec_bhavdata'), 'nse_sec_bhavdata', 'nse_sec_bhavdata') }}

),

whole as (

    select
        *,
        case when flaw is null then source_key end as whole_key
    from deliveries

),

{%- set measures = [
    'open_price', 'high_price', 'low_price', 'close_price', 'last_price', 'previous_close_price',
    'traded_volume', 'turnover_inr', 'trades'
] -%}
{%- set lineage = ['source_name', 'source_key', 'record_no', 'fetched_at', 'flaw'] %}

bhavcopies as (

    select
        symbol, series, trade_date, isin, fin_instrument_name,
        {{ (measures + lineage) | join(', ') }}
    from udiff

    union all

    select
        symbol, series, trade_date, isin, cast(null as varchar) as fin_instrument_name,
        {{ (measures + lineage) | join(', ') }}
    from legacy

),

-- The bhavcopy is the authority; the other file adds delivery and average price, and stands in
-- where the bhavcopy is missing or its row is broken.
official as (

    select
        coalesce(bhavcopies.symbol, deliveries.symbol) as symbol,
        coalesce(bhavcopies.series, deliveries.series) as series,
        coalesce(bhavcopies.trade_date, deliveries.trade_date) as trade_date,
        bhavcopies.isin,
        bhavcopies.fin_instrument_name,
        {% for column in measures + lineage -%}
        case
            when
                bhavcopies.source_key is null
                or (bhavcopies.flaw is not null and deliveries.whole_key is not null)
                then deliveries.{{ column }}
            else bhavcopies.{{ column }}
        end as {{ column }},
        {% endfor -%}
        deliveries.vwap,
        deliveries.delivery_qty,
        deliveries.source_key as delivery_source_key,
        case when deliveries.whole_key is not null then bhavcopies.flaw end as replaced_flaw,
        case
            when deliveries.whole_key is not null and bhavcopies.flaw is not null
                then bhavcopies.source_key
        end as replaced_source_key
    from bhavcopies
    full outer join whole as deliveries
        on
            bhavcopies.symbol = deliveries.symbol
            and bhavcopies.series = deliveries.series
            and bhavcopies.trade_date = deliveries.trade_date

),

ranked_series as (

    {{ series_by_rank() }}

),

contested as (

    {{ contested_days() }}

),

final as (

    select
        official.*,
        case
            when official.flaw is not null then 'quarantined'
            when ranked_series.series_rank > contested.best_rank then 'superseded'
            else 'mart_prices'
        end as disposition,
        sessions.session_version
    from official
    inner join sessions on official.trade_date = sessions.trade_date
    inner join ranked_series on official.series = ranked_series.series
    left join contested
        on official.symbol = contested.symbol and official.trade_date = contested.trade_date

)

select * from final
