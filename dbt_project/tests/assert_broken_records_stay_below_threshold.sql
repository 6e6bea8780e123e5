-- The audit gate. One row per day whose newest reply has more broken records than
-- var('audit_max_broken_share'). Failing, it keeps dbt build from touching the marts, which go on
-- serving what was audited last. Next step: fetch the day again, or look at the rows
-- (int_quotes__disposed, column detail) and list the day in var('audit_accepted_dates').
with disposed as (

    select * from {{ ref('int_quotes__disposed') }}

),

newest as (

    select
        asked_trade_date,
        max(fetched_at) as fetched_at
    from disposed
    group by asked_trade_date

)

select
    disposed.asked_trade_date,
    disposed.source_key,
    count(*) as records,
    count(case when disposed.quarantine_class = 'values' then 1 end) as broken_records
from disposed
inner join newest
    on
        disposed.asked_trade_date = newest.asked_trade_date
        and disposed.fetched_at = newest.fetched_at
{% if var('audit_accepted_dates') -%}
where disposed.asked_trade_date not in ({{ sql_list(var('audit_accepted_dates')) }})
{% endif -%}
group by disposed.asked_trade_date, disposed.source_key
having
    count(case when disposed.quarantine_class = 'values' then 1 end)
    > {{ var('audit_max_broken_share') }} * count(*)
