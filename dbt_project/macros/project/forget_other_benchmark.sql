{#- Deletes the rows from the first session on whose index figures are not those that {{ this }} was
    built with: see indicator_config. -#}
{% macro forget_other_benchmark() -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where trade_date >= (
    select min(built.trade_date)
    from (
      select
        trade_date,
        max(benchmark_close) as benchmark_close,
        max(benchmark_return_1d) as benchmark_return_1d
      from {{ this }}
      group by trade_date
    ) as built
    left join {{ ref('int_indicators__benchmark') }} as benchmark
      on built.trade_date = benchmark.trade_date
    where coalesce(built.benchmark_close, -1) <> coalesce(benchmark.benchmark_close, -1)
      or coalesce(built.benchmark_return_1d, -9) <> coalesce(benchmark.benchmark_return_1d, -9)
  )
  {%- endif -%}
{%- endmacro %}
