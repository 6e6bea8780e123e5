-- The audit gate of the archives. One row per recent session of which more than
-- var('audit_max_broken_share') of the lines are no bar (high below low, zero, missing). Failing,
-- it keeps dbt build from touching the marts. Next step: look at the lines (int_prices__parsed,
-- column flaw), fetch the session again, or list the day in var('audit_accepted_dates').
with parsed as (

    select * from {{ ref('int_prices__parsed') }}

)

select
    trade_date,
    count(*) as lines_read,
    count(flaw) as broken_lines
from parsed
where
    trade_date >= (
        select {{ dbt.dateadd('day', -1 * var('audit_sessions_days'), 'max(newest.trade_date)') }}
        from parsed as newest
    )
{% if var('audit_accepted_dates') %}
    and trade_date not in ({{ sql_list(var('audit_accepted_dates')) }})
{% endif %}
group by trade_date
having count(flaw) > {{ var('audit_max_broken_share') }} * count(*)
