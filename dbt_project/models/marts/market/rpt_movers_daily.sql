with prices as (

    select * from {{ ref('fct_ohlc_daily') }}

),

securities as (

    select * from {{ ref('dim_securities') }}

),

{% set floor = 'turnover_cr >= ' ~ var('movers_min_turnover_cr') -%}
{% set lists = [
    {'name': 'gainers', 'key': 'return_1d desc', 'where': 'return_1d > 0 and ' ~ floor},
    {'name': 'losers', 'key': 'return_1d', 'where': 'return_1d < 0 and ' ~ floor},
    {'name': 'most_active_value', 'key': 'turnover_inr desc', 'where': 'turnover_inr > 0'},
    {'name': 'most_active_volume', 'key': 'traded_volume desc', 'where': 'traded_volume > 0'},
] -%}

ranked as (

    {% for list in lists -%}
    select
        security_sk,
        trade_date,
        '{{ list.name }}' as list_name,
        row_number() over (partition by trade_date order by {{ list.key }}, symbol) as rank_no
    from prices
    where {{ list.where }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        ranked.trade_date,
        cast(ranked.list_name as varchar(32)) as list_name,
        cast(ranked.rank_no as integer) as rank_no,
        prices.security_sk,
        prices.symbol,
        prices.series,
        securities.company_name,
        prices.close_price,
        prices.return_1d,
        prices.turnover_cr,
        prices.traded_volume
    from ranked
    inner join prices
        on ranked.security_sk = prices.security_sk and ranked.trade_date = prices.trade_date
    inner join securities on ranked.security_sk = securities.security_sk
    where ranked.rank_no <= {{ var('movers_list_length') }}

)

select * from final
