{#- What people corrected: the seed of the project and the operator's files. An operator's line says
    what the share factor of that ex-date is, whatever the feed says; the newest line counts, and one
    with an empty factor withdraws what was said before. -#}

with operator_lines as (

    select
        symbol,
        ex_date,
        ex_date_text,
        share_factor,
        share_factor_text,
        evidence,
        min(fetched_at) as learned_at,
        max(fetched_at) as last_seen_at,
        min(source_key) as source_key
    from {{ ref('stg_operator__adjustment_corrections') }}
    group by symbol, ex_date, ex_date_text, share_factor, share_factor_text, evidence

),

operator_current as (

    select
        *,
        row_number() over (
            partition by symbol, ex_date_text
            order by last_seen_at desc, learned_at desc, share_factor asc
        ) as nth
    from operator_lines

),

said as (

    select
        'operator' as channel,
        symbol,
        ex_date,
        ex_date_text,
        case when share_factor_text is null then 'withdraw' else 'set' end as correction,
        share_factor,
        evidence as reason,
        learned_at,
        source_key,
        nth = 1 as is_current,
        case
            when
                share_factor_text is not null and share_factor is null
                then 'correction_not_readable'
            when ex_date is null then 'ex_date_unknown'
        end as flaw
    from operator_current

    union all

    select
        'seed' as channel,
        seed.symbol,
        seed.ex_date,
        cast(seed.ex_date as {{ dbt.type_string() }}) as ex_date_text,
        seed.correction,
        cast(seed.share_factor as double precision) as share_factor,
        seed.reason,
        cast(seed.ex_date as timestamp) as learned_at,
        'seeds/adjustment_corrections.csv' as source_key,
        operator_current.symbol is null as is_current,
        case
            when
                seed.correction <> 'drop' and seed.share_factor is null
                then 'correction_not_readable'
        end
            as flaw
    from {{ ref('adjustment_corrections') }} as seed
    left join operator_current
        on
            seed.symbol = operator_current.symbol
            and seed.ex_date = operator_current.ex_date
            and operator_current.nth = 1
            and operator_current.share_factor is not null

),

bearers as (

    {{ symbol_bearers('said') }}

),

final as (

    select
        {{ surrogate_key([
            'said.channel', 'said.symbol', 'said.ex_date_text', 'said.correction',
            'cast(said.share_factor as decimal(24, 10))', 'said.reason'
        ]) }} as correction_sk,
        bearers.security_sk,
        bearers.security_link,
        said.*
    from said
    left join bearers on said.symbol = bearers.symbol and said.ex_date = bearers.ex_date

)

select * from final
