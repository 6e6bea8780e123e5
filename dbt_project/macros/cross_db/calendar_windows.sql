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

{#- Redshift has no RANGE frames: the dates looked up are rows of their own among the bars, and the year
    is a self join. -#}
{% macro redshift__calendar_windows(relation) -%}
  select
    bars.*,
    {%- for name, unit, n in calendar_lookbacks() %}
    looked_back.close_adj_{{ name }},
    {%- endfor %}
    looked_back.close_tr_1y,
    extremes.high_52w,
    extremes.low_52w,
    highest.high_52w_date
  from {{ relation }} as bars
  inner join (
    select
      security_sk,
      asked_on,
      {%- for name, unit, n in calendar_lookbacks() %}
      max(case when lookback = '{{ name }}' then close_adj end) as close_adj_{{ name }},
      {%- endfor %}
      max(case when lookback = '1y' then close_tr end) as close_tr_1y
    from (
      select
        security_sk,
        asked_on,
        lookback,
        last_value(close_adj ignore nulls) over (
          partition by security_sk, lookback order by on_date, is_question
          rows between unbounded preceding and current row
        ) as close_adj,
        last_value(close_tr ignore nulls) over (
          partition by security_sk, lookback order by on_date, is_question
          rows between unbounded preceding and current row
        ) as close_tr
      from (
        {%- for name, unit, n in calendar_lookbacks() %}
        select
          security_sk,
          '{{ name }}' as lookback,
          trade_date as on_date,
          0 as is_question,
          cast(null as date) as asked_on,
          close_adj,
          close_tr
        from {{ relation }}
        union all
        select
          security_sk,
          '{{ name }}' as lookback,
          cast({{ dbt.dateadd(unit, -n, 'trade_date') }} as date) as on_date,
          1 as is_question,
          trade_date as asked_on,
          cast(null as double precision) as close_adj,
          cast(null as double precision) as close_tr
        from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
      ) as asked
    ) as answered
    where asked_on is not null
    group by security_sk, asked_on
  ) as looked_back
    on bars.security_sk = looked_back.security_sk and bars.trade_date = looked_back.asked_on
  inner join (
    select
      now.security_sk,
      now.trade_date,
      max(past.high_adj) as high_52w,
      min(past.low_adj) as low_52w
    from {{ relation }} as now
    inner join {{ relation }} as past
      on
        now.security_sk = past.security_sk
        and past.trade_date between {{ dbt.dateadd('day', -364, 'now.trade_date') }}
        and now.trade_date
    group by now.security_sk, now.trade_date
  ) as extremes
    on bars.security_sk = extremes.security_sk and bars.trade_date = extremes.trade_date
  inner join (
    select
      now.security_sk,
      now.trade_date,
      max(past.trade_date) as high_52w_date
    from (
      select
        today.security_sk,
        today.trade_date,
        max(year.high_adj) as high_52w
      from {{ relation }} as today
      inner join {{ relation }} as year
        on
          today.security_sk = year.security_sk
          and year.trade_date between {{ dbt.dateadd('day', -364, 'today.trade_date') }}
          and today.trade_date
      group by today.security_sk, today.trade_date
    ) as now
    inner join {{ relation }} as past
      on
        now.security_sk = past.security_sk
        and past.trade_date between {{ dbt.dateadd('day', -364, 'now.trade_date') }}
        and now.trade_date
        and now.high_52w = past.high_adj
    group by now.security_sk, now.trade_date
  ) as highest
    on bars.security_sk = highest.security_sk and bars.trade_date = highest.trade_date
{%- endmacro %}
