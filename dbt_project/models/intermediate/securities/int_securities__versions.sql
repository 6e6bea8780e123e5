select
    cast(null as bigint) as security_sk,
    cast(null as bigint) as identity_version
where 1 = 0
