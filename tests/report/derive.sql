-- What dbt derives from the facts, in short: enough to fill the report's other marts.
insert into marts.dim_securities
select security_sk, symbol, series, any_value(company_name), any_value(industry), null,
  min(trade_date), max(trade_date), true
from facts group by security_sk, symbol, series;
insert into marts.fct_market_breadth_daily
select trade_date, count(*), count(*) filter (return_1d > 0), count(*) filter (return_1d < 0),
  count(*) filter (return_1d = 0), null,
  coalesce(sum(traded_volume) filter (return_1d > 0), 0),
  coalesce(sum(traded_volume) filter (return_1d < 0), 0), null,
  count(*) filter (high_price >= high_52w), count(*) filter (low_price <= low_52w),
  sum(turnover_inr), sum(turnover_inr)::double / 1e7
from marts.fct_ohlc_daily group by trade_date;
insert into marts.fct_sector_daily
select o.trade_date, s.industry, count(*), count(*) filter (return_1d > 0),
  count(*) filter (return_1d < 0), count(*) filter (return_1d = 0), avg(return_1d),
  sum(return_1d * turnover_cr) / nullif(sum(turnover_cr), 0), sum(turnover_inr),
  sum(turnover_cr), arg_max(o.symbol, return_1d), max(return_1d), arg_min(o.symbol, return_1d),
  min(return_1d)
from marts.fct_ohlc_daily as o inner join marts.dim_securities as s using (security_sk)
group by o.trade_date, s.industry;
insert into marts.rpt_movers_daily
with ranked as (
  select o.trade_date, l.list_name,
    row_number() over (partition by o.trade_date, l.list_name order by case l.list_name
      when 'gainers' then -return_1d when 'losers' then return_1d
      when 'most_active_value' then -turnover_cr else -traded_volume end, o.symbol) as rank_no,
    o.security_sk, o.symbol, o.series, s.company_name, o.close_price, o.return_1d, o.turnover_cr,
    o.traded_volume
  from marts.fct_ohlc_daily as o inner join marts.dim_securities as s using (security_sk)
  cross join (values ('gainers'), ('losers'), ('most_active_value'), ('most_active_volume'))
    as l (list_name)
  where l.list_name like 'most%' or (o.turnover_cr >= 1 and sign(return_1d)
    = case l.list_name when 'gainers' then 1 else -1 end)
)
select * from ranked where rank_no <= 25;
