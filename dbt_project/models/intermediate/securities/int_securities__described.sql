with aliases as (

    select * from {{ ref('int_securities__aliases') }}

),

quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'share'

),

equity_list as (

    select * from {{ ref('stg_nse__equity_list') }}

),

constituents as (

    select
        symbol,
        max(industry) as industry,
        max(company_name) as company_name
    from {{ ref('stg_nse__index_constituents') }}
    group by symbol

),

newest as (

    select
        security_sk,
        max(chain_no) as chain_no
    from {{ ref('int_securities__chains') }}
    group by security_sk

),

-- The lists describe whoever has the symbol today.
holders as (

    select
        newest.security_sk,
        case when aliases.security_sk = newest.security_sk then chains.symbol end as listed_symbol
    from newest
    inner join {{ ref('int_securities__chains') }} as chains
        on newest.security_sk = chains.security_sk and newest.chain_no = chains.chain_no
    left join aliases
        on chains.symbol = aliases.symbol and aliases.valid_to = cast('9999-12-31' as date)

),

{% set newest_first -%}
    over (
            partition by aliases.security_sk order by quotes.trade_date desc
            rows between unbounded preceding and unbounded following
        )
{%- endset %}

-- A quote that leaves a description out does not erase an older one.
quoted as (

    select distinct
        aliases.security_sk,
        first_value(quotes.company_name ignore nulls) {{ newest_first }} as company_name,
        first_value(quotes.industry ignore nulls) {{ newest_first }} as industry,
        first_value(quotes.isin ignore nulls) {{ newest_first }} as isin
    from quotes
    inner join aliases
        on
            quotes.symbol = aliases.symbol
            and quotes.trade_date between aliases.valid_from and aliases.valid_to

),

final as (

    select
        holders.security_sk,
        coalesce(quoted.company_name, equity_list.company_name, constituents.company_name)
            as company_name,
        coalesce(quoted.industry, constituents.industry) as industry,
        coalesce(quoted.isin, equity_list.isin) as isin,
        equity_list.listed_on,
        equity_list.face_value,
        coalesce(equity_list.is_listed, false) as is_listed
    from holders
    left join quoted on holders.security_sk = quoted.security_sk
    left join equity_list on holders.listed_symbol = equity_list.symbol
    left join constituents on holders.listed_symbol = constituents.symbol

)

select * from final
