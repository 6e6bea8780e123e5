select
    cast(null as bigint) as security_sk,
    cast(null as varchar) as symbol,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    cast(null as varchar) as link_reason
where 1 = 0
