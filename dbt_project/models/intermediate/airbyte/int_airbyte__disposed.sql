{#- In a tab that is overwritten only the newest generation counts; what is appended stays. -#}
{%- set overwrites = env_var('INVESTIQ_AIRBYTE_SYNC_MODE', 'overwrite') != 'append' -%}
{%- set newest_first =
    'extracted_at desc nulls last, fetched_at desc, source_key desc, record_no desc' -%}

with parsed as (

    select * from {{ ref('int_airbyte__parsed') }}

),

ranked_series as (

    {{ series_by_rank() }}

),

-- Airbyte delivers at least once: a record may come again under its own id, a row under another.
delivered as (

    select
        parsed.*,
        ranked_series.series_rank,
        {% if overwrites -%}
        coalesce(
            parsed.generation_id
            < max(parsed.generation_id) over (partition by parsed.namespace, parsed.stream_name),
            false
        )
        {%- else -%}
        false
        {%- endif %} as is_older_generation,
        row_number() over (
            partition by parsed.namespace, parsed.stream_name, parsed.airbyte_raw_id
            order by {{ newest_first }}
        ) as delivery_no
    from parsed
    left join ranked_series on parsed.series = ranked_series.series

),

judged as (

    select
        *,
        case
            when scope_reason is not null then scope_reason
            when is_older_generation then 'older_generation'
            when delivery_no > 1 then 'repeated_delivery'
            else flaw
        end as reason
    from delivered

),

versions as (

    select
        *,
        row_number() over (
            partition by symbol, series, trade_date, reason
            order by {{ newest_first }}
        ) as version_no,
        min(series_rank) over (partition by symbol, trade_date, reason) as best_rank
    from judged

),

final as (

    select
        record_sk,
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        synced_on,
        namespace,
        stream_name,
        symbol,
        series,
        trade_date,
        case
            when reason in ('not_price_history', 'series_not_equity') then 'out_of_scope'
            when reason in ('older_generation', 'repeated_delivery') then 'superseded'
            when reason is not null then 'quarantined'
            when series_rank > best_rank or version_no > 1 then 'superseded'
            else 'mart_prices'
        end as disposition,
        case
            when reason is not null then reason
            when series_rank > best_rank then 'other_series'
            when version_no > 1 then 'newer_version'
            else 'price'
        end as reason
    from versions

)

select * from final
