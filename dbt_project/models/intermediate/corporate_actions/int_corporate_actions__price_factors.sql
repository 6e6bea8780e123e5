select
    cast(null as bigint) as security_sk,
    cast(null as date) as ex_date,
    cast(null as double precision) as share_factor,
    cast(null as double precision) as dividend_inr,
    cast(null as double precision) as tr_multiplier,
    cast(null as timestamp) as learned_at,
    cast(null as boolean) as is_manual,
    cast(null as varchar) as description
where 1 = 0
