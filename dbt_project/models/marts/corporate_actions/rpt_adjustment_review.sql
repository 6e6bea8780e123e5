{%- set text = dbt.type_string() -%}

with events as (

    select
        *,
        {{ review_kind() }} as review_kind
    from {{ ref('int_corporate_actions__judged') }}

),

parked as (

    select
        event_sk as review_sk,
        review_kind,
        case when event_type in ('dividend', 'special_dividend', 'demerger') then 2 else 1 end
            as priority,
        security_sk,
        symbol,
        ex_date as event_date,
        coalesce(judgement, final_status) as reason,
        subject,
        open_price,
        previous_close_price,
        open_price / previous_close_price - 1 as price_change,
        share_factor as suggested_factor,
        cast(null as {{ text }}) as suggested_ratio,
        1 as cases,
        learned_at
    from events
    where review_kind is not null and review_kind <> 'unknown_symbol'

),

unknown_symbols as (

    select
        {{ surrogate_key(["'unknown_symbol'", 'symbol']) }} as review_sk,
        'unknown_symbol' as review_kind,
        2 as priority,
        cast(null as bigint) as security_sk,
        symbol,
        max(ex_date) as event_date,
        'symbol_unknown' as reason,
        max(subject) as subject,
        cast(null as double precision) as open_price,
        cast(null as double precision) as previous_close_price,
        cast(null as double precision) as price_change,
        cast(null as double precision) as suggested_factor,
        cast(null as {{ text }}) as suggested_ratio,
        count(*) as cases,
        min(learned_at) as learned_at
    from events
    where review_kind = 'unknown_symbol'
    group by symbol

),

jumps as (

    select
        {{ surrogate_key(["'jump'", 'security_sk', 'symbol', 'trade_date']) }} as review_sk,
        case when cause is null then 'unexplained_jump' else 'labelled_jump' end as review_kind,
        case when cause is null then 1 else 3 end as priority,
        security_sk,
        symbol,
        trade_date as event_date,
        coalesce(cause, 'no_action_explains_it') as reason,
        cast(null as {{ text }}) as subject,
        open_price,
        previous_close_price,
        gap as price_change,
        case when cause is null then fitting_factor end as suggested_factor,
        case when cause is null then fitting_ratio end as suggested_ratio,
        1 as cases,
        fetched_at as learned_at
    from {{ ref('int_corporate_actions__jumps') }}

),

reviews as (

    select * from parked
    union all
    select * from unknown_symbols
    union all
    select * from jumps

),

final as (

    select
        cast(review_sk as varchar(32)) as review_sk,
        cast(review_kind as varchar(32)) as review_kind,
        cast(priority as integer) as priority,
        security_sk,
        cast(symbol as varchar(64)) as symbol,
        event_date,
        cast(reason as varchar(64)) as reason,
        cast(subject as varchar(1024)) as subject,
        open_price,
        previous_close_price,
        price_change,
        suggested_factor,
        cast(suggested_ratio as varchar(64)) as suggested_ratio,
        cast({{ review_step() }} as varchar(256)) as next_step,
        cast(cases as bigint) as cases,
        learned_at
    from reviews

)

select * from final
