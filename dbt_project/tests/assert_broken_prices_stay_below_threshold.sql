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
