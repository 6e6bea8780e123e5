-- Another symbol, or another stretch of one, changes the version; another session does not.
select
    security_sk,
    cast(
        sum({{ hash_bigint(
            "symbol || cast(valid_from as varchar(10)) || cast(valid_to as varchar(10))"
        ) }}) as bigint
    ) as identity_version
from {{ ref('int_securities__symbols') }}
group by security_sk
