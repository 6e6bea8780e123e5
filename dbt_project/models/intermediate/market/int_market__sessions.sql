-- What the marts by session compare to know which sessions to make anew. Counts and ranks do not
-- change when a split rescales the whole history of a security, so the signature of a session is
-- made of ratios and flags: only sessions that really look different are computed again.
with indicators as (

    select * from {{ ref('fct_indicators_daily') }}

),

securities as (

    select
        security_sk,
        mod(security_sk, 9973) as weight,
        {{ hash_bigint("industry || '|' || security_type") }} as place
    from {{ ref('dim_securities') }}

),

signed as (

    select
        indicators.trade_date,
        indicators.session_version,
        cast(
            securities.weight * (
                cast(round(coalesce(indicators.return_1d, 9) * 1000000) as bigint)
                + case when indicators.above_sma_50 then 1 else 0 end
                + case when indicators.above_sma_200 then 2 else 0 end
                + case when indicators.is_52w_high then 4 else 0 end
                + case when indicators.is_52w_low then 8 else 0 end
            ) + mod(securities.place, 1000000007) as decimal(38, 0)
        ) as signature
    from indicators
    inner join securities on indicators.security_sk = securities.security_sk

),

final as (

    select
        trade_date,
        {{ hash_bigint(
            "cast(max(session_version) as varchar(30)) || cast(sum(signature) as varchar(40))"
        ) }} as session_version
    from signed
    group by trade_date

)

select * from final
