{{ session_config(
    'int_prices__sessions', ["{{ forget_sessions_of(ref('int_prices__versions')) }}"]
) }}
{%- set figures = [
    'open_price', 'high_price', 'low_price', 'close_price', 'traded_volume', 'turnover_inr'
] -%}

with objects_of_session as (

    select
        trade_date,
        count(case when table_name <> 'nse_sec_bhavdata' then 1 end) as bhavcopies,
        count(case when table_name = 'nse_sec_bhavdata' then 1 end) as deliveries
    from {{ ref('int_prices__objects') }}
    group by trade_date

),

quoted as (

    select distinct trade_date from {{ ref('int_quotes__accepted') }}
    where instrument_type = 'share'

),

-- Only a session that was published more than once can have been known in more than one way.
revisited as (

    select
        sessions.trade_date,
        sessions.session_version,
        sessions.bhavcopy_table
    from {{ ref('int_prices__sessions') }} as sessions
    left join objects_of_session on sessions.trade_date = objects_of_session.trade_date
    left join quoted on sessions.trade_date = quoted.trade_date
    where
        (
            quoted.trade_date is not null
            or objects_of_session.bhavcopies > 1
            or (objects_of_session.bhavcopies = 0 and objects_of_session.deliveries > 1)
        )
        {{ not_built_yet('sessions.trade_date') }}

),

published as (

    select
        printed.*,
        revisited.session_version
    from {{ ref('int_prices__publications') }} as printed
    inner join revisited on printed.trade_date = revisited.trade_date
    where
        revisited.bhavcopy_table is null
        or printed.source_name <> 'nse_sec_bhavdata'

),

compared as (

    select
        *,
        {% for figure in figures -%}
        lag({{ figure }}) over (
            partition by symbol, trade_date order by is_official, fetched_at, source_key, record_no
        ) as {{ figure }}_before,
        {% endfor -%}
        row_number() over (
            partition by symbol, trade_date order by is_official, fetched_at, source_key, record_no
        ) as publication_no
    from published

),

changes as (

    select * from compared
    where
        publication_no = 1
        {% for figure in figures -%}
        or {{ figure }} <> {{ figure }}_before
        {% endfor %}

),

securities as (

    select * from {{ ref('int_securities__symbols') }}

),

versions as (

    select * from {{ ref('int_prices__versions') }}

),

final as (

    select
        securities.security_sk,
        changes.trade_date,
        cast(row_number() over (
            partition by changes.symbol, changes.trade_date order by changes.publication_no
        ) as integer) as version_no,
        cast(changes.symbol as varchar(64)) as symbol,
        cast(changes.series as varchar(8)) as series,
        changes.fetched_at as known_from,
        lead(changes.fetched_at) over (
            partition by changes.symbol, changes.trade_date order by changes.publication_no
        ) as known_until,
        changes.is_official,
        cast(changes.source_name as varchar(32)) as source_name,
        {% for figure in figures -%}
        changes.{{ figure }},
        {% endfor -%}
        cast(changes.source_key as varchar(1024)) as source_key,
        changes.record_no,
        changes.session_version,
        versions.security_version
    from changes
    inner join securities
        on
            changes.symbol = securities.symbol
            and changes.trade_date between securities.valid_from and securities.valid_to
    inner join versions on securities.security_sk = versions.security_sk

)

select * from final
