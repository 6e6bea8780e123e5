{#- The rows of a CTE with the highest high and lowest low of 365 days including the row's own, per key:
    columns high_52w, low_52w. The CTE has trade_date; high and low are expressions over its columns.
    Example: select * from ({{ year_extremes('levels', 'index_sk', 'high_price', 'low_price') }}) as y -#}
{% macro year_extremes(relation, key, high, low) -%}
  {{ return(adapter.dispatch('year_extremes')(relation, key, high, low)) }}
{%- endmacro %}

{% macro default__year_extremes(relation, key, high, low) -%}
  {{ exceptions.raise_compiler_error('year_extremes has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__year_extremes(relation, key, high, low) -%}
  {%- set year -%}
    over (
      partition by {{ key }} order by trade_date
      range between interval 364 day preceding and current row
    )
  {%- endset -%}
  select *, max({{ high }}) {{ year }} as high_52w, min({{ low }}) {{ year }} as low_52w
  from {{ relation }}
{%- endmacro %}

{#- Redshift has no RANGE frames: the year is a self join. -#}
{% macro redshift__year_extremes(relation, key, high, low) -%}
  select rows_now.*, years.high_52w, years.low_52w
  from {{ relation }} as rows_now
  inner join (
    select days.{{ key }}, days.trade_date, max(past.high) as high_52w, min(past.low) as low_52w
    from {{ relation }} as days
    inner join (
      select {{ key }}, trade_date, {{ high }} as high, {{ low }} as low from {{ relation }}
    ) as past
      on days.{{ key }} = past.{{ key }}
      and past.trade_date between {{ dbt.dateadd('day', -364, 'days.trade_date') }}
      and days.trade_date
    group by days.{{ key }}, days.trade_date
  ) as years
    on rows_now.{{ key }} = years.{{ key }} and rows_now.trade_date = years.trade_date
{%- endmacro %}
