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
