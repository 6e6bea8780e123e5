with levels as (

    select * from {{ ref('fct_index_daily') }}

),

categories as (

    select * from {{ ref('index_categories') }}

),

printed as (

    select
        index_sk,
        index_name,
        {{ index_name_key('printed_name') }} as name_key,
        max(printed_name) as printed_name,
        min(trade_date) as first_trade_date,
        max(trade_date) as last_trade_date
    from levels
    group by index_sk, index_name, {{ index_name_key('printed_name') }}

),

lives as (

    select
        index_sk,
        index_name,
        min(first_trade_date) as first_trade_date,
        max(last_trade_date) as last_trade_date,
        count(*) as names_count,
        {{ dbt.listagg(
            "printed_name || ' ' || cast(first_trade_date as varchar(10)) || ' to '"
            ~ " || cast(last_trade_date as varchar(10))",
            "'; '", 'order by first_trade_date'
        ) }} as explanation
    from printed
    group by index_sk, index_name

),

final as (

    select
        lives.index_sk,
        cast(lives.index_name as varchar(128)) as index_name,
        cast(coalesce(categories.index_category, 'other') as varchar(16)) as index_category,
        lives.first_trade_date,
        lives.last_trade_date,
        cast(lives.names_count as integer) as names_count,
        cast(lives.explanation as varchar(2048)) as explanation
    from lives
    left join categories on lives.index_name = categories.index_name

)

select * from final
