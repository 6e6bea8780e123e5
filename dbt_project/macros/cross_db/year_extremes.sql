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

{#- Redshift has no RANGE frames: see every_day_of. -#}
{% macro redshift__year_extremes(relation, key, high, low) -%}
  with {{ every_day_of(relation, key, {'high': high, 'low': low}) }}

  select
    bars.*,
    {{ year_high_low('today', 'year_ago') }}
  from {{ relation }} as bars
  inner join spans on bars.{{ key }} = spans.{{ key }}
  {{ join_year('bars', key) }}
{%- endmacro %}
