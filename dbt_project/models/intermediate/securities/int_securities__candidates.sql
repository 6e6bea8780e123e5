with pairs as (

    select * from {{ ref('int_securities__pairs') }}

),

spells as (

    select * from {{ ref('int_securities__spells') }}

),

renames as (

    select * from {{ ref('int_securities__renames') }}

),

listings as (

    select * from {{ ref('stg_nse__equity_list') }}
    where listed_on is not null

),

-- Since when the share is listed that has the symbol until `held_until`: the one of today, or the
-- one that the symbol was taken from by a change.
heirs as (

    select
        symbol,
        listed_on,
        cast('9999-12-31' as date) as held_until
    from listings

    union all

    select
        renames.old_symbol as symbol,
        listings.listed_on,
        renames.left_on as held_until
    from renames
    inner join listings on renames.new_symbol = listings.symbol

),

listed as (

    select
        spells.spell_key,
        max(heirs.listed_on) as listed_on
    from spells
    inner join heirs
        on spells.symbol = heirs.symbol and spells.first_trade_date < heirs.held_until
    group by spells.spell_key

),

arrivals as (

    select
        new_symbol as symbol,
        max(arrived_on) as arrived_on
    from renames
    group by new_symbol

),

{% set around = isin_issuer('earlier.isin_until') ~ ' = ' ~ isin_issuer('later.isin_from') -%}

compared as (

    select
        pairs.from_spell_key,
        pairs.to_spell_key,
        pairs.kind,
        pairs.symbol_path,
        {{ dbt.datediff('earlier.last_trade_date', 'later.first_trade_date', 'day') }}
            as gap_days,
        earlier.is_interleaved and pairs.kind = 'same_symbol' as is_interleaved,
        -- Between two spells of a symbol under one ISIN lies none of another share.
        case
            when pairs.kind = 'same_symbol' and {{ around }} then earlier.isin_until
            else earlier.isin
        end as from_isin,
        case
            when pairs.kind = 'same_symbol' and {{ around }} then later.isin_from
            else later.isin
        end as to_isin,
        earlier.last_close_price,
        later.first_previous_close_price,
        -- Nobody took the symbol over from another since, so that the listing is of this share.
        coalesce(
            listed.listed_on <= earlier.first_trade_date
            and coalesce(came.arrived_on <= earlier.first_trade_date, true)
            and (
                pairs.kind <> 'same_symbol'
                or coalesce(taken.arrived_on <= earlier.first_trade_date, true)
            ), false
        ) as is_listed_since
    from pairs
    inner join spells as earlier on pairs.from_spell_key = earlier.spell_key
    inner join spells as later on pairs.to_spell_key = later.spell_key
    left join listed on pairs.to_spell_key = listed.spell_key
    left join arrivals as came on earlier.symbol = came.symbol
    left join arrivals as taken on later.symbol = taken.symbol

),

final as (

    select
        from_spell_key,
        to_spell_key,
        kind,
        symbol_path,
        gap_days,
        is_interleaved,
        is_listed_since,
        case
            when from_isin is null or to_isin is null then 'unknown'
            when from_isin = to_isin then 'same_isin'
            when {{ isin_issuer('from_isin') }} = {{ isin_issuer('to_isin') }} then 'same_issuer'
            else 'other_issuer'
        end as isin_relation,
        coalesce(last_close_price = first_previous_close_price, false) as is_price_continued,
        -- The previous close is never adjusted, so within a few sessions it cannot be another.
        coalesce(
            gap_days <= {{ var('identity_adjacent_days') }}
            and (
                first_previous_close_price > 2 * last_close_price
                or first_previous_close_price * 2 < last_close_price
            ), false
        ) as is_price_contradicting
    from compared

)

select * from final
