-- A symbol that was changed twice between two of its sessions, or whose middle name is in no file,
-- is followed through all its names.
with recursive changes as (

    select * from {{ ref('stg_nse__symbol_changes') }}
    where flaw is null

),

followed (old_symbol, new_symbol, left_on, arrived_on, hops, symbol_path) as (

    select
        old_symbol,
        new_symbol,
        changed_on as left_on,
        changed_on as arrived_on,
        1 as hops,
        cast(old_symbol || ' > ' || new_symbol as varchar(1024)) as symbol_path
    from changes

    union all

    select
        followed.old_symbol,
        changes.new_symbol,
        followed.left_on,
        changes.changed_on as arrived_on,
        followed.hops + 1 as hops,
        cast(followed.symbol_path || ' > ' || changes.new_symbol as varchar(1024)) as symbol_path
    from followed
    inner join changes
        on
            followed.new_symbol = changes.old_symbol
            and followed.arrived_on <= changes.changed_on
            and followed.old_symbol <> changes.new_symbol
    where followed.hops < 12

),

ranked as (

    select
        *,
        row_number() over (
            partition by old_symbol, new_symbol, left_on order by arrived_on, hops, symbol_path
        ) as path_rank
    from followed

),

final as (

    select
        old_symbol,
        new_symbol,
        left_on,
        arrived_on,
        hops,
        symbol_path
    from ranked
    where path_rank = 1

)

select * from final
