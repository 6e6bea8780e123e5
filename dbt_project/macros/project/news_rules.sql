{#- The label of a tone by Alpha Vantage's own cut points, as its articles spell it. -#}
{% macro sentiment_label(score) -%}
  case
    when {{ score }} <= -0.35 then 'Bearish'
    when {{ score }} <= -0.15 then 'Somewhat-Bearish'
    when {{ score }} < 0.15 then 'Neutral'
    when {{ score }} < 0.35 then 'Somewhat-Bullish'
    when {{ score }} >= 0.35 then 'Bullish'
  end
{%- endmacro %}

{#- Minutes from midnight to the close of a day's session, Indian time: 15:30, but on the evenings of
    Muhurat trading; of the latter var('muhurat_closes') knows those that were not in the evening. -#}
{% macro close_minutes(day, session_type) -%}
  case
    {% for muhurat, close in var('muhurat_closes').items() -%}
    when {{ day }} = cast('{{ muhurat }}' as date) then {{ clock_minutes(close) }}
    {% endfor -%}
    when {{ session_type }} = 'muhurat' then {{ clock_minutes(var('muhurat_close')) }}
    else {{ clock_minutes(var('session_close')) }}
  end
{%- endmacro %}

{% macro clock_minutes(clock) -%}
  {{ clock.split(':')[0] | int * 60 + clock.split(':')[1] | int }}
{%- endmacro %}

{#- The session that news of a moment belong to: that of the day until its close, else the next one.
    published: a timestamp, Indian time; dates: the alias of dim_dates joined on that day. NULL where
    the calendar ends. -#}
{% macro news_trade_date(published, dates) -%}
  case
    when {{ dates }}.is_session
      and {{ dbt.datediff(dates ~ '.calendar_date', published, 'second') }}
      <= 60 * {{ close_minutes(dates ~ '.calendar_date', dates ~ '.session_type') }}
      then {{ dates }}.calendar_date
    else {{ dates }}.next_session_date
  end
{%- endmacro %}

{#- Deletes the news that vanished from the records, or that the calendar gives another session now. -#}
{% macro forget_moved_news() -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where news_key not in (select news_key from {{ ref('int_news__records') }} where is_news)
    or news_key in (
      select built.news_key
      from {{ this }} as built
      left join {{ ref('dim_dates') }} as dates
        on cast(built.published_ist as date) = dates.calendar_date
      where coalesce(built.trade_date, cast('1900-01-01' as date))
        <> coalesce({{ news_trade_date('built.published_ist', 'dates') }}, cast('1900-01-01' as date))
    )
  {%- endif -%}
{%- endmacro %}
