with chains as (

    select * from {{ ref('int_securities__chains') }}

),

compared as (

    select
        *,
        lag(security_sk) over (partition by symbol order by first_trade_date) as owner_before,
        lag(symbol) over (partition by security_sk order by chain_no) as symbol_before
    from chains

),

numbered as (

    select
        *,
        sum(
            case when owner_before = security_sk and symbol_before = symbol then 0 else 1 end
        ) over (
            partition by symbol order by first_trade_date
            rows between unbounded preceding and current row
        ) as range_no
    from compared

),

ranges as (

    select
        security_sk,
        symbol,
        range_no,
        min(first_trade_date) as valid_from,
        min(chain_no) as first_chain_no
    from numbered
    group by security_sk, symbol, range_no

),

bounded as (

    select
        *,
        lead(valid_from) over (partition by symbol order by valid_from) as next_owner_from,
        lead(valid_from) over (partition by security_sk order by valid_from) as next_symbol_from
    from ranges

),

final as (

    select
        bounded.security_sk,
        bounded.symbol,
        bounded.valid_from,
        coalesce(
            cast(
                {{ dbt.dateadd('day', -1, 'least(
                    coalesce(bounded.next_owner_from, bounded.next_symbol_from),
                    coalesce(bounded.next_symbol_from, bounded.next_owner_from)
                )') }} as date
            ),
            cast('9999-12-31' as date)
        ) as valid_to,
        chains.link_reason
    from bounded
    inner join chains
        on
            bounded.security_sk = chains.security_sk
            and bounded.first_chain_no = chains.chain_no

)

select * from final
