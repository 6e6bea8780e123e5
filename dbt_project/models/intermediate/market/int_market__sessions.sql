-- What the marts by session compare to know which sessions to make anew. Counts and ranks do not
-- change when a split rescales the whole history of a security, so the signature of a session is
-- made of ratios and flags: only sessions that really look different are computed again. It holds
-- whatever those marts take from earlier bars; what is of the session itself is in its version.
{% set flags = [
    'above_sma_50', 'above_sma_200', 'is_52w_high', 'is_52w_low', 'is_20d_high', 'is_20d_low',
] -%}
with indicators as (

    select * from {{ ref('fct_indicators_daily') }}

),

securities as (

    select
        security_sk,
        1 + mod(security_sk, 9973) as weight,
        {{ hash_bigint('security_type') }} as place,
        {{ hash_bigint('industry') }} as sector
    from {{ ref('dim_securities') }}

),

signed as (

    select
        indicators.trade_date,
        indicators.session_version,
        securities.weight,
        cast(securities.weight as decimal(38, 0)) * cast(
            floor(0.5 + 1000000000 * (
                coalesce(indicators.return_1d, 9)
                + 7 * coalesce(indicators.return_1m, 9)
                + 13 * coalesce(indicators.return_3m, 9)
                + 17 * least(coalesce(indicators.relative_volume, 9), 100000)
                + case when indicators.is_volume_shocker then 1 else 0 end
                {% for flag in flags -%}
                + case when indicators.{{ flag }} then {{ 2 * loop.index }} else 0 end
                {% endfor -%}
            )) as bigint
        ) + mod(securities.place, 1000000007) as signature,
        mod(securities.sector, 1000000007) as sector_signature
    from indicators
    inner join securities on indicators.security_sk = securities.security_sk

),

final as (

    select
        trade_date,
        {{ hash_bigint(
            "cast(max(session_version) as varchar(30)) || cast(sum(signature) as varchar(40))"
        ) }} as session_version,
        -- of the marts by industry, where a company may change the one for the other
        {{ hash_bigint(
            "cast(max(session_version) as varchar(30)) || cast(sum(signature) as varchar(40))"
            ~ " || cast(sum(sector_signature * weight) as varchar(40))"
        ) }} as sector_version
    from signed
    group by trade_date

)

select * from final
