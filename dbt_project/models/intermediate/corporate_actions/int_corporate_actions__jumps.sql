{#- The few bars that jump, looked at more closely: is there a harmless cause, and which simple
    ratio would explain it. -#}

with jumps as (

    select * from {{ ref('int_corporate_actions__gaps') }}

),

previous_bars as (

    select
        jumps.security_sk,
        jumps.trade_date,
        max(bars.trade_date) as previous_bar_date
    from jumps
    inner join {{ ref('int_securities__symbols') }} as spells
        on jumps.security_sk = spells.security_sk
    inner join {{ ref('int_prices__bars') }} as bars
        on
            spells.symbol = bars.symbol
            and bars.trade_date between spells.valid_from and spells.valid_to
            and jumps.trade_date > bars.trade_date
    group by jumps.security_sk, jumps.trade_date

),

traded_before as (

    select
        security_sk,
        trade_date,
        previous_bar_date,
        {{ dbt.datediff(
            'previous_bar_date', 'trade_date', 'day'
        ) }} as days
    from previous_bars

),

parked as (

    select
        events.security_sk,
        coalesce(events.evidence_date, events.ex_date) as evidence_date,
        case
            when max(case when events.event_type = 'demerger' then 1 else 0 end) = 1 then 'demerger'
            else 'action_in_review'
        end as cause
    from {{ ref('int_corporate_actions__judged') }} as events
    where events.final_status = 'needs_review'
    group by events.security_sk, coalesce(events.evidence_date, events.ex_date)

),

ratios as (

    {{ simple_share_ratios() }}

),

fits as (

    select
        jumps.security_sk,
        jumps.symbol,
        jumps.trade_date,
        ratios.ratio_name,
        ratios.factor,
        row_number() over (
            partition by jumps.security_sk, jumps.symbol, jumps.trade_date
            order by abs(ln(ratios.factor * (1 + jumps.gap)))
        ) as nth
    from jumps
    inner join ratios on abs(ln(ratios.factor * (1 + jumps.gap))) < 0.07

),

final as (

    select
        jumps.*,
        traded_before.previous_bar_date,
        case
            when traded_before.previous_bar_date is null then 'listing_day'
            when parked.cause is not null then parked.cause
            when traded_before.days > 30 then 'long_gap'
            when {{ text_matches('jumps.symbol', '.*-RE[0-9]*') }} then 'rights_entitlement'
        end as cause,
        fits.ratio_name as fitting_ratio,
        fits.factor as fitting_factor
    from jumps
    left join traded_before
        on
            jumps.security_sk = traded_before.security_sk
            and jumps.trade_date = traded_before.trade_date
    left join parked
        on jumps.security_sk = parked.security_sk and jumps.trade_date = parked.evidence_date
    left join fits
        on
            jumps.security_sk = fits.security_sk
            and jumps.symbol = fits.symbol
            and jumps.trade_date = fits.trade_date
            and fits.nth = 1

)

select * from final
