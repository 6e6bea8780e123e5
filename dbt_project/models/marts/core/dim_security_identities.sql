-- Gated by the audit like every mart: depends_on {{ ref('int_quotes__disposed') }}
with explained as (

    select * from {{ ref('int_securities__explained') }}

),

followed as (

    select
        *,
        lead(first_trade_date) over (partition by security_sk order by chain_no) as next_from,
        lead(first_trade_date) over (
            partition by symbol order by first_trade_date
        ) as next_of_symbol_from
    from explained

),

final as (

    select
        security_sk,
        cast(symbol as varchar(64)) as symbol,
        cast(isin as varchar(16)) as isin,
        cast(last_series as varchar(8)) as series,
        first_trade_date as valid_from,
        coalesce(
            cast(
                {{ dbt.dateadd('day', -1, 'coalesce(next_from, next_of_symbol_from)') }} as date
            ),
            cast('9999-12-31' as date)
        ) as valid_to,
        last_trade_date,
        cast(sessions as integer) as sessions,
        cast(link_reason as varchar(32)) as link_reason,
        cast(evidence as varchar(2048)) as evidence
    from followed

)

select * from final
