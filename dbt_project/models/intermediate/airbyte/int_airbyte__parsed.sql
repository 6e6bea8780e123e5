{{ config(materialized='view') }}

{#- A tab may be named as the file that the exchange's website gives, or by the symbol alone. -#}
{%- set ending = '[-_][A-Z0-9]{2}([-_][0-9]{2}){2}[-_][0-9]{4}[-_]to[-_].*' -%}
{%- set named_as_file = text_matches('stream_name', 'Quote[-_]Equity[-_].+' ~ ending) -%}

with records as (

    select
        *,
        {{ text_matches('date_text', '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}') }} as is_slashed
    from {{ ref('stg_airbyte__records') }}

),

numbered as (

    select
        *,
        case when is_slashed then {{ try_bigint("split_part(date_text, '/', 1)") }} end as first_no,
        case when is_slashed then {{ try_bigint("split_part(date_text, '/', 2)") }} end as second_no
    from records

),

-- 3/10/2021 is March to Excel and October to a sheet of Indian locale: a tab that holds a number
-- above twelve says which of the two is the month; Excel's order stands where none says anything.
evidenced as (

    select
        *,
        max(first_no) over (partition by namespace, stream_name) > 12 as is_day_first,
        max(second_no) over (partition by namespace, stream_name) > 12 as is_month_first
    from numbered

),

typed as (

    select
        record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        synced_on,
        namespace,
        stream_name,
        airbyte_raw_id,
        extracted_at,
        generation_id,
        date_text,
        is_slashed and is_day_first and is_month_first as is_ambiguous,
        upper(
            coalesce(
                symbol_text,
                case
                    when {{ named_as_file }}
                        then {{ regexp_replace_all(
                            'stream_name', '^Quote[-_]Equity[-_]|' ~ ending ~ '$', ''
                        ) }}
                    when {{ text_matches('stream_name', '[A-Z0-9&-]{1,20}') }} then stream_name
                end
            )
        ) as symbol,
        upper(
            coalesce(
                series_text,
                case
                    when {{ named_as_file }}
                        then substring({{ regexp_nth('stream_name', ending, 1) }}, 2, 2)
                end,
                'EQ'
            )
        ) as series,
        case
            when is_slashed
                then {{ try_iso_date(
                    "split_part(date_text, '/', 3)"
                    ~ " || '-' || lpad(split_part(date_text, '/', case when is_day_first then 2 else 1 end), 2, '0')"
                    ~ " || '-' || lpad(split_part(date_text, '/', case when is_day_first then 1 else 2 end), 2, '0')"
                ) }}
            else coalesce(
                cast({{ try_ist_timestamp("date_text || ' 00:00:00'") }} as date),
                {{ try_iso_date('date_text') }}
            )
        end as trade_date,
        {{ try_decimal('open_text', 18, 4) }} as open_price,
        {{ try_decimal('high_text', 18, 4) }} as high_price,
        {{ try_decimal('low_text', 18, 4) }} as low_price,
        {{ try_decimal('close_text', 18, 4) }} as close_price,
        nullif({{ try_decimal('ltp_text', 18, 4) }}, 0) as last_price,
        nullif({{ try_decimal('prev_close_text', 18, 4) }}, 0) as previous_close_price,
        {{ try_decimal('vwap_text', 18, 4) }} as vwap,
        {{ try_bigint('volume_text') }} as traded_volume,
        {{ try_decimal('value_text', 24, 2) }} as turnover_inr,
        {{ try_bigint('no_of_trades_text') }} as trades,
        coalesce(open_text, high_text, low_text, close_text) is not null as has_price,
        volume_text,
        value_text
    from evidenced

),

final as (

    select
        *,
        case
            when date_text is null and not has_price then 'not_price_history'
            when series not in ({{ sql_list(var('equity_series')) }}) then 'series_not_equity'
        end as scope_reason,
        case
            when date_text is null then 'missing_date'
            when is_ambiguous then 'ambiguous_date'
            when trade_date is null then 'bad_date'
            when trade_date > cast(fetched_at as date) then 'dated_after_fetch'
            when traded_volume is null and volume_text is not null then 'bad_number'
            when turnover_inr is null and value_text is not null then 'bad_number'
            else {{ bar_flaw() }}
        end as flaw
    from typed

)

select * from final
