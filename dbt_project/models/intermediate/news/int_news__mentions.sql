{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='news_key',
        on_schema_change='fail',
        pre_hook="{{ forget_other_mentions() }}"
    )
}}

{#- Each news is looked at once, with the names known then; one that names nobody has a row without
    a security. After a change of aliases or names all are looked at again by a full refresh. -#}
-- A hook reads it: depends_on: {{ ref('int_securities__versions') }}
with news as (

    select
        articles.*,
        coalesce(articles.enrichment_version, articles.records_version) as tone_version
    from {{ ref('fct_news_articles') }} as articles
    {% if is_incremental() -%}
    left join (select distinct built.news_key from {{ this }} as built) as looked_at
        on articles.news_key = looked_at.news_key
    where looked_at.news_key is null
    {%- endif %}

),

symbols as (

    select * from {{ ref('int_securities__aliases') }}

),

tickers as (

    {{ news_tickers('news') }}

),

asked as (

    {{ news_asked_symbols('news') }}

),

matches as (

    {{ news_name_matches('news') }}

),

candidates as (

    select
        tickers.news_key,
        symbols.security_sk,
        'ticker' as mapping_method,
        1.0 as confidence,
        tickers.symbol as matched_text,
        tickers.relevance_score,
        tickers.sentiment_score
    from tickers
    inner join symbols
        on
            tickers.symbol = symbols.symbol
            and tickers.trade_date between symbols.valid_from and symbols.valid_to

    union all

    select
        asked.news_key,
        symbols.security_sk,
        'page' as mapping_method,
        asked.confidence,
        asked.symbol as matched_text,
        null as relevance_score,
        null as sentiment_score
    from asked
    inner join symbols
        on
            asked.symbol = symbols.symbol
            and asked.trade_date between symbols.valid_from and symbols.valid_to

    union all

    select
        news_key,
        security_sk,
        case when mapping_method = 'symbol' then 'ticker' else mapping_method end
            as mapping_method,
        confidence,
        matched_text,
        null as relevance_score,
        null as sentiment_score
    from matches

),

best as (

    select
        *,
        row_number() over (
            partition by news_key, security_sk
            order by
                confidence desc,
                mapping_method asc,
                relevance_score desc nulls last,
                matched_text asc
        ) as best_first
    from candidates

),

final as (

    select
        news.news_key,
        best.security_sk,
        best.mapping_method,
        best.confidence,
        best.matched_text,
        -- How much it is about the share, as Alpha Vantage says; else how sure the mapping is.
        coalesce(best.relevance_score, best.confidence) as relevance,
        coalesce(best.sentiment_score, news.sentiment_score) as sentiment_score,
        news.trade_date,
        news.records_version,
        news.tone_version,
        versions.identity_version,
        {{ news_row_hash() }} as row_hash
    from news
    left join best on news.news_key = best.news_key and best.best_first = 1
    left join {{ ref('int_securities__versions') }} as versions
        on best.security_sk = versions.security_sk

)

select * from final
