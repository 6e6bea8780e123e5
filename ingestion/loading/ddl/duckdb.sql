-- The raw tables on DuckDB. Times are UTC without a zone; loaded_at is when the transaction began.
create schema if not exists raw_data;

create table if not exists raw_data.rapidapi_quotes (
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_bhavcopy_legacy (
    symbol varchar,
    series varchar,
    open_price varchar,
    high_price varchar,
    low_price varchar,
    close_price varchar,
    last_price varchar,
    prevclose varchar,
    tottrdqty varchar,
    tottrdval varchar,
    trade_timestamp varchar,
    totaltrades varchar,
    isin varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_bhavcopy_udiff (
    trad_dt varchar,
    biz_dt varchar,
    sgmt varchar,
    src varchar,
    fin_instrm_tp varchar,
    fin_instrm_id varchar,
    isin varchar,
    tckr_symb varchar,
    scty_srs varchar,
    xpry_dt varchar,
    fininstrm_actl_xpry_dt varchar,
    strk_pric varchar,
    optn_tp varchar,
    fin_instrm_nm varchar,
    opn_pric varchar,
    hgh_pric varchar,
    lw_pric varchar,
    cls_pric varchar,
    last_pric varchar,
    prvs_clsg_pric varchar,
    undrlyg_pric varchar,
    sttlm_pric varchar,
    opn_intrst varchar,
    chng_in_opn_intrst varchar,
    ttl_tradg_vol varchar,
    ttl_trf_val varchar,
    ttl_nb_of_txs_exctd varchar,
    ssn_id varchar,
    new_brd_lot_qty varchar,
    rmks varchar,
    rsvd1 varchar,
    rsvd2 varchar,
    rsvd3 varchar,
    rsvd4 varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_sec_bhavdata (
    symbol varchar,
    series varchar,
    date1 varchar,
    prev_close varchar,
    open_price varchar,
    high_price varchar,
    low_price varchar,
    last_price varchar,
    close_price varchar,
    avg_price varchar,
    ttl_trd_qnty varchar,
    turnover_lacs varchar,
    no_of_trades varchar,
    deliv_qty varchar,
    deliv_per varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_index_closes (
    index_name varchar,
    index_date varchar,
    open_index_value varchar,
    high_index_value varchar,
    low_index_value varchar,
    closing_index_value varchar,
    points_change varchar,
    change_pct varchar,
    volume varchar,
    turnover_rs_cr varchar,
    p_e varchar,
    p_b varchar,
    div_yield varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_equity_list (
    symbol varchar,
    name_of_company varchar,
    series varchar,
    date_of_listing varchar,
    paid_up_value varchar,
    market_lot varchar,
    isin_number varchar,
    face_value varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_symbol_changes (
    company_name varchar,
    old_symbol varchar,
    new_symbol varchar,
    changed_on varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_index_constituents (
    list_name varchar,
    company_name varchar,
    industry varchar,
    symbol varchar,
    series varchar,
    isin_code varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.adjustment_corrections (
    symbol varchar,
    ex_date varchar,
    share_factor varchar,
    evidence varchar,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_corporate_actions (
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.nse_holidays (
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.airbyte_records (
    namespace varchar,
    stream_name varchar not null,
    airbyte_raw_id varchar,
    extracted_at timestamp,
    generation_id bigint,
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.alpha_vantage_news (
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.india_news_headlines (
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.news_enrichment (
    news_key varchar not null,
    published_at timestamp,
    title_normalised varchar,
    cluster_key varchar,
    cluster_similarity double,
    cluster_method varchar,
    cluster_version varchar,
    sentiment_compound double,
    sentiment_positive double,
    sentiment_neutral double,
    sentiment_negative double,
    sentiment_model varchar,
    sentiment_version varchar,
    object_key varchar not null,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.quarantined_records (
    source_name varchar not null,
    dataset_name varchar not null,
    reason varchar not null,
    detail varchar,
    payload json,
    source_key varchar not null,
    record_no integer not null,
    fetched_at timestamp not null,
    trade_date date not null,
    loaded_at timestamp not null
);

create table if not exists raw_data.ingestion_outcomes (
    stage varchar not null,
    source_name varchar not null,
    dataset_name varchar not null,
    trade_date date,
    status varchar not null,
    attempted_at timestamp not null,
    object_key varchar not null,
    source_key varchar,
    http_status integer,
    records_in bigint,
    records_promoted bigint,
    records_quarantined bigint,
    detail varchar,
    loaded_at timestamp not null
);

create table if not exists raw_data.load_receipts (
    table_name varchar not null,
    object_key varchar not null,
    etag varchar not null,
    sha256 varchar,
    rows_loaded bigint not null,
    loaded_at timestamp not null
);

-- One row; every load updates it first, so that two loads at once cannot both go on.
create table if not exists raw_data.load_lock as select 0::bigint as loads;
