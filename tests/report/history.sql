-- The sessions before those of the quotes, made up as the marts of the history would hold them:
-- share 3 splits 10 for 1, share 5 gives one share for one, share 6 is renamed, share 1 pays.
create temp table calendar as
select d::date as trade_date, row_number() over (order by d desc) as back
from generate_series(date '2022-06-01', date '2024-10-21', interval '1 day') as g (d)
where isodow(d) <= 5 and d::date <> date '2024-10-18' qualify back <= $sessions;

insert into marts.dim_dates by name
select trade_date as calendar_date, true as is_session, 'regular' as session_type from calendar;

create temp table bars as
with first_bars as (
  select security_sk, symbol, series, previous_close_price as anchor, turnover_cr from facts
  where trade_date = date '2024-10-22'
),
walked as (
  select f.*, c.trade_date, f.anchor * exp(sum(((hash(f.security_sk, c.back) % 1000) / 1000.0 - 0.497)
    * 0.045) over (partition by f.security_sk order by c.back rows unbounded preceding)) as close_adj,
    0.6 + (hash(c.back, f.security_sk) % 800) / 1000.0 as busy
  from first_bars as f cross join calendar as c
)
select security_sk, trade_date,
  case when security_sk = 6 and trade_date < date '2024-03-01' then 'OLDNAME' else symbol end as symbol,
  series, true as is_official, 'nse_legacy' as source_name, close_adj, turnover_cr * busy as cr,
  case when security_sk = 3 and trade_date < date '2024-06-10' then 10.0
    when security_sk = 5 and trade_date < date '2024-08-05' then 2.0 else 1.0 end as share_factor
from walked
union all
select security_sk, trade_date, symbol, series,
  trade_date < date '2024-11-01' or security_sk % 100 > 2, 'nse_udiff', close_price, turnover_cr, 1.0
from facts;

insert into marts.fct_prices_daily by name
select security_sk, trade_date, symbol, series, is_official, source_name,
  round(close_adj * share_factor, 2) as close_price, share_factor, share_factor as tr_factor,
  round(close_adj * share_factor, 2) / share_factor as close_adj,
  (cr * 1e7 / close_adj) as volume_adj, (cr * 1e7 / close_adj / share_factor)::bigint as traded_volume,
  cr * 1e7 as turnover_inr, trade_date + interval '13 hours' as fetched_at
from bars;

insert into marts.fct_indicators_daily by name
with averages as (
  select security_sk, trade_date, close_adj, row_number() over w as n,
    close_adj / lag(close_adj) over w - 1 as return_1d,
    avg(close_adj) over (w rows 19 preceding) as a20, avg(close_adj) over (w rows 49 preceding) as a50,
    avg(close_adj) over (w rows 199 preceding) as a200,
    max(close_adj) over (w range interval '364 days' preceding) as high_52w,
    min(close_adj) over (w range interval '364 days' preceding) as low_52w
  from marts.fct_prices_daily where trade_date <> date '2024-10-18'
  window w as (partition by security_sk order by trade_date)
)
select security_sk, trade_date, close_adj, return_1d, case when n >= 20 then a20 end as sma_20,
  case when n >= 50 then a50 end as sma_50, case when n >= 200 then a200 end as sma_200,
  case when n > 250 then high_52w end as high_52w, case when n > 250 then low_52w end as low_52w,
  case when n > 250 then close_adj / high_52w - 1 end as pct_from_52w_high,
  case when n > 250 then close_adj / low_52w - 1 end as pct_from_52w_low,
  n > 250 and close_adj >= high_52w as is_52w_high, n > 250 and close_adj <= low_52w as is_52w_low,
  case when n >= 15 then (hash(security_sk, trade_date) % 10000) / 100.0 end as rsi_14
from averages;

insert into marts.fct_market_breadth_daily by name
select trade_date, 'equity' as universe, count(*) as securities_traded,
  count(*) filter (return_1d > 0) as advances, count(*) filter (return_1d < 0) as declines,
  count(*) filter (return_1d = 0) as unchanged, sum(cr * 1e7) as turnover_inr, sum(cr) as turnover_cr,
  count(*) filter (is_52w_high) as new_highs_52w, count(*) filter (is_52w_low) as new_lows_52w
from bars join marts.fct_indicators_daily using (security_sk, trade_date)
where trade_date < date '2024-10-22' group by trade_date;
update marts.fct_market_breadth_daily as b set ad_line = a.ad_line, pct_above_50dma = a.p50,
  pct_above_200dma = a.p200
from (
  select trade_date, any_value(x.ad_line) as ad_line,
    count(*) filter (p.close_adj > sma_50)::double / nullif(count(sma_50), 0) as p50,
    count(*) filter (p.close_adj > sma_200)::double / nullif(count(sma_200), 0) as p200
  from marts.fct_indicators_daily
  join marts.fct_prices_daily as p using (security_sk, trade_date)
  join (
    select trade_date, sum(advances - declines) over (order by trade_date) as ad_line
    from marts.fct_market_breadth_daily where trade_date <> date '2024-10-18'
  ) as x using (trade_date)
  group by trade_date
) as a
where a.trade_date = b.trade_date;

insert into marts.fct_sector_daily by name
select trade_date, industry, count(*) as securities, count(*) filter (return_1d > 0) as advances,
  count(*) filter (return_1d < 0) as declines, count(*) filter (return_1d = 0) as unchanged,
  avg(return_1d) as return_1d_equal_weight, sum(return_1d * cr) / sum(cr) as return_1d_turnover_weight,
  sum(cr * 1e7) as turnover_inr, sum(cr) as turnover_cr
from bars join marts.fct_indicators_daily using (security_sk, trade_date)
join marts.dim_securities using (security_sk)
where trade_date < date '2024-10-22' group by trade_date, industry;
update marts.fct_sector_daily as s set return_1m = a.return_1m, rank_1m = a.rank_1m
from (
  select *, rank() over (partition by trade_date order by return_1m desc nulls last) as rank_1m
  from (
    select industry, trade_date, case when count(*) over w >= 22 then
      exp(sum(ln(1 + return_1d_equal_weight)) over (w rows 20 preceding)) - 1 end as return_1m
    from marts.fct_sector_daily where trade_date <> date '2024-10-18'
    window w as (partition by industry order by trade_date)
  ) where return_1m is not null
) as a
where a.trade_date = s.trade_date and a.industry = s.industry;

insert into marts.fct_corporate_actions by name
select security_sk, symbol, company_name, ex_date, event_type, 'applied' as event_status,
  share_factor, amount_inr, new_shares, held_shares, subject
from (values
  (3, date '2024-06-10', 'split', 10.0, null, null, null,
    'Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share'),
  (5, date '2024-08-05', 'bonus', 2.0, null, 1.0, 1.0, 'Bonus 1:1'),
  (1, date '2024-07-12', 'dividend', 1.0, 7.5, null, null, 'Dividend - Rs 7.50 Per Share')
) as e (security_sk, ex_date, event_type, share_factor, amount_inr, new_shares, held_shares, subject)
join marts.dim_securities as s using (security_sk) where $sessions > 200;

insert into marts.rpt_adjustment_review by name
select kind as review_kind, priority, symbol, event_date, reason, subject,
  price_change, suggested_ratio, next_step, cases
from (values
  (1, 'unexplained_jump', 1, 'M&M', date '2024-05-06', 'no_action_explains_it', null, -0.498, '2 for 1',
    'Look for an announcement of that day; add a correction to the seed if it is one.', 1),
  (2, 'text_or_figure', 2, 'SBIN', date '2024-04-01', 'ratio_unreadable', 'Bonus issue of shares', null,
    null, 'Read the announcement, then correct it by hand.', 1),
  (3, 'labelled_jump', 3, 'ITC', date '2024-03-04', 'relisted', null, 0.31, null, 'Nothing to do.', 1)
) as r (n, kind, priority, symbol, event_date, reason, subject, price_change, suggested_ratio, next_step,
  cases)
where $sessions > 200;

insert into marts.rpt_movers_daily by name
select trade_date, 'volume_shockers' as list_name, row_number() over (order by symbol) as rank_no,
  security_sk, symbol, series, close_price, 0.01 as return_1d, 3.5 as turnover_cr, traded_volume,
  12.34 as relative_volume, 0.5 as delivery_pct
from marts.fct_prices_daily
where trade_date = date '2024-11-01' and security_sk < 4 and $sessions > 200;
