{{ config(materialized='view') }}

with indices as (

    select * from {{ ref('fct_index_daily') }}
    where index_name = '{{ var("benchmark_index") }}'

),

levels as (

    select
        trade_date,
        cast(close_price as double precision) as benchmark_close,
        lag(cast(close_price as double precision)) over (order by trade_date) as previous_close
    from indices

),

final as (

    select
        trade_date,
        benchmark_close,
        {{ ratio('benchmark_close', 'previous_close') }} - 1 as benchmark_return_1d
    from levels

)

select * from final
