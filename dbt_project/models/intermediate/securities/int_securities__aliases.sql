-- Corporate actions name a share by its symbol of today, of then, or by one without a bar in the
-- history. So every symbol has an owner at any time: known from bars, or from the symbol changes.
with symbols as (

    select * from {{ ref('int_securities__symbols') }}

),

renames as (

    select * from {{ ref('int_securities__renames') }}

),

lives as (

    select
        security_sk,
        min(first_trade_date) as first_trade_date
    from {{ ref('int_securities__chains') }}
    group by security_sk

),

-- Who had the symbol before it was changed: the one who had the new one afterwards.
earlier_names as (

    select
        symbols.security_sk,
        renames.old_symbol as symbol,
        cast({{ dbt.dateadd('day', -1, 'renames.left_on') }} as date) as known_on,
        row_number() over (
            partition by renames.old_symbol, renames.left_on
            order by renames.arrived_on, renames.hops, symbols.valid_from
        ) as fit
    from renames
    inner join symbols
        on renames.new_symbol = symbols.symbol and renames.arrived_on <= symbols.valid_to

),

later_names as (

    select
        symbols.security_sk,
        renames.new_symbol as symbol,
        renames.arrived_on as known_on,
        row_number() over (
            partition by renames.new_symbol, renames.arrived_on
            order by renames.left_on desc, renames.hops asc, symbols.valid_from desc
        ) as fit
    from renames
    inner join symbols
        on renames.old_symbol = symbols.symbol and renames.left_on > symbols.valid_from

),

listed as (

    select * from earlier_names
    where fit = 1

    union all

    select * from later_names
    where fit = 1

),

-- Bars are the authority: what the list says of a time in which they name an owner is left out.
anchors as (

    select
        security_sk,
        symbol,
        valid_from as known_from,
        valid_to as known_to,
        link_reason
    from symbols

    union all

    select
        listed.security_sk,
        listed.symbol,
        listed.known_on as known_from,
        listed.known_on as known_to,
        'symbol_change_list' as link_reason
    from listed
    left join symbols
        on
            listed.symbol = symbols.symbol
            and listed.known_on between symbols.valid_from and symbols.valid_to
    where symbols.symbol is null
    group by listed.security_sk, listed.symbol, listed.known_on

),

neighboured as (

    select
        anchors.*,
        lives.first_trade_date,
        lag(anchors.known_to) over (
            partition by anchors.symbol order by anchors.known_from, anchors.security_sk
        ) as known_before
    from anchors
    inner join lives on anchors.security_sk = lives.security_sk

),

-- Between two owners the symbol is the next one's from that one's first session on, whatever its
-- name was then; before, it stays with the one who had it last.
started as (

    select
        *,
        case
            when known_before is null then cast('1900-01-01' as date)
            else greatest(
                cast({{ dbt.dateadd('day', 1, 'known_before') }} as date),
                least(known_from, first_trade_date)
            )
        end as valid_from
    from neighboured
    where known_before is null or known_before < known_from

),

final as (

    select
        security_sk,
        symbol,
        valid_from,
        coalesce(
            cast({{ dbt.dateadd('day', -1, 'lead(valid_from) over (
                partition by symbol order by valid_from
            )') }} as date),
            cast('9999-12-31' as date)
        ) as valid_to,
        link_reason
    from started

)

select * from final
