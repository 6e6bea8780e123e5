-- The raw tables on Redshift: those of duckdb.sql, column by column. Times are UTC without a zone;
-- loaded_at is when the transaction began.
--
-- Lengths are bytes. What a file of outside fills takes what a file may hold: promotion refuses lines
-- and texts of over 65,535 bytes, so no value of a promoted object can be too long for its column and
-- put an end to a load. Keys are at most 1,024 bytes in S3; words of our own are short.
--
-- Nothing joins the raw tables and each load reads whole objects, so rows are spread evenly; they are
-- read by session and deleted by the object they came from, so they are sorted by trade_date and
-- source_key. The receipts are few and asked for by key: a copy on every node. Primary keys are not
-- declared, because Redshift believes them without looking.

create table if not exists raw_data.rapidapi_quotes (
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_bhavcopy_legacy (
    symbol varchar(65535),
    series varchar(65535),
    open_price varchar(65535),
    high_price varchar(65535),
    low_price varchar(65535),
    close_price varchar(65535),
    last_price varchar(65535),
    prevclose varchar(65535),
    tottrdqty varchar(65535),
    tottrdval varchar(65535),
    trade_timestamp varchar(65535),
    totaltrades varchar(65535),
    isin varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_bhavcopy_udiff (
    trad_dt varchar(65535),
    biz_dt varchar(65535),
    sgmt varchar(65535),
    src varchar(65535),
    fin_instrm_tp varchar(65535),
    fin_instrm_id varchar(65535),
    isin varchar(65535),
    tckr_symb varchar(65535),
    scty_srs varchar(65535),
    xpry_dt varchar(65535),
    fininstrm_actl_xpry_dt varchar(65535),
    strk_pric varchar(65535),
    optn_tp varchar(65535),
    fin_instrm_nm varchar(65535),
    opn_pric varchar(65535),
    hgh_pric varchar(65535),
    lw_pric varchar(65535),
    cls_pric varchar(65535),
    last_pric varchar(65535),
    prvs_clsg_pric varchar(65535),
    undrlyg_pric varchar(65535),
    sttlm_pric varchar(65535),
    opn_intrst varchar(65535),
    chng_in_opn_intrst varchar(65535),
    ttl_tradg_vol varchar(65535),
    ttl_trf_val varchar(65535),
    ttl_nb_of_txs_exctd varchar(65535),
    ssn_id varchar(65535),
    new_brd_lot_qty varchar(65535),
    rmks varchar(65535),
    rsvd1 varchar(65535),
    rsvd2 varchar(65535),
    rsvd3 varchar(65535),
    rsvd4 varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_sec_bhavdata (
    symbol varchar(65535),
    series varchar(65535),
    date1 varchar(65535),
    prev_close varchar(65535),
    open_price varchar(65535),
    high_price varchar(65535),
    low_price varchar(65535),
    last_price varchar(65535),
    close_price varchar(65535),
    avg_price varchar(65535),
    ttl_trd_qnty varchar(65535),
    turnover_lacs varchar(65535),
    no_of_trades varchar(65535),
    deliv_qty varchar(65535),
    deliv_per varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_index_closes (
    index_name varchar(65535),
    index_date varchar(65535),
    open_index_value varchar(65535),
    high_index_value varchar(65535),
    low_index_value varchar(65535),
    closing_index_value varchar(65535),
    points_change varchar(65535),
    change_pct varchar(65535),
    volume varchar(65535),
    turnover_rs_cr varchar(65535),
    p_e varchar(65535),
    p_b varchar(65535),
    div_yield varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_equity_list (
    symbol varchar(65535),
    name_of_company varchar(65535),
    series varchar(65535),
    date_of_listing varchar(65535),
    paid_up_value varchar(65535),
    market_lot varchar(65535),
    isin_number varchar(65535),
    face_value varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_symbol_changes (
    company_name varchar(65535),
    old_symbol varchar(65535),
    new_symbol varchar(65535),
    changed_on varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_index_constituents (
    list_name varchar(65535),
    company_name varchar(65535),
    industry varchar(65535),
    symbol varchar(65535),
    series varchar(65535),
    isin_code varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.adjustment_corrections (
    symbol varchar(65535),
    ex_date varchar(65535),
    share_factor varchar(65535),
    evidence varchar(65535),
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_corporate_actions (
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.nse_holidays (
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.airbyte_records (
    namespace varchar(65535),
    stream_name varchar(65535) not null,
    airbyte_raw_id varchar(65535),
    extracted_at timestamp,
    generation_id bigint,
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.alpha_vantage_news (
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.india_news_headlines (
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.news_enrichment (
    news_key varchar(128) not null,
    published_at timestamp,
    title_normalised varchar(65535),
    cluster_key varchar(128),
    cluster_similarity double precision,
    cluster_method varchar(128),
    cluster_version varchar(128),
    sentiment_compound double precision,
    sentiment_positive double precision,
    sentiment_neutral double precision,
    sentiment_negative double precision,
    sentiment_model varchar(128),
    sentiment_version varchar(128),
    object_key varchar(1024) not null,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, object_key);

create table if not exists raw_data.quarantined_records (
    source_name varchar(128) not null,
    dataset_name varchar(128) not null,
    reason varchar(128) not null,
    detail varchar(65535),
    payload super,
    source_key varchar(1024) not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (trade_date, source_key);

create table if not exists raw_data.ingestion_outcomes (
    stage varchar(128) not null,
    source_name varchar(128) not null,
    dataset_name varchar(128) not null,
    trade_date date,
    status varchar(128) not null,
    attempted_at timestamp not null,
    object_key varchar(1024) not null,
    source_key varchar(1024),
    http_status integer,
    records_in bigint,
    records_promoted bigint,
    records_quarantined bigint,
    detail varchar(65535),
    loaded_at timestamp not null default sysdate
) diststyle even sortkey (attempted_at, object_key);

create table if not exists raw_data.load_receipts (
    table_name varchar(128) not null,
    object_key varchar(1024) not null,
    etag varchar(128) not null,
    sha256 varchar(128),
    rows_loaded bigint not null,
    loaded_at timestamp not null default sysdate
) diststyle all sortkey (table_name, object_key);

-- One row, and nothing to read in it: every load locks it first, so that two of them take turns.
create table if not exists raw_data.load_lock (
    loads bigint not null
) diststyle all;

insert into raw_data.load_lock select 0 where not exists (select 1 from raw_data.load_lock);
