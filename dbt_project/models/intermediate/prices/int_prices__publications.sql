{{ config(materialized='view') }}
{#- No window and no sort in here: a filter on the session reaches the tables. -#}
{%- set figures = [
    'open_price', 'high_price', 'low_price', 'close_price', 'previous_close_price',
    'traded_volume', 'turnover_inr'
] -%}
{%- set archives = {
    'nse_legacy': 'stg_nse__bhavcopy_legacy',
    'nse_udiff': 'stg_nse__bhavcopy_udiff',
    'nse_sec_bhavdata': 'stg_nse__sec_bhavdata',
} -%}

-- Its test asks for the newest sessions: depends_on: {{ ref('int_prices__sessions') }}
with quotes as (

    select * from {{ ref('int_quotes__parsed') }}

),

disposed as (

    select * from {{ ref('int_quotes__disposed') }}

),

{% for source_name, model in archives.items() -%}
{{ source_name }} as (

    select
        *,
        {{ bar_flaw() }} as flaw
    from {{ ref(model) }}
    where series in ({{ sql_list(var('equity_series')) }})

),

{% endfor -%}

final as (

    {% for source_name in archives -%}
    select
        symbol,
        series,
        trade_date,
        {{ figures | join(', ') }},
        '{{ source_name }}' as source_name,
        true as is_official,
        source_key,
        record_no,
        fetched_at
    from {{ source_name }}
    where flaw is null

    union all

    {% endfor -%}

    select
        quotes.symbol,
        disposed.series,
        quotes.trade_date,
        {% for figure in figures -%}
        quotes.{{ figure }},
        {% endfor -%}
        'rapidapi' as source_name,
        false as is_official,
        quotes.source_key,
        quotes.record_no,
        quotes.fetched_at
    from quotes
    inner join disposed on quotes.record_sk = disposed.record_sk
    where disposed.instrument_type = 'share' and disposed.disposition <> 'quarantined'

)

select * from final
