-- Which spell may continue which: the next one of the same symbol, the one that the exchange's list
-- of symbol changes names, or the next one under the same ISIN.
with spells as (

    select * from {{ ref('int_securities__spells') }}

),

renames as (

    select * from {{ ref('int_securities__renames') }}

),

same_symbol as (

    select
        earlier.spell_key as from_spell_key,
        later.spell_key as to_spell_key,
        'same_symbol' as kind,
        earlier.symbol as symbol_path
    from spells as earlier
    inner join spells as later
        on earlier.symbol = later.symbol and earlier.spell_no + 1 = later.spell_no

),

-- The list's date is the first session under the new symbol; a few days are allowed for.
by_list as (

    select
        earlier.spell_key as from_spell_key,
        later.spell_key as to_spell_key,
        renames.symbol_path,
        row_number() over (
            partition by renames.old_symbol, renames.new_symbol, renames.left_on
            order by later.first_trade_date asc, earlier.last_trade_date desc
        ) as fit
    from renames
    inner join spells as earlier
        on
            renames.old_symbol = earlier.symbol
            and earlier.last_trade_date < {{ dbt.dateadd('day', 10, 'renames.left_on') }}
    inner join spells as later
        on
            renames.new_symbol = later.symbol
            and earlier.last_trade_date < later.first_trade_date
            and later.first_trade_date >= {{ dbt.dateadd('day', -10, 'renames.left_on') }}

),

listed as (

    select
        from_spell_key,
        to_spell_key,
        'symbol_change_list' as kind,
        max(symbol_path) as symbol_path
    from by_list
    where fit = 1
    group by from_spell_key, to_spell_key

),

isin_timeline as (

    select
        spell_key,
        symbol,
        isin,
        first_trade_date,
        lag(spell_key) over (
            partition by isin order by first_trade_date, symbol
        ) as spell_key_before,
        lag(symbol) over (partition by isin order by first_trade_date, symbol) as symbol_before,
        max(last_trade_date) over (
            partition by isin order by first_trade_date, symbol
            rows between unbounded preceding and 1 preceding
        ) as ended_before
    from spells
    where isin is not null

),

-- An ISIN under which two symbols traded at once says nothing about who follows whom.
shared_isins as (

    select distinct isin
    from isin_timeline
    where first_trade_date <= ended_before

),

same_isin as (

    select
        isin_timeline.spell_key_before as from_spell_key,
        isin_timeline.spell_key as to_spell_key,
        'same_isin' as kind,
        isin_timeline.symbol_before || ' > ' || isin_timeline.symbol as symbol_path
    from isin_timeline
    left join shared_isins on isin_timeline.isin = shared_isins.isin
    left join listed
        on
            isin_timeline.spell_key_before = listed.from_spell_key
            and isin_timeline.spell_key = listed.to_spell_key
    where
        isin_timeline.symbol_before <> isin_timeline.symbol
        and shared_isins.isin is null
        and listed.from_spell_key is null

),

final as (

    select * from same_symbol

    union all

    select * from listed

    union all

    select * from same_isin

)

select * from final
