{#- The rows of a CTE with what each security was worth on calendar dates before: close_adj of its last
    bar on or before the same date a week, 1, 3, 6 months, 1, 3, 5 years back, close_tr a year back
    (NULL where there is none), and its highest and lowest price of 365 days including today,
    with the latest day of that high. The CTE has security_sk, trade_date, close_adj, close_tr,
    high_adj, low_adj. A month back from the 31st is the last day of the month before.
    Example: select * from ({{ calendar_windows('bars') }}) as looked_back -#}
{% macro calendar_windows(relation) -%}
  {{ return(adapter.dispatch('calendar_windows')(relation)) }}
{%- endmacro %}

{% macro default__calendar_windows(relation) -%}
  {{ exceptions.raise_compiler_error('calendar_windows has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro calendar_lookbacks() -%}
  {{ return([
    ('1w', 'day', 7), ('1m', 'month', 1), ('3m', 'month', 3), ('6m', 'month', 6),
    ('1y', 'year', 1), ('3y', 'year', 3), ('5y', 'year', 5),
  ]) }}
{%- endmacro %}

{#- Frames over whole numbers are twice as fast as over dates. Months are counted as if all had 31
    days: so many months back from a 31st lies behind the last day of a shorter month, as it should. -#}
{% macro duckdb__calendar_windows(relation) -%}
  {%- set by_month = 'partition by security_sk order by month_day range between' -%}
  {%- set by_day = 'partition by security_sk order by day_number range between' -%}
  {%- set days = {'day': 1, 'month': 31, 'year': 372} -%}
  select
    *,
    highest.high as high_52w,
    highest.trade_date as high_52w_date
  from (
    select
      *,
      {%- for name, unit, n in calendar_lookbacks() %}
      last_value(close_adj) over (
        {{ by_day if unit == 'day' else by_month }}
        unbounded preceding and {{ n * days[unit] }} preceding
      ) as close_adj_{{ name }},
      {%- endfor %}
      last_value(close_tr) over (
        {{ by_month }} unbounded preceding and {{ days['year'] }} preceding
      ) as close_tr_1y,
      max({'high': high_adj, 'trade_date': trade_date}) over (
        {{ by_day }} 364 preceding and current row
      ) as highest,
      min(low_adj) over ({{ by_day }} 364 preceding and current row) as low_52w
    from (
      select
        *,
        trade_date - date '1990-01-01' as day_number,
        cast(
          year(trade_date) * 372 + month(trade_date) * 31 + day(trade_date) as integer
        ) as month_day
      from {{ relation }}
    ) as numbered
  ) as looked_back
{%- endmacro %}

{#- Redshift has no RANGE frames: with a row for every day a date back is found by an equal join, and
    365 days are the end of one block of 365 and the beginning of the next (see every_day_of). Equal
    joins all, on the key by which the tables are distributed. -#}
{% macro redshift__calendar_windows(relation) -%}
  {%- set so_far = 'over (partition by security_sk order by day_no rows between unbounded preceding and current row)' -%}
  with {{ every_day_of(relation, 'security_sk', {
    'high': 'high_adj', 'low': 'low_adj', 'close_adj': 'close_adj', 'close_tr': 'close_tr'
  }) }},

  known as (
    select
      security_sk,
      day_no,
      last_value(close_adj ignore nulls) {{ so_far }} as close_adj,
      last_value(close_tr ignore nulls) {{ so_far }} as close_tr
    from every_day
  ),

  extremes as (
    select
      bars.security_sk,
      bars.trade_date,
      {{ year_high_low('today', 'year_ago') }},
      {%- for name, unit, n in calendar_lookbacks() %}
      ago_{{ name }}.close_adj as close_adj_{{ name }},
      {%- endfor %}
      ago_1y.close_tr as close_tr_1y
    from {{ relation }} as bars
    inner join spans on bars.security_sk = spans.security_sk
    {{ join_year('bars', 'security_sk') }}
    {%- for name, unit, n in calendar_lookbacks() %}
    left join known as ago_{{ name }}
      on bars.security_sk = ago_{{ name }}.security_sk
      and ago_{{ name }}.day_no
        = {{ dbt.datediff('spans.from_day', dbt.dateadd(unit, -n, 'bars.trade_date'), 'day') }}
    {%- endfor %}
  ),

  highest as (
    select
      extremes.security_sk,
      extremes.trade_date,
      max(past.trade_date) as high_52w_date
    from extremes
    inner join {{ relation }} as past
      on extremes.security_sk = past.security_sk
      and extremes.high_52w = past.high_adj
      and past.trade_date between {{ dbt.dateadd('day', -364, 'extremes.trade_date') }}
      and extremes.trade_date
    group by extremes.security_sk, extremes.trade_date
  )

  select
    bars.*,
    {%- for name, unit, n in calendar_lookbacks() %}
    extremes.close_adj_{{ name }},
    {%- endfor %}
    extremes.close_tr_1y,
    extremes.high_52w,
    extremes.low_52w,
    highest.high_52w_date
  from {{ relation }} as bars
  inner join extremes
    on bars.security_sk = extremes.security_sk and bars.trade_date = extremes.trade_date
  left join highest
    on bars.security_sk = highest.security_sk and bars.trade_date = highest.trade_date
{%- endmacro %}
