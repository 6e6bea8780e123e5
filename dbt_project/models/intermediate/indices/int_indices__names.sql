-- Each name is followed through its changes to the one of today. What the seed does not list
-- follows the rule of 2015: CNX became Nifty; before, S&P CNX became CNX.
with recursive seeded as (

    select
        {{ index_name_key('old_name') }} as old_key,
        {{ index_name_key('new_name') }} as new_key,
        changed_on
    from {{ ref('index_renames') }}

),

seen as (

    select distinct {{ index_name_key('index_name') }} as name_key
    from {{ ref('stg_nse__index_closes') }}
    where index_name is not null

    union

    select distinct {{ index_name_key('symbol') }} as name_key
    from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'index'

    union

    select old_key as name_key from seeded

    union

    select new_key as name_key from seeded

),

named as (

    select name_key from seen

    union

    select substring(name_key, 5) as name_key
    from seen
    where name_key like 'S&P CNX %'

    union

    select 'NIFTY ' || substring(name_key, 5) as name_key
    from seen
    where name_key like 'CNX %'

    union

    select 'NIFTY ' || substring(name_key, 9) as name_key
    from seen
    where name_key like 'S&P CNX %'

),

changes as (

    select
        old_key,
        new_key,
        changed_on
    from seeded

    union all

    select
        named.name_key as old_key,
        case
            when named.name_key like 'CNX %' then 'NIFTY ' || substring(named.name_key, 5)
            else substring(named.name_key, 5)
        end as new_key,
        case
            when named.name_key like 'CNX %' then cast('2015-11-09' as date)
            else cast('2013-02-01' as date)
        end as changed_on
    from named
    left join seeded on named.name_key = seeded.old_key
    where
        seeded.old_key is null
        and (named.name_key like 'CNX %' or named.name_key like 'S&P CNX %')

),

followed (name_key, later_key, arrived_on, hops) as (

    select
        name_key,
        cast(name_key as varchar(256)) as later_key,
        cast('1900-01-01' as date) as arrived_on,
        0 as hops
    from named

    union all

    select
        followed.name_key,
        cast(changes.new_key as varchar(256)) as later_key,
        changes.changed_on as arrived_on,
        followed.hops + 1 as hops
    from followed
    inner join changes
        on followed.later_key = changes.old_key and followed.arrived_on <= changes.changed_on
    where followed.hops < 12

),

ranked as (

    select
        *,
        row_number() over (partition by name_key order by hops desc) as last_first
    from followed

),

final as (

    select
        name_key,
        {{ hash_bigint("'index ' || later_key") }} as index_sk,
        later_key as index_name
    from ranked
    where last_first = 1

)

select * from final
