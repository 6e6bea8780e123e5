{%- set shown = [
    'identifier', 'last_update_time_text', 'open_price', 'high_price', 'low_price', 'close_price',
    'traded_volume', 'turnover_inr'
] -%}

with quotes as (

    select * from {{ ref('int_quotes__checked') }}

),

calendar as (

    select * from {{ ref('int_calendar__days') }}

),

dated as (

    select
        quotes.*,
        coalesce(
            quotes.quarantine_reason,
            case
                when calendar.calendar_date is null then 'outside_calendar'
                when not calendar.is_session then 'closed_day'
            end
        ) as final_reason
    from quotes
    left join calendar on quotes.trade_date = calendar.calendar_date

),

-- The versions of one instrument's day, oldest first. A version that repeats the values of the one
-- before changes nothing: the record that brought the values first keeps its place in the mart.
versions as (

    select
        *,
        row_number() over (
            partition by identifier, trade_date, final_reason
            order by fetched_at, quoted_at_ist, source_key, record_no
        ) as version_no,
        lag(values_hash) over (
            partition by identifier, trade_date, final_reason
            order by fetched_at, quoted_at_ist, source_key, record_no
        ) as values_hash_before
    from dated

),

ranked as (

    select
        *,
        max(
            case
                when values_hash_before is null or values_hash <> values_hash_before
                    then version_no
            end
        ) over (partition by identifier, trade_date, final_reason) as winning_version_no,
        last_value(values_hash) over (
            partition by identifier, trade_date, final_reason
            order by version_no
            rows between unbounded preceding and unbounded following
        ) as winning_hash
    from versions

),

-- A share moves between the series EQ and BE within its life, not within one day.
contested as (

    select
        *,
        row_number() over (
            partition by
                symbol, instrument_type, trade_date, final_reason,
                case when version_no = winning_version_no then 1 else 0 end
            order by quoted_at_ist desc, coalesce(traded_volume, 0) desc, identifier
        ) as series_rank
    from ranked

),

final as (

    select
        record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        asked_trade_date,
        trade_date,
        instrument_type,
        identifier,
        symbol,
        series,
        case
            when final_reason is not null then 'quarantined'
            when version_no <> winning_version_no or series_rank > 1 then 'superseded'
            when instrument_type = 'share' then 'mart_ohlc'
            else 'mart_index'
        end as disposition,
        case
            when final_reason is not null then final_reason
            when version_no <> winning_version_no and values_hash = winning_hash
                then 'identical_repeat'
            when version_no <> winning_version_no then 'newer_version'
            when series_rank > 1 then 'other_series'
            when trade_date = asked_trade_date then 'on_asked_date'
            when trade_date < asked_trade_date then 'on_older_date'
            else 'on_newer_date'
        end as reason,
        case
            when quarantine_class is not null then quarantine_class
            when final_reason is not null then 'calendar'
        end as quarantine_class,
        case when final_reason is not null then {{ labelled_text(shown) }} end as detail
    from contested

)

select * from final
