-- Between two ex-dates a security's factors stand still. share_factor is the product of the
-- factors of all later ex-dates, so the latest segment has 1; tr_factor likewise, with dividends.
with factors as (

    select
        security_sk,
        ex_date,
        ln(share_factor) as log_shares,
        ln(tr_multiplier) - ln(share_factor) as log_returns
    from {{ ref('int_corporate_actions__price_factors') }}

),

securities as (

    select * from {{ ref('int_prices__versions') }}

),

before_ex_dates as (

    select
        security_sk,
        coalesce(
            lag(ex_date) over (partition by security_sk order by ex_date),
            cast('1900-01-01' as date)
        ) as from_date,
        ex_date as until_date,
        sum(log_shares) over (
            partition by security_sk order by ex_date
            rows between current row and unbounded following
        ) as log_shares,
        sum(log_returns) over (
            partition by security_sk order by ex_date
            rows between current row and unbounded following
        ) as log_returns
    from factors

),

latest as (

    select
        securities.security_sk,
        coalesce(max(factors.ex_date), cast('1900-01-01' as date)) as from_date
    from securities
    left join factors on securities.security_sk = factors.security_sk
    group by securities.security_sk

),

final as (

    -- exp(ln()) leaves 10.000000000000002 where 10 is meant
    select
        security_sk,
        from_date,
        until_date,
        {{ rounded('exp(log_shares)', 12) }} as share_factor,
        {{ rounded('exp(log_returns)', 12) }} as tr_factor
    from before_ex_dates

    union all

    select
        security_sk,
        from_date,
        cast('9999-12-31' as date) as until_date,
        cast(1 as double precision) as share_factor,
        cast(1 as double precision) as tr_factor
    from latest

)

select * from final
