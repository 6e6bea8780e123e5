with recursive spells as (

    select * from {{ ref('int_securities__spells') }}

),

links as (

    select * from {{ ref('int_securities__links') }}
    where is_accepted

),

chained (root_spell_key, spell_key, chain_no, kind, second_evidence, symbol_path, gap_days) as (

    select
        spells.spell_key as root_spell_key,
        spells.spell_key,
        1 as chain_no,
        cast(null as varchar(32)) as kind,
        cast(null as varchar(32)) as second_evidence,
        cast(null as varchar(1024)) as symbol_path,
        cast(null as bigint) as gap_days
    from spells
    left join links on spells.spell_key = links.to_spell_key
    where links.to_spell_key is null

    union all

    select
        chained.root_spell_key,
        links.to_spell_key as spell_key,
        chained.chain_no + 1 as chain_no,
        cast(links.kind as varchar(32)) as kind,
        cast(links.second_evidence as varchar(32)) as second_evidence,
        cast(links.symbol_path as varchar(1024)) as symbol_path,
        cast(links.gap_days as bigint) as gap_days
    from chained
    inner join links on chained.spell_key = links.from_spell_key

),

roots as (

    select
        spell_key,
        {{ hash_bigint(
            "symbol || '#' || cast(row_number() over ("
            ~ "partition by symbol order by first_trade_date) as varchar(10))"
        ) }} as security_sk
    from spells
    where spell_key in (select chained.root_spell_key from chained)

),

final as (

    select
        roots.security_sk,
        chained.chain_no,
        chained.root_spell_key,
        spells.spell_key,
        spells.symbol,
        spells.isin,
        spells.first_trade_date,
        spells.last_trade_date,
        spells.sessions,
        spells.first_series,
        spells.last_series,
        chained.kind,
        chained.second_evidence,
        chained.symbol_path,
        chained.gap_days,
        case
            when chained.kind is null then 'first_seen'
            when chained.kind <> 'same_symbol' then 'renamed'
            when chained.gap_days > {{ var('identity_gap_days') }} then 'relisted'
            when chained.second_evidence = 'same_isin' then 'same_security'
            else 'isin_changed'
        end as link_reason
    from chained
    inner join roots on chained.root_spell_key = roots.spell_key
    inner join spells on chained.spell_key = spells.spell_key

)

select * from final
