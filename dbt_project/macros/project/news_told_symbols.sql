{#- What Alpha Vantage says the news of a relation (news_key, trade_date, source_key, record_no) are
    about, as symbols of the exchange: a receipt in New York, or a symbol with its exchange, as
    RELIANCE.BSE. A bare ticker is of New York: TCS is a shop there. -#}
{% macro news_tickers(relation) %}
    select
        told.news_key,
        told.trade_date,
        coalesce(
            receipts.symbol,
            case
                when {{ text_matches('tickers.ticker', '[A-Z0-9&-]+[.](BSE|BO|NSE|NS)') }}
                    then split_part(tickers.ticker, '.', 1)
            end
        ) as symbol,
        tickers.relevance_score,
        tickers.sentiment_score
    from {{ relation }} as told
    inner join {{ ref('int_news__article_tickers') }} as tickers
        on told.source_key = tickers.source_key and told.record_no = tickers.record_no
    left join {{ ref('news_company_aliases') }} as receipts
        on tickers.ticker = receipts.alias and receipts.alias_kind = 'adr'
{% endmacro %}

{#- On whose page the news of a relation stood, or whose search brought them. -#}
{% macro news_asked_symbols(relation) %}
    select
        told.news_key,
        told.trade_date,
        records.asked_symbol as symbol,
        max(
            case records.site
                {% for site, confidence in var('news_page_confidence').items() -%}
                when '{{ site }}' then {{ confidence }}
                {% endfor -%}
                else 0.3
            end
        ) as confidence
    from {{ relation }} as told
    inner join {{ ref('int_news__records') }} as records on told.news_key = records.news_key
    where records.asked_symbol is not null
    group by told.news_key, told.trade_date, records.asked_symbol
{% endmacro %}
