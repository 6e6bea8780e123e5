with quotes as (

    select * from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'share'

),

dates as (

    select * from {{ ref('dim_dates') }}

),

{% set newest_first -%}
    over (
            partition by instrument_sk order by trade_date desc
            rows between unbounded preceding and unbounded following
        )
{%- endset %}
{% set whole_life = 'over (partition by instrument_sk)' -%}

described as (

    select
        instrument_sk,
        symbol,
        trade_date,
        first_value(series) {{ newest_first }} as series,
        first_value(company_name ignore nulls) {{ newest_first }} as company_name,
        first_value(industry ignore nulls) {{ newest_first }} as industry,
        first_value(isin ignore nulls) {{ newest_first }} as isin,
        min(trade_date) {{ whole_life }} as first_trade_date,
        max(trade_date) {{ whole_life }} as last_trade_date
    from quotes

),

newest as (

    select max(dates.session_number) as session_number
    from quotes
    inner join dates on quotes.trade_date = dates.calendar_date

),

final as (

    select
        cast(described.instrument_sk as varchar(32)) as security_sk,
        cast(described.symbol as varchar(64)) as symbol,
        cast(described.series as varchar(8)) as series,
        cast(described.company_name as varchar(256)) as company_name,
        cast(coalesce(described.industry, 'UNCLASSIFIED') as varchar(128)) as industry,
        cast(described.isin as varchar(16)) as isin,
        described.first_trade_date,
        described.last_trade_date,
        dates.session_number
        >= newest.session_number - {{ var('current_within_sessions') }} as is_current
    from described
    inner join dates on described.last_trade_date = dates.calendar_date
    cross join newest
    where described.trade_date = described.last_trade_date

)

select * from final
