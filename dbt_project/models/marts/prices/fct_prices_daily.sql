{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook="{{ forget_stale(
            ref('int_prices__bars'), onwards=false,
            sessions=ref('int_prices__sessions'), securities=ref('int_prices__versions')
        ) }}"
    )
}}

-- depends_on: {{ ref('int_prices__sessions') }}
with symbols as (

    select * from {{ ref('int_securities__symbols') }}

),

versions as (

    select * from {{ ref('int_prices__versions') }}

),

segments as (

    select * from {{ ref('int_prices__segments') }}

),

{% if is_incremental() -%}
-- After forget_stale: the sessions that are not here, and of the others the securities that are not.
missing_symbols as (

    select distinct symbols.symbol
    from symbols
    where symbols.security_sk not in (select built.security_sk from {{ this }} as built)

),

sessions_missing as (

    select trade_date
    from {{ ref('int_prices__sessions') }}
    where true {{ not_built_yet('trade_date') }}

),

bars as (

    select new_bars.*
    from {{ ref('int_prices__bars') }} as new_bars
    inner join sessions_missing on new_bars.trade_date = sessions_missing.trade_date
    where new_bars.trade_date >= (select min(earliest.trade_date) from sessions_missing as earliest)

    union all

    select old_bars.*
    from {{ ref('int_prices__bars') }} as old_bars
    inner join missing_symbols on old_bars.symbol = missing_symbols.symbol
    where
        old_bars.trade_date
        not in (select sessions_missing.trade_date from sessions_missing)

),
{%- else -%}
bars as (

    select * from {{ ref('int_prices__bars') }}

),
{%- endif %}

final as (

    select
        -- identity
        symbols.security_sk,
        bars.trade_date,
        cast(bars.symbol as varchar(64)) as symbol,
        cast(bars.series as varchar(8)) as series,
        cast(bars.isin as varchar(16)) as isin,
        bars.is_official,
        cast(bars.source_name as varchar(32)) as source_name,

        -- as traded, in rupees
        bars.open_price,
        bars.high_price,
        bars.low_price,
        bars.close_price,
        bars.last_price,
        bars.previous_close_price,
        bars.traded_volume,
        bars.turnover_inr,
        bars.trades,
        bars.vwap,
        bars.delivery_qty,
        {{ ratio('bars.delivery_qty', 'bars.traded_volume') }} as delivery_pct,

        -- adjusted for splits, bonuses and consolidations
        segments.share_factor,
        segments.tr_factor,
        {% for side in ['open', 'high', 'low', 'close'] -%}
        cast(bars.{{ side }}_price as double precision) / segments.share_factor as {{ side }}_adj,
        {% endfor -%}
        cast(bars.traded_volume as double precision) * segments.share_factor as volume_adj,

        -- and with dividends and rights reinvested
        {% for side in ['open', 'high', 'low', 'close'] -%}
        cast(bars.{{ side }}_price as double precision) * segments.tr_factor as {{ side }}_tr,
        {% endfor %}
        -- lineage
        bars.fetched_at,
        cast(bars.source_key as varchar(1024)) as source_key,
        bars.record_no,
        bars.session_version,
        versions.security_version,
        versions.share_version
    from bars
    inner join symbols
        on
            bars.symbol = symbols.symbol
            and bars.trade_date between symbols.valid_from and symbols.valid_to
    inner join versions on symbols.security_sk = versions.security_sk
    inner join segments
        on
            symbols.security_sk = segments.security_sk
            and bars.trade_date >= segments.from_date
            and bars.trade_date < segments.until_date

)

select * from final
