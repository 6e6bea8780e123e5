-- The columns of the marts as their dbt contracts promise them: what the report is built on.
create schema marts;
create table marts.dim_dates (
  calendar_date date, calendar_year integer, calendar_quarter integer, calendar_month integer,
  fiscal_year varchar, iso_day_of_week integer, day_name varchar, is_weekend boolean,
  is_session boolean, session_type varchar, description varchar, previous_session_date date,
  next_session_date date, session_number integer);
create table marts.dim_securities (
  security_sk varchar, symbol varchar, series varchar, company_name varchar, industry varchar,
  isin varchar, first_trade_date date, last_trade_date date, is_current boolean);
create table marts.dim_indices (
  index_sk varchar, index_name varchar, index_category varchar, first_trade_date date,
  last_trade_date date);
create table marts.fct_ohlc_daily (
  security_sk varchar, trade_date date, symbol varchar, series varchar,
  open_price decimal(18, 4), high_price decimal(18, 4), low_price decimal(18, 4),
  close_price decimal(18, 4), previous_close_price decimal(18, 4), change_inr decimal(18, 4),
  return_1d double, gap_pct double, range_pct double, close_location_value double,
  traded_volume bigint, turnover_inr decimal(24, 2), turnover_cr decimal(24, 4), vwap decimal(18, 4),
  high_52w decimal(18, 4), low_52w decimal(18, 4), pct_from_52w_high double,
  pct_from_52w_low double, vendor_change_pct_30d double, vendor_change_pct_365d double,
  quoted_at_ist timestamp, quoted_at_utc timestamp, is_official boolean, source_name varchar,
  source_key varchar, record_no integer, fetched_at timestamp);
create table marts.fct_index_daily (
  index_sk varchar, trade_date date, index_name varchar, open_price decimal(18, 4),
  high_price decimal(18, 4), low_price decimal(18, 4), close_price decimal(18, 4),
  previous_close_price decimal(18, 4), change_points decimal(18, 4), return_1d double,
  traded_volume bigint, turnover_inr decimal(24, 2), turnover_cr decimal(24, 4),
  high_52w decimal(18, 4), low_52w decimal(18, 4), quoted_at_ist timestamp,
  quoted_at_utc timestamp, source_name varchar, source_key varchar, record_no integer,
  fetched_at timestamp);
create table marts.fct_market_breadth_daily (
  trade_date date, securities_traded bigint, advances bigint, declines bigint, unchanged bigint,
  ad_ratio double, up_volume bigint, down_volume bigint, up_down_volume_ratio double,
  new_highs_52w bigint, new_lows_52w bigint, turnover_inr decimal(24, 2), turnover_cr decimal(24, 4));
create table marts.fct_sector_daily (
  trade_date date, industry varchar, securities bigint, advances bigint, declines bigint,
  unchanged bigint, return_1d_equal_weight double, return_1d_turnover_weight double,
  turnover_inr decimal(24, 2), turnover_cr decimal(24, 4), leader_symbol varchar,
  leader_return_1d double, laggard_symbol varchar, laggard_return_1d double);
create table marts.rpt_movers_daily (
  trade_date date, list_name varchar, rank_no integer, security_sk varchar, symbol varchar,
  series varchar, company_name varchar, close_price decimal(18, 4), return_1d double,
  turnover_cr decimal(24, 4), traded_volume bigint);
create table marts.rpt_record_accounting (
  source_name varchar, dataset_name varchar, source_key varchar, trade_date date,
  fetched_at timestamp, disposition varchar, reason varchar, records bigint);
create table marts.rpt_data_quality_daily (
  trade_date date, dataset_name varchar, column_name varchar, reason varchar,
  records_checked bigint, records_affected bigint);
create table marts.rpt_data_freshness (
  dataset_name varchar, latest_trade_date date, latest_fetched_at timestamp,
  expected_trade_date date, sessions_behind integer, as_of_date date);
