-- What a security's history is made from, as one number: who it is and all its factors. And as
-- another number that part of it which changes ratios between its own prices: a dividend known by
-- its ex-date changes none of bars that are built already, so indicators need not be made anew.
with identities as (

    select * from {{ ref('int_securities__versions') }}

),

factors as (

    select
        *,
        cast(ex_date as varchar(10)) as ex_day,
        cast(cast(share_factor as decimal(24, 10)) as varchar(40)) as shares_text,
        cast(cast(tr_multiplier as decimal(24, 10)) as varchar(40)) as returns_text
    from {{ ref('int_corporate_actions__price_factors') }}

),

summed as (

    select
        security_sk,
        {{ dbt.listagg(
            "ex_day || ' ' || shares_text || ' ' || returns_text", "','", "order by ex_day"
        ) }} as all_factors,
        {{ dbt.listagg(
            "case when share_factor <> 1 or cast(learned_at as date) > ex_date"
            ~ " then ex_day || ' ' || shares_text"
            ~ " || case when cast(learned_at as date) > ex_date then ' ' || returns_text else '' end"
            ~ " end", "','", "order by ex_day"
        ) }} as share_factors
    from factors
    group by security_sk

),

final as (

    select
        identities.security_sk,
        {{ hash_bigint(
            "cast(identities.identity_version as varchar(20)) || coalesce(summed.all_factors, '')"
        ) }} as security_version,
        {{ hash_bigint(
            "cast(identities.identity_version as varchar(20)) || coalesce(summed.share_factors, '')"
        ) }} as share_version
    from identities
    left join summed on identities.security_sk = summed.security_sk

)

select * from final
