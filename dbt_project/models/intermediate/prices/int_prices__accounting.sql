{{ session_config('int_prices__sessions') }}

with {{ sessions_to_build(ref('int_prices__sessions')) }},

parsed as (

    select parsed.*
    from {{ ref('int_prices__parsed') }} as parsed
    inner join sessions on parsed.trade_date = sessions.trade_date

),

received as (

    {% for dataset in ['bhavcopy_legacy', 'bhavcopy_udiff', 'sec_bhavdata'] -%}
    select
        '{{ dataset }}' as dataset_name,
        archived.trade_date,
        archived.source_key,
        max(archived.fetched_at) as fetched_at,
        max(sessions.session_version) as session_version,
        count(*) as records,
        count(
            case when archived.series in ({{ sql_list(var('equity_series')) }}) then 1 end
        ) as equity_records
    from {{ ref('stg_nse__' ~ dataset) }} as archived
    inner join sessions on archived.trade_date = sessions.trade_date
    group by archived.trade_date, archived.source_key
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

used as (

    select
        source_key,
        disposition,
        coalesce(
            flaw, case disposition when 'superseded' then 'other_series' else 'price' end
        ) as reason,
        count(*) as records
    from parsed
    group by source_key, disposition, flaw

    union all

    select
        delivery_source_key as source_key,
        'mart_prices' as disposition,
        'delivery' as reason,
        count(*) as records
    from parsed
    where delivery_source_key <> source_key
    group by delivery_source_key

    union all

    select
        replaced_source_key as source_key,
        'quarantined' as disposition,
        replaced_flaw as reason,
        count(*) as records
    from parsed
    where replaced_source_key is not null
    group by replaced_source_key, replaced_flaw

),

used_in_all as (

    select
        source_key,
        sum(records) as records
    from used
    group by source_key

),

unioned as (

    select
        received.*,
        used.disposition,
        used.reason,
        used.records as disposed
    from received
    inner join used on received.source_key = used.source_key

    union all

    select
        received.*,
        'out_of_scope' as disposition,
        'series_not_equity' as reason,
        received.records - received.equity_records as disposed
    from received

    union all

    select
        received.*,
        'superseded' as disposition,
        'newer_version' as reason,
        received.equity_records - coalesce(used_in_all.records, 0) as disposed
    from received
    left join used_in_all on received.source_key = used_in_all.source_key

),

final as (

    select
        dataset_name,
        trade_date,
        source_key,
        fetched_at,
        disposition,
        reason,
        cast(sum(disposed) as bigint) as records,
        session_version
    from unioned
    where disposed > 0
    group by
        dataset_name, trade_date, source_key, fetched_at, disposition, reason, session_version

)

select * from final
