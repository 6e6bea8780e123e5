{#- The detector: a filtered scan of the bars, which carry the opening and the close before. -#}

with bars as (

    select
        symbol,
        trade_date,
        fetched_at,
        cast(open_price as double precision) as open_price,
        cast(previous_close_price as double precision) as previous_close_price
    from {{ ref('int_prices__bars') }}
    where open_price > 0 and previous_close_price > 0

),

spells as (

    select * from {{ ref('int_securities__symbols') }}

),

effects as (

    -- Actions in force, on the bar that shows them; a suspended share may show several at once.
    select
        factors.security_sk,
        evidence.evidence_date,
        exp(sum(ln(factors.share_factor) - ln(factors.tr_multiplier))) as divisor
    from {{ ref('int_corporate_actions__price_factors') }} as factors
    inner join {{ ref('int_corporate_actions__evidence') }} as evidence
        on factors.security_sk = evidence.security_sk and factors.ex_date = evidence.ex_date
    group by factors.security_sk, evidence.evidence_date

),

looked_at as (

    -- Bars that jump as they are, and bars that an action explains, for it may explain too much.
    select bars.*
    from bars
    where abs(bars.open_price / bars.previous_close_price - 1) > {{ var('adjustment_jump') }}

    union

    select bars.*
    from bars
    inner join spells
        on
            bars.symbol = spells.symbol
            and bars.trade_date between spells.valid_from and spells.valid_to
    inner join effects
        on
            spells.security_sk = effects.security_sk
            and bars.trade_date = effects.evidence_date

),

measured as (

    select
        spells.security_sk,
        looked_at.symbol,
        looked_at.trade_date,
        looked_at.fetched_at,
        looked_at.open_price,
        looked_at.previous_close_price,
        looked_at.open_price / looked_at.previous_close_price * coalesce(effects.divisor, 1) - 1
            as gap
    from looked_at
    inner join spells
        on
            looked_at.symbol = spells.symbol
            and looked_at.trade_date between spells.valid_from and spells.valid_to
    left join effects
        on
            spells.security_sk = effects.security_sk
            and looked_at.trade_date = effects.evidence_date

),

final as (

    select * from measured
    where abs(gap) > {{ var('adjustment_jump') }}

)

select * from final
