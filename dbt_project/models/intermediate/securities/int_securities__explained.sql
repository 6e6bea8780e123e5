-- Each link in words, for people: what changed, on which day, and the two pieces of evidence.
with chains as (

    select * from {{ ref('int_securities__chains') }}

),

refused as (

    select
        to_spell_key,
        max(symbol_path || ' refused: ' || refused_because) as refusal
    from {{ ref('int_securities__links') }}
    where not is_accepted and second_evidence is null
    group by to_spell_key

),

{% set before = 'over (
            partition by security_sk order by chain_no
            rows between unbounded preceding and 1 preceding
        )' -%}

compared as (

    select
        *,
        last_value(symbol) {{ before }} as symbol_before,
        last_value(isin ignore nulls) {{ before }} as isin_before,
        case second_evidence
            when 'same_isin' then 'same ISIN'
            when 'same_issuer' then 'same issuer in the ISIN'
            when 'price_continued' then 'previous close continues'
            when 'adjacent_sessions' then 'sessions without a gap'
            when 'no_gap' then 'sessions without a gap'
            when 'short_gap' then 'short gap'
            when 'listed_since' then 'listed all the time'
        end as evidence
    from chains

),

final as (

    select
        compared.security_sk,
        compared.chain_no,
        compared.spell_key,
        compared.symbol,
        compared.isin,
        compared.last_series,
        compared.first_trade_date,
        compared.last_trade_date,
        compared.sessions,
        compared.link_reason,
        case
            when compared.link_reason = 'first_seen'
                then
                    compared.symbol || ' first seen '
                    || cast(compared.first_trade_date as varchar(10))
                    || coalesce(' (' || refused.refusal || ')', '')
            when compared.link_reason = 'renamed'
                then
                    'renamed ' || compared.symbol_path || ' '
                    || cast(compared.first_trade_date as varchar(10)) || ' ('
                    || case compared.kind
                        when 'symbol_change_list' then 'symbol change list, '
                        else 'same ISIN, '
                    end || compared.evidence || ')'
            else
                compared.symbol
                || case compared.link_reason
                    when 'isin_changed'
                        then
                            ' with ISIN ' || coalesce(compared.isin, 'unknown')
                            || coalesce(' after ' || compared.isin_before, '')
                    else ' absent ' || cast(compared.gap_days as varchar(10)) || ' days until'
                end
                || ' ' || cast(compared.first_trade_date as varchar(10))
                || ' (same symbol, ' || compared.evidence || ')'
        end as evidence
    from compared
    left join refused on compared.spell_key = refused.to_spell_key

)

select * from final
