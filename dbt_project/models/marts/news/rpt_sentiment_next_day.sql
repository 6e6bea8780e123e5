{#- Spearman's correlation is Pearson's of the ranks, ties sharing their mean rank; by sums, because
    Redshift has no corr(). -#}
with daily as (

    select * from {{ ref('fct_news_sentiment_daily') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

paired as (

    select
        daily.security_sk,
        daily.trade_date,
        daily.sentiment_mean,
        daily.sentiment_label,
        indicators.return_1d
    from daily
    inner join dates on daily.trade_date = dates.calendar_date
    inner join {{ ref('fct_indicators_daily') }} as indicators
        on
            daily.security_sk = indicators.security_sk
            and dates.next_session_date = indicators.trade_date
    where daily.sentiment_mean is not null and indicators.return_1d is not null

),

-- All sessions together, and each month.
periods as (

    select
        *,
        'all' as period
    from paired

    union all

    select
        *,
        left(cast(trade_date as varchar(10)), 7) as period
    from paired

),

placed as (

    select
        *,
        {{ mean_rank('sentiment_mean', 'period') }} as sentiment_rank,
        {{ mean_rank('return_1d', 'period') }} as return_rank,
        count(*) over (partition by period) as period_n
    from periods

),

sums as (

    select
        period,
        'all' as sentiment_bucket,
        count(*) as n,
        count(distinct trade_date) as sessions,
        avg(sentiment_mean) as sentiment_mean,
        avg(return_1d) as next_return_mean,
        count(case when abs(sentiment_mean) >= 0.15 and return_1d <> 0 then 1 end) as bets,
        count(
            case when abs(sentiment_mean) >= 0.15 and sentiment_mean * return_1d > 0 then 1 end
        ) as hits,
        -- Of ranks the mean is known, (n + 1) / 2.
        {{ rank_product('sentiment_rank', 'return_rank') }} as covariance,
        {{ rank_product('sentiment_rank', 'sentiment_rank') }} as sentiment_variance,
        {{ rank_product('return_rank', 'return_rank') }} as return_variance
    from placed
    group by period

    union all

    select
        period,
        sentiment_label as sentiment_bucket,
        count(*) as n,
        count(distinct trade_date) as sessions,
        avg(sentiment_mean) as sentiment_mean,
        avg(return_1d) as next_return_mean,
        count(case when abs(sentiment_mean) >= 0.15 and return_1d <> 0 then 1 end) as bets,
        count(
            case when abs(sentiment_mean) >= 0.15 and sentiment_mean * return_1d > 0 then 1 end
        ) as hits,
        null as covariance,
        null as sentiment_variance,
        null as return_variance
    from periods
    group by period, sentiment_label

),

final as (

    select
        cast(period as varchar(8)) as period,
        cast(sentiment_bucket as varchar(32)) as sentiment_bucket,
        cast(n as bigint) as n,
        cast(sessions as integer) as sessions,
        sentiment_mean,
        next_return_mean,
        {{ ratio('hits', 'bets') }} as hit_rate,
        cast(
            {{ ratio('covariance', 'sqrt(sentiment_variance * return_variance)') }}
            as double precision
        ) as rank_ic
    from sums

)

select * from final
