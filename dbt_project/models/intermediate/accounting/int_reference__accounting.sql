{#- What is fetched whole each time: the newest snapshot speaks. -#}
{%- set datasets = {
    'nse_equity_list': ['nse', 'equity_list', "'all'", 'mart_securities'],
    'nse_symbol_changes': ['nse', 'symbol_changes', "'all'", 'mart_securities'],
    'nse_index_constituents': ['nse', 'index_constituents', 'list_name', 'mart_securities'],
    'nse_holidays': ['nse', 'holidays', 'cast(trade_date as varchar(10))', 'calendar'],
    'nse_corporate_actions': ['nse', 'corporate_actions', 'source_key', 'mart_actions'],
    'adjustment_corrections': ['operator', 'adjustment_corrections', 'source_key', 'mart_actions'],
} -%}

with snapshots as (

    {% for table, facts in datasets.items() -%}
    {%- set source_name = 'operator' if facts[0] == 'operator' else 'nse' -%}
    select
        '{{ facts[0] }}' as source_name,
        '{{ facts[1] }}' as dataset_name,
        '{{ facts[3] }}' as mart,
        {{ facts[2] }} as snapshot_of,
        source_key,
        trade_date,
        fetched_at,
        count(*) as records
    from {{ source(source_name, table) }}
    group by
        {{ facts[2] ~ ', ' if facts[2] not in ("'all'", 'source_key') -}}
        source_key, trade_date, fetched_at
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by dataset_name, snapshot_of
            order by trade_date desc, fetched_at desc, source_key desc
        ) as newest_first
    from snapshots

),

final as (

    select
        source_name,
        dataset_name,
        source_key,
        trade_date,
        fetched_at,
        case when newest_first = 1 then mart else 'superseded' end as disposition,
        case when newest_first = 1 then 'latest' else 'newer_snapshot' end as reason,
        records
    from ranked

)

select * from final
