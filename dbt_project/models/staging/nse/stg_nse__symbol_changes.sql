with newest as (

    {{ newest_snapshot(source('nse', 'nse_symbol_changes')) }}

),

typed as (

    select
        source_key,
        record_no,
        fetched_at,
        company_name,
        old_symbol,
        new_symbol,
        {{ try_month_name_date('changed_on') }} as changed_on
    from newest

),

numbered as (

    select
        *,
        row_number() over (
            partition by old_symbol, new_symbol, changed_on order by record_no
        ) as repeat_no
    from typed

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        company_name,
        old_symbol,
        new_symbol,
        changed_on,
        -- Such a line says nothing about who is who; it stays here to be seen.
        case
            when old_symbol is null or new_symbol is null then 'missing_symbol'
            when old_symbol = new_symbol then 'self_map'
            when changed_on is null then 'unreadable_date'
            when repeat_no > 1 then 'repeated'
        end as flaw
    from numbered

)

select * from final
