{#- The rows of one archive table for the sessions to build (CTE `sessions`), equity series only, the
    latest valid version of each (symbol, series, session). A session has one object of a kind nearly
    always; only where it has more are rows ranked, so that ten million rows need no sort.
    relation: a staging model; table_name: its raw table; only_if: a condition on the session. -#}
{% macro official_rows(relation, source_name, table_name, only_if='true') %}
    with wanted as (

        select
            sessions.trade_date,
            count(*) as objects
        from sessions
        inner join {{ ref('int_prices__objects') }} as archives
            on sessions.trade_date = archives.trade_date
        where archives.table_name = '{{ table_name }}' and {{ only_if }}
        group by sessions.trade_date

    ),

    judged as (

        select
            lines.*,
            '{{ source_name }}' as source_name,
            wanted.objects,
            {{ bar_flaw() }} as flaw
        from {{ relation }} as lines
        inner join wanted on lines.trade_date = wanted.trade_date
        where lines.series in ({{ sql_list(var('equity_series')) }})

    ),

    ranked as (

        select
            *,
            row_number() over (
                partition by symbol, series, trade_date
                order by
                    case when flaw is null then 0 else 1 end, fetched_at desc, source_key desc
            ) as version_rank
        from judged
        where objects > 1

    )

    select *, 1 as version_rank from judged where objects = 1
    union all
    select * from ranked where version_rank = 1
{% endmacro %}
