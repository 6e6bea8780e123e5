{#- For engines without RANGE frames: the CTEs `spans` (key, from_day), `every_day` and `year_days`, which
    give each key of a relation a row for every calendar day from its first to its last trade_date,
    numbered from 0 (day_no). every_day has the `columns` ({name: expression}), NULL on days without a
    row; year_days the running high and low of blocks of 365 days, from the block's first day
    (high_so_far) and to its last (high_to_come): any 365 days are the end of one block and the beginning
    of the next, so no row looks at 365 others. One row of the relation per key and day.
    Example: with {{ every_day_of('bars', 'security_sk', {'high': 'high_adj', 'low': 'low_adj'}) }} -#}
{% macro every_day_of(relation, key, columns) -%}
  {%- set so_far = 'rows between unbounded preceding and current row' -%}
  spans as (
    select
      {{ key }},
      min(trade_date) as from_day,
      {{ dbt.datediff('min(trade_date)', 'max(trade_date)', 'day') }} as days
    from {{ relation }}
    group by {{ key }}
  ),

  numbers as (
    {{ dbt.generate_series(36525) }}
  ),

  days_after as (
    select cast(generated_number as integer) - 1 as day_no
    from numbers
    where generated_number <= (select max(spans.days) + 1 from spans)
  ),

  placed as (
    select
      rows_given.{{ key }},
      {{ dbt.datediff('spans.from_day', 'rows_given.trade_date', 'day') }} as day_no
      {%- for name, expression in columns.items() %},
      {{ expression }} as {{ name }}
      {%- endfor %}
    from {{ relation }} as rows_given
    inner join spans on rows_given.{{ key }} = spans.{{ key }}
  ),

  every_day as (
    select
      spans.{{ key }},
      days_after.day_no,
      days_after.day_no / 365 as block_no
      {%- for name in columns %},
      placed.{{ name }}
      {%- endfor %}
    from spans
    inner join days_after on spans.days >= days_after.day_no
    left join placed
      on spans.{{ key }} = placed.{{ key }} and days_after.day_no = placed.day_no
  ),

  year_days as (
    select
      {{ key }},
      day_no,
      {%- for direction, name in [('asc', 'so_far'), ('desc', 'to_come')] %}
      {%- set in_block = 'over (partition by ' ~ key ~ ', block_no order by day_no ' ~ direction ~ ' ' ~ so_far ~ ')' %}
      max(high) {{ in_block }} as high_{{ name }},
      min(low) {{ in_block }} as low_{{ name }}{{ ',' if not loop.last }}
      {%- endfor %}
    from every_day
  )
{%- endmacro %}

{#- Joins to `bars`, which has trade_date, the day itself and the one 364 days before, if there is one. -#}
{% macro join_year(bars, key) -%}
  {%- set day_no = dbt.datediff('spans.from_day', bars ~ '.trade_date', 'day') -%}
  inner join year_days as today
    on {{ bars }}.{{ key }} = today.{{ key }} and today.day_no = {{ day_no }}
  left join year_days as year_ago
    on {{ bars }}.{{ key }} = year_ago.{{ key }} and year_ago.day_no = {{ day_no }} - 364
{%- endmacro %}

{% macro year_high_low(today, year_ago) -%}
  greatest({{ today }}.high_so_far, {{ year_ago }}.high_to_come) as high_52w,
  least({{ today }}.low_so_far, {{ year_ago }}.low_to_come) as low_52w
{%- endmacro %}
