with explained as (

    select * from {{ ref('int_securities__explained') }}

),

described as (

    select * from {{ ref('int_securities__described') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

newest as (

    select max(dates.session_number) as session_number
    from explained
    inner join dates on explained.last_trade_date = dates.calendar_date

),

lives as (

    select
        security_sk,
        max(chain_no) as last_chain_no,
        max(case when isin is not null then chain_no end) as last_isin_chain_no,
        min(first_trade_date) as first_trade_date,
        max(last_trade_date) as last_trade_date,
        count(distinct symbol) as symbols_count,
        count(distinct isin) as isins_count,
        {{ dbt.listagg(
            'cast(evidence as varchar(2048))', "'; '", 'order by chain_no'
        ) }} as explanation
    from explained
    group by security_sk

),

known as (

    select
        lives.*,
        newest_spell.symbol,
        newest_spell.last_series as series,
        coalesce(newest_isin.isin, described.isin) as isin,
        described.company_name,
        described.industry,
        described.listed_on,
        described.face_value,
        described.is_listed,
        coalesce(
            dates.session_number
            >= newest.session_number - {{ var('current_within_sessions') }}, false
        ) as is_current
    from lives
    inner join explained as newest_spell
        on
            lives.security_sk = newest_spell.security_sk
            and lives.last_chain_no = newest_spell.chain_no
    left join explained as newest_isin
        on
            lives.security_sk = newest_isin.security_sk
            and lives.last_isin_chain_no = newest_isin.chain_no
    inner join described on lives.security_sk = described.security_sk
    left join dates on lives.last_trade_date = dates.calendar_date
    cross join newest

),

final as (

    select
        -- identity
        security_sk,
        cast(symbol as varchar(64)) as symbol,
        cast(series as varchar(8)) as series,
        cast(isin as varchar(16)) as isin,
        {{ security_type('symbol', 'isin') }} as security_type,

        -- description
        cast(company_name as varchar(256)) as company_name,
        cast(coalesce(industry, 'UNCLASSIFIED') as varchar(128)) as industry,
        listed_on,
        face_value,

        -- life
        first_trade_date,
        last_trade_date,
        is_current,
        not is_current and not is_listed as is_delisted_guess,

        -- how we know
        cast(symbols_count as integer) as symbols_count,
        cast(isins_count as integer) as isins_count,
        cast(left(explanation, 8192) as varchar(8192)) as explanation
    from known

)

select * from final
