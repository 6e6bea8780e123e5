with spells as (

    select * from {{ ref('int_securities__spells') }}

),

renames as (

    select * from {{ ref('int_securities__renames') }}

),

listings as (

    select * from {{ ref('stg_nse__equity_list') }}

),

arrivals as (

    select
        new_symbol,
        max(arrived_on) as arrived_on
    from renames
    group by new_symbol

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

same_isin as (

    select
        earlier.spell_key as from_spell_key,
        later.spell_key as to_spell_key,
        'same_isin' as kind,
        earlier.symbol || ' > ' || later.symbol as symbol_path
    from spells as earlier
    inner join spells as later
        on
            earlier.isin = later.isin
            and earlier.symbol <> later.symbol
            and earlier.last_trade_date < later.first_trade_date
    left join listed
        on earlier.spell_key = listed.from_spell_key and later.spell_key = listed.to_spell_key
    where listed.symbol_path is null

),

paired as (

    select * from same_symbol

    union all
    select * from listed

    union all

    select * from same_isin

),

final as (

    select
        paired.from_spell_key,
        paired.to_spell_key,
        paired.kind,
        paired.symbol_path,
        {{ dbt.datediff('earlier.last_trade_date', 'later.first_trade_date', 'day') }}
            as gap_days,
        earlier.is_interleaved and paired.kind = 'same_symbol' as is_interleaved,
        case
            when earlier.isin is null or later.isin is null then 'unknown'
            when earlier.isin = later.isin then 'same_isin'
            when {{ isin_issuer('earlier.isin') }} = {{ isin_issuer('later.isin') }}
                then 'same_issuer'
            else 'other_issuer'
        end as isin_relation,
        earlier.last_close_price = later.first_previous_close_price as is_price_continued,
        coalesce(
            later.first_previous_close_price > 2 * earlier.last_close_price
            or later.first_previous_close_price * 2 < earlier.last_close_price, false
        ) as is_price_contradicting,
        -- The one who has the symbol today had it already then, and took it from nobody since.
        coalesce(
            paired.kind = 'same_symbol'
            and listings.listed_on <= earlier.first_trade_date
            and arrivals.new_symbol is null, false
        ) as is_listed_since
    from paired
    inner join spells as earlier on paired.from_spell_key = earlier.spell_key
    inner join spells as later on paired.to_spell_key = later.spell_key
    left join listings on later.symbol = listings.symbol
    left join arrivals
        on later.symbol = arrivals.new_symbol and earlier.first_trade_date < arrivals.arrived_on

)

select * from final
