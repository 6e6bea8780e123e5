-- News of two shares in three over the sessions of the quotes, made up as the marts would hold them:
-- up to three a share and session, the third a copy of the second; `hostile` is registered by the test.
create temp table told as
with days as (
  select calendar_date as trade_date from marts.dim_dates where calendar_date >= date '2024-10-22'
),
made as (
  select security_sk, trade_date, n, s.symbol, s.company_name,
    round((hash(security_sk, trade_date, n) % 1999) / 1000.0 - 0.999, 3) as tone
  from marts.dim_securities as s cross join days cross join generate_series(1, 3) as g (n)
  where security_sk % 3 <> 1 and security_sk <> 2 and n <= hash(security_sk, trade_date) % 4
)
select md5(concat_ws('|', security_sk, trade_date, n)) as news_key,
  md5(concat_ws('|', security_sk, trade_date, least(n, 2))) as cluster_key, security_sk, trade_date,
  trade_date + interval '9 hours' + to_minutes(n * 10) as published_ist,
  symbol || ' story ' || n || ' of ' || trade_date as headline, 'Mint ' || n as publisher,
  'https://news.example/' || security_sk || '/' || n as link,
  case when n = 1 and security_sk % 5 = 0 then null else tone end as sentiment_score,
  'name' as mapping_method, lower(symbol) as matched_text, true as is_counted,
  'second' as published_precision, 'stated' as published_flag
from made
union all by name
from hostile
union all by name
-- Shown on the page of a share, which counts for nothing.
select md5('page' || symbol) as news_key, md5('page' || symbol) as cluster_key, security_sk,
  date '2024-11-01' as trade_date, timestamp '2024-11-01 12:00' as published_ist,
  'Shown beside ' || symbol as headline, 'Mint' as publisher, 'https://news.example/p' as link,
  -1.0 as sentiment_score, 'page' as mapping_method, symbol as matched_text, false as is_counted,
  'second' as published_precision, 'stated' as published_flag
from marts.dim_securities;

insert into marts.fct_news_articles by name
select news_key, 'india_news' as source_name, 'google_news' as site, 'feed' as channel,
  headline as title, headline, publisher, link, published_flag, published_precision, trade_date,
  published_ist - interval '330 minutes' as published_at, published_ist, cluster_key, sentiment_score
from told;
insert into marts.bridge_news_securities by name
select news_key, security_sk, trade_date, mapping_method, matched_text, sentiment_score, is_counted,
  case when is_counted then 0.9 else 0.4 end as confidence
from told;
insert into marts.fct_news_sentiment_daily by name
select security_sk, trade_date, sum(n) as news_count, count(*) as news_count_unique,
  avg(tone) as sentiment_mean, count(*) filter (tone >= 0.15) as pos_count,
  count(*) filter (tone <= -0.15) as neg_count, count(*) filter (abs(tone) < 0.15) as neutral_count
from (
  select security_sk, trade_date, cluster_key, count(*) as n, avg(sentiment_score) as tone
  from told where is_counted and trade_date is not null group by all
)
group by all;
insert into marts.rpt_news_sectors_daily by name
select industry, trade_date, sum(news_count_unique) as news_count_unique,
  sum(pos_count + neg_count + neutral_count) as toned_count,
  sum(sentiment_mean * (pos_count + neg_count + neutral_count))
    / nullif(sum(pos_count + neg_count + neutral_count), 0) as sentiment_mean
from marts.fct_news_sentiment_daily join marts.dim_securities using (security_sk) group by all;
insert into marts.rpt_news_mapping_quality by name
select 'news_india_news' as scope, count(distinct news_key) as items,
  count(distinct news_key) filter (is_counted) as items_mapped from told;
insert into marts.rpt_news_mapping_quality (scope, items, items_mapped) values ('labelled_dev', 302, 1);
insert into marts.rpt_sentiment_next_day by name
select * from (values
  ('all', 'all', 120, 8, 0.01, 0.001, 0.555, 0.1234),
  ('all', 'Bullish', 40, 8, 0.5, 0.0123, 0.6, null),
  ('all', 'Neutral', 50, 8, 0.0, -0.0001, null, null),
  ('all', 'Bearish', 30, 7, -0.6, -0.02, 0.5, null),
  ('2024-10', 'all', 100, 7, 0.01, 0.001, 0.5, 0.11),
  ('2024-11', 'all', 20, 1, 0.01, 0.001, 0.5, -0.2)
) as t (period, sentiment_bucket, n, sessions, sentiment_mean, next_return_mean, hit_rate, rank_ic);
