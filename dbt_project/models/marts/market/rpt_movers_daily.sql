{{ session_config('int_market__sessions', ["{{ forget_other_names(ref('dim_securities')) }}"]) }}

with {{ sessions_to_build(ref('int_market__sessions')) }},

moves as (

    select
        market.*,
        sessions.session_version as content_version,
        {{ crore('market.turnover_inr') }} as turnover_cr
    from {{ ref('int_market__moves') }} as market
    inner join sessions on market.trade_date = sessions.trade_date
    where market.security_type <> 'rights_entitlement'

),

{% set floor = 'turnover_cr >= ' ~ var('movers_min_turnover_cr') -%}
{% set lists = [
    {'name': 'gainers', 'key': 'return_1d desc', 'where': 'return_1d > 0 and ' ~ floor},
    {'name': 'losers', 'key': 'return_1d', 'where': 'return_1d < 0 and ' ~ floor},
    {'name': 'most_active_value', 'key': 'turnover_inr desc', 'where': 'turnover_inr > 0'},
    {'name': 'most_active_volume', 'key': 'traded_volume desc', 'where': 'traded_volume > 0'},
    {'name': 'volume_shockers', 'key': 'relative_volume desc', 'where': 'is_volume_shocker'},
    {
        'name': 'delivery_leaders', 'key': 'delivery_pct desc, turnover_inr desc',
        'where': 'delivery_pct is not null and ' ~ floor
    },
] -%}

ranked as (

    {% for list in lists -%}
    select
        security_sk,
        trade_date,
        '{{ list.name }}' as list_name,
        row_number() over (
            partition by trade_date order by {{ list.key }}, security_sk
        ) as rank_no
    from moves
    where {{ list.where }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

listed as (

    select * from ranked
    where rank_no <= {{ var('movers_list_length') }}

),

securities as (

    select * from {{ ref('dim_securities') }}

),

final as (

    select
        listed.trade_date,
        cast(listed.list_name as varchar(32)) as list_name,
        cast(listed.rank_no as integer) as rank_no,
        listed.security_sk,
        prices.symbol,
        prices.series,
        securities.company_name,
        prices.close_price,
        moves.return_1d,
        moves.turnover_cr,
        moves.traded_volume,
        moves.relative_volume,
        moves.delivery_pct,
        moves.content_version as session_version
    from listed
    inner join moves
        on listed.security_sk = moves.security_sk and listed.trade_date = moves.trade_date
    inner join {{ ref('fct_prices_daily') }} as prices
        on listed.security_sk = prices.security_sk and listed.trade_date = prices.trade_date
    inner join securities on listed.security_sk = securities.security_sk

)

select * from final
