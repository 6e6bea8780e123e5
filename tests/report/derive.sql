-- What dbt derives from the facts, in short: enough to fill the report's other marts.
insert into marts.dim_securities by name
select security_sk, symbol, series, any_value(company_name) as company_name,
  any_value(industry) as industry, min(trade_date) as first_trade_date,
  max(trade_date) as last_trade_date, true as is_current
from facts group by security_sk, symbol, series;
insert into marts.fct_market_breadth_daily by name
select trade_date, 'equity' as universe, count(*) as securities_traded,
  count(*) filter (return_1d > 0) as advances, count(*) filter (return_1d < 0) as declines,
  count(*) filter (return_1d = 0) as unchanged,
  coalesce(sum(traded_volume) filter (return_1d > 0), 0) as up_volume,
  coalesce(sum(traded_volume) filter (return_1d < 0), 0) as down_volume,
  count(*) filter (high_price >= high_52w) as new_highs_52w,
  count(*) filter (low_price <= low_52w) as new_lows_52w,
  sum(turnover_inr) as turnover_inr, sum(turnover_inr)::double / 1e7 as turnover_cr
from marts.fct_ohlc_daily group by trade_date;
insert into marts.fct_sector_daily by name
select o.trade_date, s.industry, count(*) as securities,
  count(*) filter (return_1d > 0) as advances, count(*) filter (return_1d < 0) as declines,
  count(*) filter (return_1d = 0) as unchanged, avg(return_1d) as return_1d_equal_weight,
  sum(return_1d * turnover_cr) / nullif(sum(turnover_cr), 0) as return_1d_turnover_weight,
  sum(turnover_inr) as turnover_inr, sum(turnover_cr) as turnover_cr,
  arg_max(o.symbol, return_1d) as leader_symbol, max(return_1d) as leader_return_1d,
  arg_min(o.symbol, return_1d) as laggard_symbol, min(return_1d) as laggard_return_1d
from marts.fct_ohlc_daily as o inner join marts.dim_securities as s using (security_sk)
group by o.trade_date, s.industry;
insert into marts.rpt_movers_daily by name
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
